"""No deadline rests on a clock that can be set: only the ages of files are read off the wall clock."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "qeclose"

# The cache notes when an entry was used, and ``qeclose cache`` reckons ages from that.
WALL_CLOCK_ALLOWED = {"batch/store/cache.py", "cli/cache.py"}


def _uses_of_the_wall_clock(tree: ast.AST) -> list[int]:
    """Lines with ``time.time`` and the like, under whatever name ``time`` or its functions were imported."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(
                value=ast.Name(id="time"), attr="time" | "time_ns" | "localtime" | "gmtime" | "ctime"
            ):
                found.append(node.lineno)
            case ast.Call(func=ast.Attribute(attr="now" | "utcnow" | "today")):
                found.append(node.lineno)
            case ast.ImportFrom(module="time" | "datetime", names=names) if any(
                name.name in ("time", "time_ns", "datetime", "date") for name in names
            ):
                found.append(node.lineno)
    return found


def test_only_the_ages_of_cache_entries_are_read_off_the_wall_clock() -> None:
    used = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        lines = _uses_of_the_wall_clock(ast.parse(path.read_text("utf-8")))
        if lines:
            used[path.relative_to(PACKAGE).as_posix()] = lines
    assert set(used) <= WALL_CLOCK_ALLOWED, used
    assert "batch/store/cache.py" in used, "the search finds nothing any more"
