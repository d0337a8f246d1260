"""Cardinality constraints: factors with at most so many nonzero entries, wherever they are.

    I: rows=3 cols=2 nnz<=4
    J: rows=3 cols=2 row<=1 column<=2

``nnz`` bounds the whole factor, ``row`` each of its rows, ``column`` each of its columns. A factor may still be
given as a mask. E is then the union of E(I, J) over the supports that keep the bounds; the maximal ones suffice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from qeclose.errors import InputError
from qeclose.support.files import SUFFIXES, read_bytes, read_supports
from qeclose.support.limits import too_large
from qeclose.support.mask import Mask, bits
from qeclose.support.model import Support
from qeclose.support.text import decode, numbered_lines, parse_many, parse_one

__all__ = [
    "Bounds",
    "Constrained",
    "is_constrained",
    "maximal_masks",
    "parse_constrained",
    "read_questions",
]

_HEADER = re.compile(r"\s*(?P<label>I|J|JT)\s*:\s*(?P<bounds>[a-z].*?)\s*$")
_BOUND = re.compile(r"(?P<name>rows|cols|nnz|row|column)(?P<relation><=|=)(?P<value>[0-9]{1,7})")


@final
@dataclass(frozen=True, slots=True)
class Bounds:
    """At most ``total`` entries in a factor, ``row`` in each of its rows, ``column`` in each column; None: no bound."""

    total: int | None = None
    row: int | None = None
    column: int | None = None

    def allows(self, mask: Mask) -> bool:
        """Whether the mask keeps the bounds."""
        return (
            (self.total is None or mask.nnz <= self.total)
            and (self.row is None or all(row.bit_count() <= self.row for row in mask.rows))
            and (self.column is None or all(column.bit_count() <= self.column for column in mask.columns))
        )

    @property
    def flipped(self) -> Bounds:
        """The bounds of the transposed factor."""
        return Bounds(self.total, self.column, self.row)

    def to_json(self) -> dict[str, Any]:
        """The bounds as a certificate holds them."""
        return {"nnz": self.total, "row": self.row, "column": self.column}


@final
@dataclass(frozen=True, slots=True)
class Constrained:
    """Two factors X (m×r) and Y (n×r), each with bounds inside a mask. ``box`` holds the masks: all ones if only sizes
    are given."""

    box: Support
    left: Bounds
    right: Bounds

    @property
    def drawn_bounds(self) -> tuple[Bounds, Bounds]:
        """The bounds of the factors as drawn, X and Yᵀ."""
        return self.left, self.right.flipped

    def supports(self) -> Iterator[Support]:
        """The maximal supports that keep the bounds."""
        rights = tuple(maximal_masks(self.box.J, self.right))
        for left in maximal_masks(self.box.I, self.left):
            for right in rights:
                yield Support(left, right)


def maximal_masks(box: Mask, bounds: Bounds) -> Iterator[Mask]:
    """The maximal sets of positions inside ``box`` that keep the bounds, each once."""
    places = [(i, j) for i, row in enumerate(box.rows) for j in bits(row)]
    height = len(box.rows)
    total, per_row, per_column = (
        len(places) if bound is None else bound for bound in (bounds.total, bounds.row, bounds.column)
    )
    rows, row_count, column_count = [0] * height, [0] * height, [0] * box.n_cols
    skipped: list[tuple[int, int]] = []

    def fits(i: int, j: int, size: int) -> bool:
        return size < total and row_count[i] < per_row and column_count[j] < per_column

    def extend(position: int, size: int) -> Iterator[Mask]:
        if position == len(places):
            if not any(fits(i, j, size) for i, j in skipped):
                yield Mask(tuple(rows), box.n_cols)
            return
        i, j = places[position]
        if fits(i, j, size):
            rows[i] |= 1 << j
            row_count[i] += 1
            column_count[j] += 1
            yield from extend(position + 1, size + 1)
            rows[i] ^= 1 << j
            row_count[i] -= 1
            column_count[j] -= 1
        if min(total, per_row, per_column) < len(places):
            skipped.append((i, j))
            yield from extend(position + 1, size)
            skipped.pop()

    yield from extend(0, 0)


def is_constrained(text: str) -> bool:
    """Whether a mask file's text has a section with bounds."""
    return any(_HEADER.match(line.partition("#")[0]) for _, line in numbered_lines(text))


def parse_constrained(text: str, source: str = "<string>") -> Constrained:
    """The factors written in ``text``, one support with bounds in at least one section. Raises ``InputError``."""
    lines: list[str] = []
    origin: list[int] = []
    bounds: dict[str, Bounds] = {}
    for number, line in numbered_lines(text):
        header = _HEADER.match(line.partition("#")[0])
        if header is None:
            lines.append(line)
            origin.append(number)
            continue
        label = header["label"]
        shape, bounds[label] = _read_bounds(header, source, number)
        lines += [f"{label}:", *(["1" * shape[1]] * shape[0])]
        origin += [number] * (shape[0] + 1)
    try:
        box = parse_one("\n".join(lines) + "\n", source)
    except InputError as error:
        at = origin[error.line - 1] if 0 < error.line <= len(origin) else error.line
        raise InputError(source, at, error.column, error.problem) from None
    right = bounds.get("J", Bounds())
    if "JT" in bounds:
        right = bounds["JT"].flipped
    return Constrained(box, bounds.get("I", Bounds()), right)


def read_questions(path: str) -> list[Support] | list[Constrained]:
    """What a file asks about: its supports as ``read_supports`` gives them, or the one pair of factors with bounds.

    Raises ``InputError`` and ``UsageError`` like ``read_supports``.
    """
    if Path(path).suffix.lower() in SUFFIXES:
        return read_supports(path)
    text = decode(read_bytes(path), path)
    stem = "stdin" if path == "-" else Path(path).stem
    if not is_constrained(text):
        supports = parse_many(text, path)
        return [support.labelled(name=support.name or stem, source=path) for support in supports]
    found = parse_constrained(text, path)
    return [
        Constrained(found.box.labelled(name=found.box.name or stem, source=path), found.left, found.right)
    ]


def _read_bounds(header: re.Match[str], source: str, line: int) -> tuple[tuple[int, int], Bounds]:
    found: dict[str, int] = {}
    for word in re.finditer(r"\S+", header["bounds"]):
        column = header.start("bounds") + word.start() + 1
        bound = _BOUND.fullmatch(word[0])
        if bound is None or (bound["relation"] == "=") is not (bound["name"] in ("rows", "cols")):
            problem = f"{word[0]!r} is none of rows=, cols=, nnz<=, row<=, column<= with a number"
            raise InputError(source, line, column, problem)
        if bound["name"] in found:
            raise InputError(source, line, column, f"{bound['name']} is given twice")
        found[bound["name"]] = int(bound["value"])
    if not found.get("rows") or not found.get("cols"):
        raise InputError(source, line, 1, f"{header['label']} needs rows= and cols=, at least 1 each")
    shape = found["rows"], found["cols"]
    if reason := too_large(*shape):
        raise InputError(source, line, 1, f"{header['label']}: {reason}")
    return shape, Bounds(found.get("nnz"), found.get("row"), found.get("column"))
