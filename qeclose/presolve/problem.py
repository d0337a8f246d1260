"""The question presolve works on: is a sum of rank-one terms closed, modulo a set of free positions?"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, final

from qeclose.presolve.clock import tick
from qeclose.support import Support, bits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Problem", "Rectangle", "bitset", "transpose_bits"]

_LARGE = 20_000
_SPARSE = 40
"""Matrices with at least so many ones, one in so many entries, are transposed as arrays."""
_TO_DIGITS = bytes.maketrans(b"\0\1", b"01")


def bitset(positions: Iterable[int]) -> int:
    """The integer whose ones are at ``positions``."""
    numbers = list(positions)
    # One conversion instead of one large integer for each position.
    digits = bytearray(max(numbers, default=0) // 8 + 1)
    for number in numbers:
        digits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(digits, "little")


def transpose_bits(rows: Mapping[int, int]) -> dict[int, int]:
    """The columns, as bitsets over the rows, of a 0/1 matrix given by its nonzero rows."""
    columns = _columns_of_dense(list(rows.values()))
    if columns is None:
        return {j: bitset(met) for j, met in _met_by(rows).items()}
    if list(rows) == list(range(len(rows))):
        return {j: int(column[::-1].translate(_TO_DIGITS), 2) for j, column in columns}
    return {j: bitset(itertools.compress(rows, column)) for j, column in columns}


def _met_by(rows: Mapping[int, int]) -> dict[int, list[int]]:
    """For each column of a sparse 0/1 matrix, its rows."""
    columns: dict[int, list[int]] = {}
    for i, row in rows.items():
        tick()
        for j in bits(row):
            columns.setdefault(j, []).append(i)
    return columns


def _columns_of_dense(rows: Sequence[int]) -> Iterator[tuple[int, bytes]] | None:
    """The nonzero columns of a large dense 0/1 matrix, one byte an entry; None if it is small or sparse."""
    width = max((row.bit_length() for row in rows), default=0)
    inside = sum(row.bit_count() for row in rows)
    if inside < _LARGE or inside * _SPARSE < len(rows) * width:
        return None
    import numpy as np

    n_bytes = (width + 7) // 8
    packed = np.frombuffer(b"".join(row.to_bytes(n_bytes, "little") for row in rows), np.uint8)
    entries = np.unpackbits(packed.reshape(len(rows), n_bytes), axis=1, count=width, bitorder="little")
    tick()
    return _nonzero_rows(np.ascontiguousarray(entries.T))


def _nonzero_rows(array: NDArray[np.uint8]) -> Iterator[tuple[int, bytes]]:
    for j, row in enumerate(array):
        tick()
        if row.any():
            yield j, row.tobytes()


@final
@dataclass(frozen=True, slots=True)
class Rectangle:
    """The positions rows × columns one rank-one term may fill; both are bitsets."""

    rows: int
    columns: int

    @property
    def transposed(self) -> Rectangle:
        return Rectangle(self.columns, self.rows)


@final
@dataclass(frozen=True)
class Problem:
    """The set E = Σ_k C(P_k) of theory section 1, looked at only outside the free positions W.

    ``terms`` maps a term's id to its rectangle P_k, ``free`` maps a row to the bitset of its free columns.
    Only the positions that some term covers and that are not free (the set Q) matter: elsewhere nothing is
    asked of A, or A is 0 there.
    """

    terms: Mapping[int, Rectangle]
    free: Mapping[int, int]

    @classmethod
    def of(cls, support: Support) -> Problem:
        """The problem of a two-factor support: ids are its columns k, empty rectangles included."""
        return cls({k: Rectangle(*term) for k, term in enumerate(support.terms)}, {})

    @cached_property
    def transposed(self) -> Problem:
        return Problem(
            {k: term.transposed for k, term in self.terms.items()},
            transpose_bits(self.free),
        )

    @cached_property
    def rows(self) -> Mapping[int, int]:
        """For each row that some term meets, the columns of Q in it."""
        covered = self.covered
        return {i: columns & ~self.free.get(i, 0) for i, columns in covered.items()}

    @cached_property
    def covered(self) -> Mapping[int, int]:
        """For each row that some term meets, the columns in which some term covers it."""
        widest = 0
        for term in self.terms.values():
            widest |= term.columns
        covered: dict[int, int] = {}
        for i, ids in self.terms_of_row.items():
            tick()
            columns = 0
            for k in ids:
                columns |= self.terms[k].columns
                if columns == widest:
                    break
            covered[i] = columns
        return covered

    @cached_property
    def terms_of_row(self) -> Mapping[int, tuple[int, ...]]:
        """For each row that some term meets, the ids of these terms."""
        rows = {k: term.rows for k, term in self.terms.items()}
        columns = _columns_of_dense(list(rows.values()))
        if columns is None:
            return {i: tuple(ids) for i, ids in _met_by(rows).items()}
        return {i: tuple(itertools.compress(rows, column)) for i, column in columns}

    def positions(self) -> Iterator[tuple[int, int]]:
        """The positions of Q, row by row."""
        for i in sorted(self.rows):
            for j in bits(self.rows[i]):
                yield i, j

    def terms_at(self, i: int, j: int) -> tuple[int, ...]:
        """The ids of the terms that cover position (i, j)."""
        return tuple(k for k in self.terms_of_row.get(i, ()) if self.terms[k].columns >> j & 1)

    def part(self, ids: Iterable[int]) -> Problem:
        """The problem of some of the terms alone; free positions in lines that none of them meets are forgotten."""
        terms = {k: self.terms[k] for k in ids}
        if not self.free:
            return Problem(terms, self.free)
        rows = columns = 0
        for term in terms.values():
            rows |= term.rows
            columns |= term.columns
        return Problem(
            terms, {i: self.free[i] & columns for i in bits(rows) if self.free.get(i, 0) & columns}
        )

    def restricted(self, rows: int, columns: int) -> Problem:
        """The sub-mask of some rows and columns, without the terms that miss it (R2: if it is ill-posed, so is the whole)."""
        terms = {
            k: Rectangle(term.rows & rows, term.columns & columns)
            for k, term in self.terms.items()
            if term.rows & rows and term.columns & columns
        }
        free = {i: self.free[i] & columns for i in bits(rows) if self.free.get(i, 0) & columns}
        return Problem(terms, free)

    def with_free(self, rectangles: Iterable[Rectangle]) -> dict[int, int]:
        """``free`` with the positions of ``rectangles`` added."""
        free = dict(self.free)
        for rectangle in rectangles:
            for i in bits(rectangle.rows):
                free[i] = free.get(i, 0) | rectangle.columns
        return free
