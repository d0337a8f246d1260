"""Conditions that every matrix in the closure of E keeps, and lower bounds of the loss where one is broken.

*Entries.* A position that no term covers is 0 in E, and so in its closure.
*Ranks.* If at most t terms meet the rows R and the columns C, then A[R, C] is a sum of t matrices of rank one for A in E,
so its rank is at most t, in the closure too: minors are continuous. The squared distance of A to all such matrices is at
least Σ_{l>t} σ_l(A[R, C])² (Eckart and Young).

Missing entries are not looked at: only submatrices without any count.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, final

from qeclose.location.matrix import Matrix, submatrix
from qeclose.problem import without_free
from qeclose.support import Support
from qeclose.support.bits import bits, bitset

if TYPE_CHECKING:
    import flint

__all__ = ["BrokenRank", "broken_entry", "broken_rank", "rank_bound", "uncovered_loss"]

_MOST_TERMS = 7
"""With more terms only the submatrices are looked at that single rows and columns suggest: 3^7 are 2,187."""

_SAFE = 1e-12
"""Of the squared norm: taken off each bound, for rounding."""


@final
@dataclass(frozen=True, slots=True)
class BrokenRank:
    """A square submatrix with a nonzero determinant that fewer terms meet than it has rows."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]


def broken_entry(matrix: Matrix, support: Support) -> tuple[int, int] | None:
    """A nonzero entry of A at a position that no path through the factors leads to; None if there is none."""
    return next(_uncovered(matrix, support), None)


def uncovered_loss(matrix: Matrix, support: Support) -> Fraction:
    """The sum of the squares of the entries at positions that nothing covers: no factors come nearer to A."""
    return sum((matrix[i][j] ** 2 for i, j in _uncovered(matrix, support)), Fraction(0))


def _uncovered(matrix: Matrix, support: Support) -> Iterator[tuple[int, int]]:
    """The observed positions where A is not 0 and no path leads to."""
    for i, covered in enumerate(support.covered.rows):
        unasked = covered | support.free.get(i, 0)
        yield from ((i, j) for j, entry in enumerate(matrix[i]) if entry and not unasked >> j & 1)


def broken_rank(matrix: Matrix, support: Support) -> BrokenRank | None:
    """A rank condition that A breaks, as a minor; None if none of those looked at is broken."""
    for rows, columns, terms in _submatrices(support):
        if min(len(rows), len(columns)) <= terms:
            continue
        found = _minor(matrix, rows, columns, terms + 1)
        if found is not None:
            return found
    return None


def rank_bound(matrix: Matrix, support: Support) -> float:
    """The best lower bound of min ‖A − XYᵀ‖² that one of the rank conditions gives, computed with floats."""
    import numpy as np

    best = 0.0
    array = np.array([[float(entry) for entry in row] for row in matrix])
    for rows, columns, terms in _submatrices(support):
        if min(len(rows), len(columns)) > terms:
            values = np.linalg.svd(array[np.ix_(rows, columns)], compute_uv=False)
            squares = values**2
            best = max(best, float(squares[terms:].sum() - _SAFE * squares.sum()))
    return best


def _submatrices(support: Support) -> Iterator[tuple[list[int], list[int], int]]:
    """Rows, columns and the number of terms that meet both; each once, those with few terms first."""
    m, n = support.shape
    listed = {}
    for chosen in _choices(support, (1 << m) - 1, (1 << n) - 1):
        for rows, columns in without_free(support.free, *chosen):
            if rows and columns:
                met = sum(1 for one, other in support.terms if one & rows and other & columns)
                listed[rows, columns] = met
    for (rows, columns), met in sorted(listed.items(), key=lambda item: item[1]):
        yield list(bits(rows)), list(bits(columns)), met


def _choices(support: Support, all_rows: int, all_columns: int) -> Iterator[tuple[int, int]]:
    """Maximal rows and columns: each term is met, or misses the rows, or misses the columns."""
    if len(support.terms) <= _MOST_TERMS:
        for choice in itertools.product((0, 1, 2), repeat=len(support.terms)):
            rows, columns = all_rows, all_columns
            for (term_rows, term_columns), what in zip(support.terms, choice, strict=True):
                rows &= ~term_rows if what == 1 else -1
                columns &= ~term_columns if what == 2 else -1
            yield rows, columns
        return
    yield all_rows, all_columns
    for kind in dict.fromkeys(support.factors[0].rows):
        yield bitset(i for i, row in enumerate(support.factors[0].rows) if row & ~kind == 0), all_columns
    for kind in dict.fromkeys(support.J.rows):
        yield all_rows, bitset(j for j, row in enumerate(support.J.rows) if row & ~kind == 0)


def _minor(matrix: Matrix, rows: list[int], columns: list[int], size: int) -> BrokenRank | None:
    """A nonzero minor of this size inside the rows and columns, by exact elimination."""
    across = _pivots(_flint(submatrix(matrix, rows, columns)))
    if len(across) < size:
        return None
    chosen = [columns[c] for c in across[:size]]
    down = _pivots(_flint(submatrix(matrix, rows, chosen)).transpose())
    return BrokenRank(tuple(rows[d] for d in down[:size]), tuple(chosen))


def _flint(matrix: Matrix) -> flint.fmpq_mat:
    from flint import fmpq, fmpq_mat

    return fmpq_mat([[fmpq(e.numerator, e.denominator) for e in row] for row in matrix])


def _pivots(matrix: flint.fmpq_mat) -> list[int]:
    """The columns of the leading entries of the reduced row echelon form."""
    echelon, rank = matrix.rref()
    return [next(j for j in range(echelon.ncols()) if echelon[i, j] != 0) for i in range(rank)]
