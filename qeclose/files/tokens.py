"""Rows of a text section that are not plainly one character an entry: numbers, characters, or neither for sure.

A word of several characters between blanks that is a number is that number. Whether the words of a section are numbers
is decided for the section as a whole, and a section that could be read both ways is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import final

from qeclose.errors import InputError
from qeclose.files.numbers import NOT_FINITE, NUMBER, is_nonzero, not_a_number
from qeclose.support.mask import INSIDE, OUTSIDE

__all__ = ["Row", "looks_like_a_column", "read_rows"]

_WORD = re.compile(r"\S+")
_ENTRIES = frozenset(INSIDE + OUTSIDE)
_HOW = "put blanks between all entries or between none"


@final
@dataclass(frozen=True, slots=True)
class Row:
    """A row's line, its text without a comment, and how many entries it has if its characters are entries.

    The text of a long row without blanks is not kept: it is entries.
    """

    line: int
    body: str
    width: int


class _Kind(Enum):
    DIGIT = auto()  # 0 or 1: an entry and a number, and the same in both
    OTHER_DIGIT = auto()  # 2 … 9: a number, if others are, and no entry
    NUMBER = auto()  # a number of several characters that cannot be entries: 2.5, 1e-3, 12
    SIGNED = auto()  # a number with a sign or a point that could be entries: -1, 1.0
    DIGITS = auto()  # 10, 0011: entries, or a number
    ENTRIES = auto()  # entries that are no number: x, 1x., --
    NEITHER = auto()


@final
@dataclass(frozen=True, slots=True)
class _Word:
    line: int
    column: int
    text: str
    kind: _Kind


def looks_like_a_column(rows: Sequence[Row]) -> bool:
    """Whether these rows, all entries, may be meant as one number each.

    They may if every one is a number and two characters are used for outside, as in ``1.0`` and ``-0``, which nobody draws.
    """
    used = set("".join(row.body for row in rows[:2]) + rows[-1].body)
    if not used & set(".-"):
        return False
    words = [row.body.strip() for row in rows]
    return all(NUMBER.fullmatch(word) for word in words) and len(set(OUTSIDE) & set("".join(words))) > 1


def read_rows(rows: Sequence[Row], label: str, source: str) -> list[tuple[int, int]] | None:
    """The rows of a section read as numbers, each as (bitset, width); None if its words are entries, not numbers.

    Raises ``InputError`` at the word that is neither, or that could be both.
    """
    if any(not row.body for row in rows):
        return None
    words = [[_word(row, match) for match in _WORD.finditer(row.body)] for row in rows]
    for word in (word for row in words for word in row):
        if NOT_FINITE.fullmatch(word.text):
            raise InputError(source, word.line, word.column, not_a_number(word.text))
    kinds = {word.kind for row in words for word in row}
    if _Kind.NUMBER not in kinds:
        _require_one_reading(words, kinds, source)
    if not _are_numbers(words, kinds):
        return None
    for word in (word for row in words for word in row):
        if word.kind in (_Kind.ENTRIES, _Kind.NEITHER):
            raise InputError(source, word.line, word.column, not_a_number(word.text))
    width = len(words[0])
    for number, row in enumerate(words, 1):
        if len(row) != width:
            problem = f"row {number} of {label} has {len(row)} numbers, the rows above have {width}"
            raise InputError(source, row[0].line, row[min(width, len(row) - 1)].column, problem)
    return [(_bitset(row), width) for row in words]


def _word(row: Row, match: re.Match[str]) -> _Word:
    return _Word(row.line, match.start() + 1, match[0], _kind(match[0]))


def _kind(word: str) -> _Kind:
    if len(word) == 1 and word.isdecimal() and word.isascii():
        return _Kind.DIGIT if word in "01" else _Kind.OTHER_DIGIT
    entries = _ENTRIES.issuperset(word)
    if not NUMBER.fullmatch(word):
        return _Kind.ENTRIES if entries else _Kind.NEITHER
    if not entries:
        return _Kind.NUMBER
    return _Kind.DIGITS if word.isdigit() else _Kind.SIGNED


def _are_numbers(words: Sequence[Sequence[_Word]], kinds: set[_Kind]) -> bool:
    if all(len(row) == 1 for row in words):
        # Without blanks rows are entries, 12 a slip; but 2.5 or 1e-3 alone on its line is a number.
        several = [word.text for row in words for word in row if len(word.text) > 1]
        return _Kind.NUMBER in kinds and all(
            NUMBER.fullmatch(text) and not text.isdigit() for text in several
        )
    if _Kind.NUMBER in kinds:
        return True
    if kinds & {_Kind.ENTRIES, _Kind.NEITHER}:
        return False
    return any(word.kind is _Kind.SIGNED for row in words if len(row) > 1 for word in row)


def _require_one_reading(words: Sequence[Sequence[_Word]], kinds: set[_Kind], source: str) -> None:
    """Raise ``InputError`` at a word that is a number or several entries, where the section does not tell which."""
    if kinds & {_Kind.ENTRIES, _Kind.NEITHER}:
        return
    several = [word for row in words if len(row) > 1 for word in row if word.kind is not _Kind.DIGIT]
    if not several:
        return
    solid = any(len(row) == 1 and row[0].kind is not _Kind.DIGIT for row in words)
    digits = [word for word in several if word.kind is _Kind.DIGITS]
    # Numbers are printed in one way: 1. and .1 do not stand side by side, nor does 01 stand anywhere.
    styles = {word.text.lstrip("+-")[0] == "." for word in several if _bare_point(word.text)}
    if solid or len(digits) == len(several) or len(styles) > 1 or any(d.text[0] == "0" for d in digits):
        word = several[0]
        problem = f"{word.text!r} is one number or {len(word.text)} entries: {_HOW}"
        raise InputError(source, word.line, word.column, problem)


def _bare_point(text: str) -> bool:
    digits = text.lstrip("+-")
    return digits[0] == "." or digits[-1] == "."


def _bitset(row: Sequence[_Word]) -> int:
    return sum(1 << place for place, word in enumerate(row) if is_nonzero(word.text))
