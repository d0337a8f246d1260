"""Every command that a page of docs/ shows runs, in the order of the page, in a folder with the files that the pages suppose."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
LU = "I:\n10\n11\nJ:\n10\n11\n"
FILES = {
    "A.csv": "0,1\n1,0\n",
    "A.txt": "0 1\n1 0\n",
    "M.txt": LU,
    "bounds.txt": "I: rows=3 cols=2 nnz<=4\nJ: rows=3 cols=2 nnz<=4\n",
    "lu-2.txt": LU,
    "manifest.toml": '[[item]]\npath = "masks/full.txt"\n',
    "masks/full.txt": "I:\n1\nJ:\n1\n",
    "net.txt": "I:\n1\nJ:\n1\n",
    "patients/a.csv": "0,1\n1,0\n",
    "patients/b.csv": "2,1\n4,5\n",
    "points.csv": "1\n2\n",
    "old-notes.txt": "",
}
SHOWN = re.compile(r"^(?:    (?:\$ )?|\$ )(qeclose .*)$", re.MULTILINE)
PLACEHOLDER = re.compile(r"\b(?:MATRIX|MASK|FILE|PATH|FOLDER|CERT)\b")
FINE = {0, 1, 3, 5}
"""Verdicts. What z3 makes of a pipe is its own affair; an engine that is not there is status 4."""


def commands(page: Path) -> Iterator[str]:
    """The commands of a page; those with placeholders or without an end are synopses, and told apart here."""
    for command in SHOWN.findall(page.read_text()):
        if not PLACEHOLDER.search(command.partition("#")[0]) and "--watch" not in command:
            yield command


PAGES = [page.name for page in sorted(DOCS.glob("*.md")) if list(commands(page))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "supports").symlink_to(ROOT / "supports")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "qeclose").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m qeclose "$@"\n')
    (tmp_path / "bin" / "qeclose").chmod(0o755)
    return tmp_path


def supposed(page: str, folder: Path) -> None:
    """Files that a page itself shows, or that it supposes besides."""
    text = (DOCS / page).read_text()
    tables = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    if page == "tutorial.md":
        (folder / "A.csv").write_text(tables[0])
    if page == "relu.md":
        torch = pytest.importorskip("torch", reason="PyTorch is not installed")
        nn = torch.nn
        torch.save(
            nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)).state_dict(), folder / "model.pt"
        )
        from safetensors.torch import save_file

        layers = {"encoder.weight": torch.ones(2, 2), "decoder.weight": torch.ones(2, 2)}
        save_file(layers, folder / "model.safetensors")
    if page == "pages.md":
        run("qeclose check M.txt --certificate c.json", folder)
    if page == "completion.md":
        shown = re.search(r"    # ratings\.txt\n((?:    .*\n)+)", text)
        assert shown is not None
        (folder / "ratings.txt").write_text(re.sub("(?m)^    ", "", shown[1]))
        (folder / "ratings.csv").write_text(",a,b,c\nx,5,,1\ny,4,2,\nz,,1,5\n")
        (folder / "taste.txt").write_text("I:\n1\n1\n1\nJ:\n1\n1\n1\nW:\n010\n001\n100\n")


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    shorter = command.replace("--count 1000", "--count 5").replace("--random 200", "--random 5")
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    return subprocess.run(
        ["/bin/bash", "-c", shorter],
        cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run_in_its_order(page: str, folder: Path) -> None:
    supposed(page, folder)
    failed = []
    for command in commands(DOCS / page):
        done = run(command, folder)
        missing = any(engine in command for engine in ("redlog", "qepcad")) or "not found" in done.stderr
        fine = FINE | ({4, 127} if missing else set())
        if "Traceback" in done.stderr or ("| z3" not in command and done.returncode not in fine):
            failed.append(f"{command}\n  {done.returncode}: {done.stderr.strip()[:500]}")
    assert not failed, "\n".join(failed)


def test_most_pages_show_commands_and_synopses_are_few() -> None:
    shown = sum(len(SHOWN.findall((DOCS / page).read_text())) for page in PAGES)
    run_here = sum(len(list(commands(DOCS / page))) for page in PAGES)
    assert len(PAGES) >= 15 and run_here >= 60 and shown - run_here <= 12
