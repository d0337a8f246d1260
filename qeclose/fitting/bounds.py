"""A lower bound of the loss of a block: ranks of submatrices that few terms meet, disjoint ones added up."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from qeclose.problem import Problem, tick, without_free
from qeclose.support.bits import bits, bitset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["block_bound"]

_MOST_TERMS = 7
"""With more terms only the submatrices are looked at that single rows and columns suggest: 3^7 are 2,187."""
_MOST_WORK = 2e9
"""Operations that all singular values together may take, by estimate."""
_SAFE = 1e-12
"""Of the squared norm: taken off each bound, for rounding."""


def block_bound(A: NDArray[np.float64], core: Problem) -> float:
    """No factors of the core come nearer to A, over its positions outside W, than this (squared).

    A submatrix without positions of W that t terms meet costs at least the squares of its singular values from the (t+1)-st on
    (Eckart and Young). Positions that no term of the core covers are not asked for; there products are 0, and A is taken as 0.
    """
    import numpy as np

    found: list[tuple[float, int, int]] = []
    work = 0.0
    for rows, columns, terms in _submatrices(core):
        tick()
        at = list(bits(rows)), list(bits(columns))
        if min(map(len, at)) <= terms:
            continue
        work += 10.0 * len(at[0]) * len(at[1]) * min(map(len, at))
        if work > _MOST_WORK and found:
            break
        part = A[np.ix_(*at)].copy()
        for place, i in enumerate(at[0]):
            inside = core.rows.get(i, 0)
            part[place, [not inside >> j & 1 for j in at[1]]] = 0.0
        values = np.linalg.svd(part, compute_uv=False) ** 2
        tail = float(values[terms:].sum()) - _SAFE * float(values.sum())
        if tail > 0:
            found.append((tail, rows, columns))
    total, taken = 0.0, list[tuple[int, int]]()
    for tail, rows, columns in sorted(found, reverse=True):
        if not any(rows & one and columns & other for one, other in taken):
            total += tail
            taken.append((rows, columns))
    return total


def _submatrices(core: Problem) -> Iterator[tuple[int, int, int]]:
    """Rows, columns and the number of terms that meet both, none with a position of W; few terms first."""
    all_rows, all_columns = bitset(core.rows), 0
    for columns in core.rows.values():
        all_columns |= columns
    listed = {}
    for chosen in _choices(core, all_rows, all_columns):
        for rows, columns in without_free(core.free, *chosen):
            if rows and columns:
                met = sum(1 for term in core.terms.values() if term.rows & rows and term.columns & columns)
                listed[rows, columns] = met
    for (rows, columns), met in sorted(listed.items(), key=lambda item: item[1]):
        yield rows, columns, met


def _choices(core: Problem, all_rows: int, all_columns: int) -> Iterator[tuple[int, int]]:
    """Maximal rows and columns: each term is met, or misses the rows, or misses the columns."""
    terms = list(core.terms.values())
    if len(terms) <= _MOST_TERMS:
        for choice in itertools.product((0, 1, 2), repeat=len(terms)):
            rows, columns = all_rows, all_columns
            for term, what in zip(terms, choice, strict=True):
                rows &= ~term.rows if what == 1 else -1
                columns &= ~term.columns if what == 2 else -1
            yield rows, columns
        return
    yield all_rows, all_columns
    for term in terms:
        yield all_rows & ~term.rows, all_columns
        yield all_rows, all_columns & ~term.columns
    kinds = {core.terms_of_row.get(i, ()) for i in bits(all_rows)}
    for kind in itertools.islice(kinds, 200):
        held = set(kind)
        yield bitset(i for i in bits(all_rows) if held.issuperset(core.terms_of_row.get(i, ()))), all_columns
