"""The closure of E(S) lies in the union over all supports that keep the bounds: a covering by cases (theory, "Unions").

The rank conditions of S define a closed set that contains E(S). If each of its matrices is a product of factors that keep the
bounds, whatever their supports, S needs no proof of its own. So the cases are covered by generic solutions of any supports.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import Any, final

from qeclose.certify.covering import Covering, Uncovered
from qeclose.certify.draws import Draws, Value
from qeclose.certify.rank_conditions import rank_conditions
from qeclose.certify.system import Polynomial, System
from qeclose.presolve import Problem
from qeclose.support import Support

__all__ = ["Effort", "covered_closure"]

_TRACTABLE = 60
"""With more unknowns in the box than this the search is hopeless."""


@final
class Effort:
    """Coverings begun, regions of each, draws in each region."""

    ROUNDS = ((3, 150, 200), (8, 400, 600))


def covered_closure(
    support: Support, box: Support, members: Sequence[Support], rng: random.Random, deadline: float
) -> dict[str, Any] | None:
    """The *inside* part of docs/certificates.md for ``support``, or None if none was found by ``deadline``.

    ``members`` are maximal supports inside ``box`` that keep the bounds.
    """
    if box.I.nnz + box.J.nnz > _TRACTABLE:
        return None
    draws = Draws(Problem.of(box), rng)
    problem = Problem.of(support)
    conditions = rank_conditions(problem, draws.ring)
    if conditions is None:
        return None
    goal = _goal(draws, set(problem.positions()))
    for attempts, regions, patience in Effort.ROUNDS:
        for _ in range(attempts):
            if time.monotonic() > deadline:
                return None
            search = _Search(draws, members, regions, patience, deadline)
            try:
                tree = search.cover(conditions, goal)
            except Uncovered:
                continue
            return {
                "factors": [factor.to_strings() for factor in support.factors],
                "vanishing": [draws.ring.to_json(p) for p in conditions],
                "tree": tree,
            }
    return None


def _goal(draws: Draws, asked: set[tuple[int, int]]) -> tuple[Polynomial, ...]:
    """The equations Σ x y = a in the box, a = 0 where it is not asked for."""
    ring, zero, one = draws.ring, draws.ring.constant(0), draws.ring.constant(1)
    goal = []
    for p, (_, i, j) in zip(draws.goal, ring.variables, strict=False):
        goal.append(p if (i, j) in asked else ring.replace(p, ring.index["a", i, j], zero, one))
    return tuple(goal)


@final
class _Search(Covering):
    def __init__(
        self, draws: Draws, members: Sequence[Support], regions: int, patience: int, deadline: float
    ) -> None:
        super().__init__(draws.ring, regions, patience, deadline)
        self.draws = draws
        self.rng = draws.rng
        self.members = [_Member(draws, support) for support in members]
        self._fitting: tuple[tuple[Polynomial, ...], list[_Member]] = ((), [])

    def draw(
        self, region: System, goal: tuple[Polynomial, ...]
    ) -> tuple[list[Polynomial], list[Value]] | None:
        if self._fitting[0] is not goal:
            nonzero = frozenset(e for e, p in enumerate(goal) if _constant_part(p, self.draws.first_unknown))
            self._fitting = goal, [member for member in self.members if nonzero <= member.reached]
        if not self._fitting[1]:
            return None
        member = self.rng.choice(self._fitting[1])
        return member.draws.draw(region, tuple(member.restricted(p) for p in goal))

    def solution(self, values: Sequence[Value], region: System) -> list[Any]:
        return self.draws.solution(values, region)

    def stuck(self, region: System) -> None:
        """A region that no support fills says nothing: others may fill it in parts."""


@final
class _Member:
    """One support, its draws, and the equations at positions that it can make nonzero."""

    def __init__(self, draws: Draws, support: Support) -> None:
        problem = Problem.of(support)
        self.draws = draws.within(problem)
        ring = draws.ring
        inside = {index for side in self.draws.sides[2] for index in side}
        self.outside = [a for a in range(draws.first_unknown, len(ring.variables)) if a not in inside]
        own = set(problem.positions())
        self.reached = frozenset(
            e for e, (_, i, j) in enumerate(ring.variables[: draws.first_unknown]) if (i, j) in own
        )
        self.ring = ring

    def restricted(self, p: Polynomial) -> Polynomial:
        """The polynomial with 0 for all entries of the factors outside this support."""
        zero, one = self.ring.constant(0), self.ring.constant(1)
        for a in self.outside:
            p = self.ring.replace(p, a, zero, one)
        return p


def _constant_part(p: Polynomial, first_unknown: int) -> bool:
    """Whether some monomial is free of entries of the factors."""
    return any(not any(monomial[first_unknown:]) for monomial in p.monoms())
