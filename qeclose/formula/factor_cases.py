"""A ∈ E with the factors in echelon form: fewer variables, in several cases.

E = {XYᵀ : supp X ⊆ I, supp Y ⊆ J}. Write k ⊑ l if I_k ⊆ I_l and J_l ⊆ J_k. Then x_l → x_l − c·x_k, y_k → y_k + c·y_l changes
neither the product nor the supports, nor does x_k → c·x_k, y_k → y_k / c. So the terms can be brought, one after the
other, to a form in which each x_l has an entry 1, its *pivot*, zeros before it and zeros at the pivots of earlier
terms k ⊑ l (not all of them at once, see ``_reducers``), and terms with one rectangle are in reduced echelon form.
A term that became zero has y_l = 0 instead and any pivot; it is left out only if no row is left for a pivot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, final

from qeclose.formula.builders import Positions, pair_equations
from qeclose.formula.language import And, Atom, Exists, Formula, Or, Relation
from qeclose.support import Support
from qeclose.support.bits import bits

if TYPE_CHECKING:
    import sympy

__all__ = ["echelon_membership"]

_MOST_CASES = 2000

Zeros = dict[tuple[int, int], int]
"""The values 0 and 1 of entries (row, term) of the normalized factor."""


def echelon_membership(support: Support, *, positions: Positions | None = None) -> Formula | None:
    """A ∈ E, two factors, as a disjunction of existential conjunctions of equations; None if there are too many."""
    by_rows = _patterns(_terms(support, transposed=False))
    by_columns = _patterns(_terms(support, transposed=True))
    if by_rows is None and by_columns is None:
        return None
    transposed = by_rows is None or (by_columns is not None and len(by_columns) < len(by_rows))
    patterns = by_columns if transposed else by_rows
    assert patterns is not None
    x, y, residuals = pair_equations(support, positions)
    normalized = {(j, k): symbol for (k, j), symbol in y.items()} if transposed else x
    cases = []
    for pattern in patterns:
        values = {normalized[place]: value for place, value in pattern.items()}
        bound = tuple(symbol for symbol in (*x.values(), *y.values()) if symbol not in values)
        cases.append(_case(bound, [residual.xreplace(values) for residual in residuals]))
    return cases[0] if len(cases) == 1 else Or(tuple(cases))


def _case(bound: tuple[sympy.Symbol, ...], residuals: Sequence[sympy.Expr]) -> Formula:
    body = And(tuple(Atom(residual, Relation.EQ) for residual in residuals))
    return Exists(bound, body) if bound else body


@final
@dataclass(frozen=True, slots=True)
class _Term:
    number: int
    rows: frozenset[int]
    columns: frozenset[int]

    def below(self, other: _Term) -> bool:
        """k ⊑ l."""
        return self.rows <= other.rows and other.columns <= self.columns

    def same(self, other: _Term) -> bool:
        return self.rows == other.rows and self.columns == other.columns


def _terms(support: Support, *, transposed: bool) -> list[_Term]:
    """The terms that are not empty, along a linear extension of ⊑; equal ones are neighbours."""
    left, right = support.factors
    rows: list[set[int]] = [set() for _ in range(left.n_cols)]
    for i, row in enumerate(left.rows):
        for k in bits(row):
            rows[k].add(i)
    columns = [frozenset(bits(row)) for row in right.rows]
    terms = [
        _Term(k, *((c, frozenset(r)) if transposed else (frozenset(r), c)))
        for k, (r, c) in enumerate(zip(rows, columns, strict=True))
    ]
    nonempty = [term for term in terms if term.rows and term.columns]
    return sorted(nonempty, key=lambda t: (len(t.rows), -len(t.columns), sorted(t.rows), sorted(t.columns)))


def _reducers(terms: Sequence[_Term]) -> list[tuple[int, ...]]:
    """For each term the places of earlier ones at whose pivots it can be made zero.

    x_l is reduced by one of them after the other; reducing by k' must not undo what k did: x_k' is zero at k's pivot.
    """
    found: list[tuple[int, ...]] = []
    for place, term in enumerate(terms):
        chosen: list[int] = []
        for earlier in range(place):
            if terms[earlier].below(term) and all(k in found[earlier] for k in chosen):
                chosen.append(earlier)
        found.append(tuple(chosen))
    return found


def _patterns(terms: Sequence[_Term]) -> list[Zeros] | None:
    """The entries of the normalized factor that are fixed, one pattern a choice of pivots."""
    reducers = _reducers(terms)
    patterns: list[Zeros] = []
    for pivots in _choices(terms, reducers, ()):
        if len(patterns) == _MOST_CASES:
            return None
        patterns.append(_pattern(terms, reducers, pivots))
    return patterns


def _choices(
    terms: Sequence[_Term], reducers: Sequence[tuple[int, ...]], chosen: tuple[int | None, ...]
) -> Iterator[tuple[int | None, ...]]:
    """The rows of the pivots, class of equal terms by class; None for a term that is left out."""
    place = len(chosen)
    if place == len(terms):
        yield chosen
        return
    size = sum(1 for other in terms[place:] if other.same(terms[place]))
    free = sorted(terms[place].rows - {chosen[k] for k in reducers[place]})
    # A class of equal terms may be thought of as of the full rank: what is missing is added with y = 0.
    for rows in combinations(free, min(size, len(free))):
        left_out = (None,) * (size - len(rows))
        yield from _choices(terms, reducers, (*chosen, *rows, *left_out))


def _pattern(
    terms: Sequence[_Term], reducers: Sequence[tuple[int, ...]], pivots: Sequence[int | None]
) -> Zeros:
    fixed: Zeros = {}
    for place, (term, pivot) in enumerate(zip(terms, pivots, strict=True)):
        zeros = {pivots[k] for k in reducers[place]}
        zeros |= {pivots[k] for k, other in enumerate(terms) if k > place and other.same(term)}
        for row in term.rows:
            if pivot is None or row < pivot or row in zeros:
                fixed[row, term.number] = 0
        if pivot is not None:
            fixed[pivot, term.number] = 1
    return fixed
