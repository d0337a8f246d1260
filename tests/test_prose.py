"""The prose of README and docs: lines that a person can read in any editor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
LONGEST = 120
LONGEST_ROW = 200
"""Of a table, which cannot be wrapped: what does not fit a row is a list."""


def lines(page: Path) -> Iterator[tuple[int, str]]:
    """What stands outside of fenced blocks, numbered from 1."""
    fenced = False
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        if line.startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced:
            yield number, line


def places(page: Path, wrong: Callable[[str], bool]) -> list[str]:
    return [f"{page.name}:{number}" for number, line in lines(page) if wrong(line)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_lines_of_prose_have_at_most_120_characters(page: Path) -> None:
    assert places(page, lambda line: len(line) > LONGEST and not line.startswith(("|", "    "))) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_rows_of_tables_have_at_most_200_characters(page: Path) -> None:
    assert places(page, lambda line: len(line) > LONGEST_ROW and line.lstrip().startswith("|")) == []
