"""Masks as tables of numbers (``.csv``); nonzero = inside."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qeclose.errors import InputError
from qeclose.files.sections import LABEL, LABELS, Section, assemble
from qeclose.files.text import numbered_lines
from qeclose.support.limits import MAX_SIDE, too_large
from qeclose.support.mask import Mask
from qeclose.support.model import Support

__all__ = ["is_nonzero", "parse_csv", "parse_csv_mask"]

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def is_nonzero(number: str) -> bool | None:
    """Whether a decimal number is nonzero; None if it is no finite number.

    Decided on the digits, since 1e-400 as a float would be 0.
    """
    match = _NUMBER.fullmatch(number)
    return None if match is None else match[1].strip("0.") != ""


def parse_csv(text: str, source: str) -> Support:
    """The support in a file with a row ``I``, ``J``, ``JT`` or ``F1`` … ``FL`` before the rows of each mask.

    Raises ``InputError`` with line and column.
    """
    sections: list[Section] = []
    label, label_line, lines = "", 0, list[tuple[int, str]]()
    for number, line in _content(text):
        if (found := _label(line)) is None:
            if not label:
                raise InputError(source, number, 1, f"a row before any section label ({LABELS})")
            lines.append((number, line))
            continue
        if label:
            sections.append(Section(label, _mask(lines, source, label, label_line), label_line))
        label, label_line, lines = found, number, []
    if not label:
        raise InputError(source, 1, 1, f"empty: no section ({LABELS})")
    sections.append(Section(label, _mask(lines, source, label, label_line), label_line))
    return assemble(sections, source=source)


def parse_csv_mask(text: str, source: str) -> Mask:
    """The one mask in a file of numbers alone. Raises ``InputError`` with line and column."""
    return _mask(_content(text), source, "the matrix", 1)


def _content(text: str) -> Iterable[tuple[int, str]]:
    for number, line in numbered_lines(text):
        if (body := line.partition("#")[0].rstrip()) and not body.isspace():
            yield number, body


def _label(line: str) -> str | None:
    first, *others = (cell.strip().strip('"') for cell in line.split(",", 1))
    label = first.removesuffix(":")
    is_label = LABEL.fullmatch(label) and not any(other.strip(', "') for other in others)
    return label if is_label else None


def _mask(lines: Iterable[tuple[int, str]], source: str, label: str, label_line: int) -> Mask:
    rows: list[int] = []
    width = 0
    for number, line in lines:
        digits = _digits(line, source, number)
        if not rows:
            width = len(digits)
        elif len(digits) != width:
            problem = f"row {len(rows) + 1} of {label} has {len(digits)} entries, the rows above have {width}"
            raise InputError(source, number, 1, problem)
        if len(rows) == MAX_SIDE:
            raise InputError(source, number, 1, f"{label} is too large: at most {MAX_SIDE} rows or columns")
        rows.append(int(digits[::-1], 2))
    if not rows:
        raise InputError(source, label_line, 1, f"{label} has no rows")
    if reason := too_large(len(rows), width):
        raise InputError(source, label_line, 1, f"{label}: {reason}")
    return Mask(tuple(rows), width)


def _digits(line: str, source: str, number: int) -> str:
    """A row as a string of 0 and 1."""
    digits = line[::2]
    # Written as plain 0,1,0 the row needs no look at its cells.
    if line[1::2] == "," * (len(digits) - 1) and digits.count("0") + digits.count("1") == len(digits):
        return digits
    found = []
    column = 1
    for cell in line.split(","):
        value = cell.strip().removeprefix('"').removesuffix('"').strip()
        inside = is_nonzero(value)
        if inside is None:
            start = column + len(cell) - len(cell.lstrip())
            problem = f"{value!r} is not a number" if value else "an empty cell"
            raise InputError(source, number, start, problem)
        found.append("1" if inside else "0")
        column += len(cell) + 1
    return "".join(found)
