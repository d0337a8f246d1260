r"""The problem a proof of well-posedness speaks about: rank-one terms and free positions.

Term k fills the rectangle rows × columns; free positions W are those where equality is not asked for. The
problem is well-posed if {Σ x_k y_kᵀ} restricted to Q = (union of the rectangles) \ W is closed. Lines are
rows (side 0) or columns (side 1); sets of lines are integers used as bitsets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

from qeclose.checker.budget import spend
from qeclose.checker.masks import NOTHING, Factors, Missing, bitsets, shape, transposed
from qeclose.checker.reading import Path

__all__ = ["COLUMN", "ROW", "Free", "Problem", "Rectangle", "bits", "initial_problem", "read_side"]

ROW, COLUMN = 0, 1

# The rows and the columns of a term.
Rectangle = tuple[int, int]
# The free positions twice: by row as sets of columns, and by column as sets of rows.
Free = tuple[Mapping[int, int], Mapping[int, int]]


@final
@dataclass(frozen=True, slots=True)
class Problem:
    """Terms by id, free positions, and the shape of A. Nothing in it is changed once it is made."""

    terms: Mapping[int, Rectangle]
    free: Free
    shape: tuple[int, int]

    def asked(self) -> dict[int, int]:
        """Q by rows: the covered positions that are not free; rows without any are left out."""
        covered: dict[int, int] = {}
        for rows, columns in self.terms.values():
            spend(1 + (rows.bit_count() >> 3))
            for i in bits(rows):
                covered[i] = covered.get(i, 0) | columns
        asked = {i: columns & ~self.free[ROW].get(i, 0) for i, columns in covered.items()}
        return {i: asked[i] for i in sorted(asked) if asked[i]}

    def covered_free(self) -> Iterator[tuple[int, int]]:
        """The free positions that some term covers; some come more than once."""
        for rows, columns in self.terms.values():
            for i in bits(rows):
                spend(1)
                for j in bits(columns & self.free[ROW].get(i, 0)):
                    yield i, j

    def positions(self) -> Iterator[tuple[int, int]]:
        """Q, row by row."""
        return ((i, j) for i, columns in self.asked().items() for j in bits(columns))


def bits(bitset: int) -> Iterator[int]:
    """The members of a set of lines, in increasing order."""
    return iter(_SMALL[bitset]) if bitset < len(_SMALL) else _bits(bitset)


def _bits(bitset: int) -> Iterator[int]:
    digits = bin(bitset)[:1:-1]
    position = digits.find("1")
    while position >= 0:
        yield position
        position = digits.find("1", position + 1)


_SMALL = tuple(tuple(_bits(bitset)) for bitset in range(256))


def initial_problem(factors: Factors, missing: Missing = NOTHING) -> Problem:
    """The problem of a pair (I, Jᵀ): its terms are numbered from 0, only the missing entries of A are free.

    The loss is a sum over the observed entries; it has an optimum for every A exactly if the projection of E to them is closed.
    """
    left, right = factors
    terms = zip(bitsets(transposed(left)), bitsets(right), strict=True)
    return Problem(dict(enumerate(terms)), (missing, _by_column(missing)), shape(factors))


def _by_column(rows: Mapping[int, int]) -> dict[int, int]:
    columns: dict[int, int] = {}
    for i, row in rows.items():
        spend(1 + row.bit_count())
        for j in bits(row):
            columns[j] = columns.get(j, 0) | 1 << i
    return columns


def read_side(value: Any, path: Path) -> int:
    """``ROW`` or ``COLUMN``, from the word. Raises ``CertificateError``."""
    if value == "row":
        return ROW
    if value == "column":
        return COLUMN
    raise path.error('a side is "row" or "column"')
