"""docs/classification.md says what the package's table holds."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_tables_of_the_page_are_those_of_the_package() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "write_classification.py"), "--check"]
    assert subprocess.run(command, timeout=100).returncode == 0


def test_every_picture_of_the_page_is_there_and_no_other() -> None:
    folder = ROOT / "docs" / "pictures"
    shown = re.findall(r"\(pictures/([a-z0-9-]+\.png)\)", (ROOT / "docs" / "classification.md").read_text())
    drawn = [path.name for kind in ("closed", "obstructions") for path in folder.glob(f"{kind}-*.png")]
    assert sorted(shown) == sorted(drawn)
    assert all((folder / name).read_bytes().startswith(b"\x89PNG") for name in shown)
