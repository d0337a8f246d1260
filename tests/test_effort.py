"""Every number of effort stands in the ``effort.py`` of its room, with what it counts and what it is for.

docs/effort.md lists them; ``python tests/test_effort.py`` writes it.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

import qeclose

PACKAGE = Path(qeclose.__file__).parent
PAGE = PACKAGE.parent / "docs" / "effort.md"
ROOMS = ("presolve", "certify", "decide", "repairs", "networks")

ELSEWHERE: dict[str, str] = {
    "certify/frontier/limits.py: _GENERIC": "where a rank is evaluated, modulo a prime",
    "decide/method.py: DEFAULT_TIMEOUT": "what a user has who does not say",
    "decide/method.py: DEFAULT_MEMORY_MB": "likewise",
    "decide/method.py: MAX_VARIABLES": "a limit that users are told of",
    "decide/panel.py: _LONGEST_QUOTE": "characters of a message",
    "decide/verdict.py: SCHEMA": "the version of the JSON",
    "decide/witness.py: _SHOWN": "lines of a report",
    **dict.fromkeys(
        (
            f"networks/picture.py: {name}"
            for name in ("STEPS", "RATE", "_BETA1", "_BETA2", "_TINY", "_MARGIN")
        ),
        "how the training is done that the picture shows",
    ),
    "repairs/text.py: _SCHEMA": "the version of the JSON",
    "repairs/text.py: _MOST_CHANGES": "lines of a report",
    "repairs/text.py: _MOST_OTHERS": "lines of a report",
    "repairs/text.py: _MOST_POSITIONS": "words of a report",
}
"""Numbers of these rooms that are none of effort, and what they are."""


@dataclass(frozen=True)
class Number:
    """One number: its name and value as they are written, and what is said of it."""

    name: str
    value: str
    told: str


@dataclass(frozen=True)
class Group:
    """Numbers that belong together: the fields of a class that has defaults."""

    told: str
    numbers: tuple[Number, ...]


def said_after(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
    """Each statement that has a docstring behind it, with that."""
    for statement, following in zip(body, body[1:], strict=False):
        match following:
            case ast.Expr(ast.Constant(str(text))):
                yield statement, " ".join(text.split())


def numbers(body: list[ast.stmt]) -> Iterator[Number]:
    told = dict(said_after(body))
    for statement in body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            value = "" if statement.value is None else ast.unparse(statement.value)
            yield Number(statement.target.id, value, told.get(statement, ""))


@lru_cache(maxsize=8)
def groups(room: str) -> tuple[Group, ...]:
    found = []
    for statement in ast.parse((PACKAGE / room / "effort.py").read_text()).body:
        if isinstance(statement, ast.ClassDef):
            told = " ".join((ast.get_docstring(statement) or "").split())
            found.append(Group(told, tuple(numbers(statement.body))))
    return tuple(found)


def rounds(room: str) -> list[Number]:
    """The numbers that do not stand in a class: lists of rounds of efforts."""
    body = ast.parse((PACKAGE / room / "effort.py").read_text()).body
    return [number for number in numbers(body) if number.told]


def page() -> str:
    text = PAGE.read_text().partition("<!-- the numbers of tests/test_effort.py -->")[0]
    lines = [text + "<!-- the numbers of tests/test_effort.py -->"]
    for room in ROOMS:
        lines += ["", f"## {room}"]
        for group in groups(room):
            lines += ["", *textwrap.wrap(tidy(group.told), 120), ""]
            lines += [line for number in group.numbers for line in item(number)]
        if rounds(room):
            lines += ["", "The rounds:", ""]
            lines += [line for number in rounds(room) for line in item(number)]
    return "\n".join(lines) + "\n"


def item(number: Number) -> list[str]:
    name = f"`{number.name}`" + (f" = {number.value}" if number.value else "")
    return textwrap.wrap(
        f"* {name}: {tidy(number.told)}", 120, subsequent_indent="  ", break_long_words=False
    )


def tidy(text: str) -> str:
    return text.replace("``", "`")


@pytest.mark.parametrize("room", ROOMS)
def test_a_number_says_what_it_counts_and_what_it_is_for(room: str) -> None:
    every = [number for group in groups(room) for number in group.numbers] + rounds(room)
    assert every
    assert [number.name for number in every if number.told.count(". ") + number.told.count("; ") < 1] == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_group_says_where_it_is_used(room: str) -> None:
    for group in groups(room):
        used = [part.strip("`") for part in group.told.split() if part.strip("`.,()").endswith(".py")]
        assert used, group.told
        for path in used:
            assert (PACKAGE / room / path.strip("`.,()")).exists(), path


@pytest.mark.parametrize("room", ROOMS)
def test_no_number_stands_elsewhere(room: str) -> None:
    found = {
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in sorted((PACKAGE / room).rglob("*.py"))
        if path.name != "effort.py"
        for name, value in constants(path)
        if is_number(value)
    }
    assert found == {place for place in ELSEWHERE if place.startswith(f"{room}/")}


def constants(path: Path) -> Iterator[tuple[str, ast.expr]]:
    for statement in ast.parse(path.read_text()).body:
        match statement:
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, ast.expr() as value):
                yield name, value
            case ast.Assign([ast.Tuple(names)], ast.Tuple(values)):
                yield from ((ast.unparse(name), value) for name, value in zip(names, values, strict=True))


def is_number(value: ast.expr) -> bool:
    """A number, a sum or product of numbers, or a tuple of such."""
    match value:
        case ast.Constant(number):
            return isinstance(number, int | float) and not isinstance(number, bool)
        case ast.BinOp(left, _, right):
            return is_number(left) and is_number(right)
        case ast.UnaryOp(_, operand):
            return is_number(operand)
        case ast.Tuple(elements):
            return bool(elements) and all(map(is_number, elements))
    return False


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", True),
        ("-2.5", True),
        ("2**20", True),
        ("(1, (2, 3))", True),
        ("'a'", False),
        ("f(3)", False),
        ("()", False),
    ],
)
def test_numbers_are_told_from_other_constants(text: str, number: bool) -> None:
    assert is_number(ast.parse(text, mode="eval").body) is number


def test_every_number_is_used() -> None:
    for room in ROOMS:
        text = "".join(path.read_text() for path in PACKAGE.rglob("*.py") if path.name != "effort.py")
        unused = [
            number.name for group in groups(room) for number in group.numbers if f".{number.name}" not in text
        ]
        assert unused == []


def test_the_page_lists_them() -> None:
    assert PAGE.read_text() == page(), "run: python tests/test_effort.py"


if __name__ == "__main__":
    PAGE.write_text(page())
