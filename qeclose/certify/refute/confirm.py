"""Points that a curve of factors approaches, and the proof that one is not in E."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import final

from qeclose.algebra.curve import Curve
from qeclose.certify.effort import REFUTATIONS
from qeclose.certify.refute.elimination import Exhausted, membership
from qeclose.certify.refute.minors import refuting_minor
from qeclose.problem import Problem
from qeclose.proof.ill_posed import Refutation
from qeclose.support.bits import bits

__all__ = ["Candidate", "Frontier", "confirm"]


@final
@dataclass(frozen=True, slots=True)
class Candidate:
    """A matrix in the closure of E (modulo the free positions), and the curve that reaches it."""

    point: Mapping[tuple[int, int], Fraction]
    curve: Curve


@final
@dataclass(frozen=True, slots=True)
class Frontier:
    """A point of the frontier of E, the curve that reaches it, and why E does not."""

    point: Mapping[tuple[int, int], Fraction]
    curve: Curve
    refutation: Refutation


def confirm(candidate: Candidate, problem: Problem, origin: Mapping[int, int]) -> Frontier | None:
    """The candidate as a frontier point if it is refuted to be in E, else None.

    ``origin`` maps term ids to the columns of the user's mask, which name the refutation's variables.
    """
    refutation: Refutation | None
    try:
        refutation = membership(problem, candidate.point, origin).refutation(REFUTATIONS.nodes)
    except Exhausted:
        refutation = refuting_minor(problem, candidate.point)
    if refutation is None:
        return None
    return Frontier(candidate.point, _pruned(candidate, problem), refutation)


def _pruned(candidate: Candidate, problem: Problem) -> Curve:
    """The candidate's curve without the summands that its limit on Q does not need, high powers of t first."""
    point = candidate.point
    columns = problem.transposed.rows

    def tends_to_point(curve: Curve, positions: Iterable[tuple[int, int]]) -> bool:
        for i, j in positions:
            product = curve.product(problem, i, j)
            if min(product, default=0) < 0 or product.get(0, Fraction(0)) != point.get((i, j), Fraction(0)):
                return False
        return True

    x, y = dict(candidate.curve.x), dict(candidate.curve.y)
    for factor, lines in ((y, columns), (x, problem.rows)):
        for line, k in sorted(factor):
            around = [(other, line) if factor is y else (line, other) for other in bits(lines.get(line, 0))]
            for exponent in sorted(factor[line, k], reverse=True):
                whole = factor[line, k]
                factor[line, k] = {e: c for e, c in whole.items() if e != exponent}
                if not tends_to_point(Curve(x, y), around):
                    factor[line, k] = whole
    return Curve(x, y)
