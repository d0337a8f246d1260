"""The question presolve works on: is a sum of rank-one terms closed, modulo a set of free positions?"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, final

from qeclose.problem.clock import tick
from qeclose.problem.transposition import columns_of_dense, rows_by_column, transpose_bits
from qeclose.support import Support
from qeclose.support.bits import bits, bitset

if TYPE_CHECKING:
    pass

__all__ = ["Problem", "Rectangle", "without_free"]

_MOST_KINDS = 200
_MOST_RECTANGLES = 64
"""Of a submatrix with free positions so many rectangles without one are looked at, about."""


@final
@dataclass(frozen=True, slots=True)
class Rectangle:
    """The positions rows × columns one rank-one term may fill; both are bitsets."""

    rows: int
    columns: int

    @property
    def transposed(self) -> Rectangle:
        """Rows and columns exchanged."""
        return Rectangle(self.columns, self.rows)


@final
@dataclass(frozen=True)
class Problem:
    """The set E = Σ_k C(P_k) of docs/theory.md#notation, looked at only outside the free positions W.

    ``terms`` maps a term's id to its rectangle P_k, ``free`` maps a row to the bitset of its free columns.
    Only the positions that some term covers and that are not free (the set Q) matter: elsewhere nothing is
    asked of A, or A is 0 there.
    """

    terms: Mapping[int, Rectangle]
    free: Mapping[int, int]

    @classmethod
    def of(cls, support: Support) -> Problem:
        """The problem of a two-factor support: ids are its columns k, empty rectangles included; W are its missing entries."""
        return cls({k: Rectangle(*term) for k, term in enumerate(support.terms)}, support.free)

    @cached_property
    def transposed(self) -> Problem:
        """Rows and columns exchanged."""
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
            if self.first_alike[i] != i:
                covered[i] = covered[self.first_alike[i]]
                continue
            columns = 0
            for k in ids:
                columns |= self.terms[k].columns
                if columns == widest:
                    break
            covered[i] = columns
        return covered

    @cached_property
    def terms_of_row(self) -> Mapping[int, tuple[int, ...]]:
        """For each row that some term meets, the ids of these terms; rows that meet the same terms share the tuple."""
        rows = {k: term.rows for k, term in self.terms.items()}
        columns = columns_of_dense(list(rows.values()))
        if columns is None:
            known: dict[tuple[int, ...], tuple[int, ...]] = {}
            listed = ((i, tuple(ids)) for i, ids in rows_by_column(rows).items())
            return {i: known.setdefault(ids, ids) for i, ids in listed}
        # A large mask has as many entries here as in its file, but often few kinds of rows.
        shared: dict[bytes, tuple[int, ...]] = {}
        meeting: dict[int, tuple[int, ...]] = {}
        for i, column in columns:
            if column not in shared:
                shared[column] = tuple(itertools.compress(rows, column))
            meeting[i] = shared[column]
        return meeting

    @cached_property
    def first_alike(self) -> Mapping[int, int]:
        """For each row that some term meets, the first that meets the same terms: quicker to compare than the terms."""
        first: dict[int, int] = {}
        return {i: first.setdefault(id(ids), i) for i, ids in self.terms_of_row.items()}

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
        # Each rectangle once: of a full mask all terms have the same.
        for rectangle in dict.fromkeys(rectangles):
            for i in bits(rectangle.rows):
                free[i] = free.get(i, 0) | rectangle.columns
        return free


def without_free(free: Mapping[int, int], rows: int, columns: int) -> Iterator[tuple[int, int]]:
    """Submatrices of this one without a free position: all that cannot be made larger, where these are not too many.

    Their columns are intersections of the sets of columns that single rows have not free.
    """
    listed = list(bits(rows))
    kinds = {free[i] & columns for i in listed if free.get(i, 0) & columns}
    across = {columns: None}
    for kind in kinds if len(kinds) <= _MOST_KINDS else ():
        across |= dict.fromkeys([chosen & ~kind for chosen in across])
        if len(across) > _MOST_RECTANGLES:
            break
    touched = 0
    for kind in kinds:
        touched |= kind
    across[columns & ~touched] = None
    for chosen in across:
        if chosen:
            yield bitset(i for i in listed if not free.get(i, 0) & chosen), chosen
