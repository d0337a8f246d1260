"""That a matrix with free positions is not in E, by one minor: its rank is too large whatever stands at the free positions.

*Theorem.* Let R and C be as many rows as columns, more than there are terms that meet R × C outside the free positions. If
the determinant of A[R, C] is the same number ≠ 0 whatever the free entries are, then A is not in E modulo the free positions:
those terms make a matrix of smaller rank that agrees with A elsewhere. A determinant is affine in each entry, so it is constant
if it has one value at all free entries from {0, 1}.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction

from qeclose.certify.effort import MINORS
from qeclose.problem import Problem, tick
from qeclose.proof.ill_posed import MinorRefutation

__all__ = ["refuting_minor"]


def refuting_minor(problem: Problem, point: Mapping[tuple[int, int], Fraction]) -> MinorRefutation | None:
    """A refutation by one minor, or None if none of the minors looked at is one."""
    size = len(problem.terms) + 1
    rows = [i for i, columns in problem.rows.items() if columns]
    columns = [j for j, across in problem.transposed.rows.items() if across]
    minors = itertools.product(itertools.combinations(rows, size), itertools.combinations(columns, size))
    for R, C in itertools.islice(minors, MINORS.minors):
        tick()
        free = [(i, j) for i in R for j in C if problem.free.get(i, 0) >> j & 1]
        if 0 < len(free) <= MINORS.free and _is_constant(R, C, free, point):
            return MinorRefutation(tuple([(i, j) for i in R for j in C if (i, j) not in free]))
    return None


def _is_constant(
    rows: Sequence[int],
    columns: Sequence[int],
    free: Sequence[tuple[int, int]],
    point: Mapping[tuple[int, int], Fraction],
) -> bool:
    """Whether the minor is one number, not 0, for all values 0 and 1 of the free entries."""
    found: set[Fraction] = set()
    for values in itertools.product((0, 1), repeat=len(free)):
        filled = {**point, **dict(zip(free, map(Fraction, values), strict=True))}
        found.add(_determinant([[filled.get((i, j), Fraction(0)) for j in columns] for i in rows]))
        if len(found) > 1 or 0 in found:
            return False
    return True


def _determinant(rows: list[list[Fraction]]) -> Fraction:
    result = Fraction(1)
    while rows:
        pivot = next((r for r, row in enumerate(rows) if row[0]), None)
        if pivot is None:
            return Fraction(0)
        first = rows.pop(pivot)
        result *= first[0] if pivot % 2 == 0 else -first[0]
        rows = [[a - row[0] / first[0] * b for a, b in zip(row[1:], first[1:], strict=True)] for row in rows]
    return result
