"""The prose of README and docs: lines that a person can read in any editor."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
LONGEST = 120


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_lines_of_prose_have_at_most_120_characters(page: Path) -> None:
    """Tables and code cannot be wrapped."""
    fenced, long = False, []
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        if line.startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced and len(line) > LONGEST and not line.startswith(("|", "    ")):
            long.append(f"{page.name}:{number}")
    assert long == []
