"""The closure of E(S) lies in the union over all supports that keep the bounds, by cases (theory.md#unions-closed).

The rank conditions of S define a closed set that contains E(S). If each of its matrices is a product of factors that keep the
bounds, whatever their supports, S needs no proof of its own. So the cases are covered by generic solutions of any supports.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import final

from qeclose.algebra.system import Polynomial, Ring, System, evaluate
from qeclose.certify.cover.generic import Draws, Value
from qeclose.certify.cover.rank_variety import rank_conditions
from qeclose.certify.cover.regions import Covering, Uncovered
from qeclose.certify.effort import UNION_COVERS, UnionEffort
from qeclose.problem import Problem
from qeclose.proof.bounds import VanishingMember
from qeclose.proof.trees import SolutionLeaf
from qeclose.proof.well_posed import drawn
from qeclose.support import Support
from qeclose.support.bits import bitset

__all__ = ["Closures"]


@final
class Closures:
    """The search for one union; ``members`` are the maximal supports inside ``box`` that keep the bounds.

    ``holes`` are points of the regions that the last search could not fill: perhaps they are not in the union.
    """

    def __init__(self, box: Support, members: Sequence[Support], rng: random.Random) -> None:
        self.holes: list[dict[tuple[int, int], Fraction]] = []
        self.tractable = box.I.nnz + box.J.nnz <= UNION_COVERS.unknowns
        if self.tractable:
            self.draws = Draws(Problem.of(box), rng)
            self.members = [_Member(self.draws, support) for support in members]

    def part(self, support: Support, effort: UnionEffort, deadline: float) -> VanishingMember | None:
        """The part of a proof for ``support``, or None if none was found with this effort."""
        if not self.tractable:
            return None
        ring, problem = self.draws.ring, Problem.of(support)
        conditions = rank_conditions(problem, ring)
        if conditions is None:
            return None
        self.holes.clear()
        asked = set(problem.positions())
        goal = _goal(self.draws, asked)
        for _ in range(effort.covers):
            search = _Search(self.draws, self.members, effort.regions, effort.patience, deadline)
            try:
                tree = search.cover(conditions, goal)
            except Uncovered:
                self.holes += [_on(asked, ring, point) for point in search.holes]
                if time.monotonic() > deadline:
                    return None
                continue
            return VanishingMember(drawn(support.factors), tuple(map(ring.listed, conditions)), tree)
        return None


def _goal(draws: Draws, asked: set[tuple[int, int]]) -> tuple[Polynomial, ...]:
    """The equations Σ x y = a in the box, a = 0 where it is not asked for."""
    ring, zero, one = draws.ring, draws.ring.constant(0), draws.ring.constant(1)
    goal = []
    for p, (_, i, j) in zip(draws.goal, ring.variables, strict=False):
        goal.append(p if (i, j) in asked else ring.replace(p, ring.index["a", i, j], zero, one))
    return tuple(goal)


def _on(
    asked: set[tuple[int, int]], ring: Ring, point: Mapping[int, Fraction]
) -> dict[tuple[int, int], Fraction]:
    """The nonzero entries of the point at these positions."""
    places = ((place, point[ring.index["a", *place]]) for place in sorted(asked))
    return {place: value for place, value in places if value}


@final
class _Search(Covering):
    def __init__(
        self, draws: Draws, members: Sequence[_Member], regions: int, patience: int, deadline: float
    ) -> None:
        super().__init__(draws.ring, regions, patience, deadline)
        self.draws = draws
        self.members = members
        self.holes: list[dict[int, Fraction]] = []
        self._fitting: tuple[tuple[Polynomial, ...], Sequence[_Member]] = ((), members)

    def draw(
        self, region: System, goal: tuple[Polynomial, ...]
    ) -> tuple[list[Polynomial], list[Value]] | None:
        if self._fitting[0] is not goal:
            free = self.draws.first_unknown
            wanted = bitset(e for e, p in enumerate(goal) if any(not any(m[free:]) for m in p.monoms()))
            self._fitting = goal, [member for member in self.members if not wanted & ~member.reached]
        if not self._fitting[1]:
            return None
        member = self.draws.rng.choice(self._fitting[1])
        return member.draws.draw(region, member.restricted(goal))

    def solution(self, values: Sequence[Value], region: System) -> SolutionLeaf:
        return self.draws.solution(values, region)

    def stuck(self, region: System) -> None:
        """A region that no support fills says nothing, others may fill it in parts; but a point of it is worth a look."""
        rng, free = self.draws.rng, self.draws.first_unknown
        for attempt in range(UNION_COVERS.points):
            choices = (1,) if attempt == 0 else UNION_COVERS.point_values
            value = {a: Fraction(rng.choice(choices)) for a in range(free)}
            for a, numerator, denominator in reversed(self.solved):
                bottom = evaluate(denominator, value)
                if not bottom:
                    break
                value[a] = evaluate(numerator, value) / bottom
            else:
                if all(evaluate(unit, value) for unit in region.units):
                    self.holes.append(value)
                    return


@final
class _Member:
    """One support; ``reached`` are the equations at positions that it can make nonzero."""

    def __init__(self, draws: Draws, support: Support) -> None:
        self._box = draws
        self._problem = problem = Problem.of(support)
        positions = draws.ring.variables[: draws.first_unknown]
        self.reached = bitset(
            e for e, (_, i, j) in enumerate(positions) if problem.rows.get(int(i), 0) >> int(j) & 1
        )

    @cached_property
    def draws(self) -> Draws:
        return self._box.within(self._problem)

    @cached_property
    def _outside(self) -> list[int]:
        inside = set(itertools.chain.from_iterable(self.draws.sides[2]))
        return [a for a in range(self._box.first_unknown, len(self._box.ring.variables)) if a not in inside]

    def restricted(self, polynomials: Iterable[Polynomial]) -> tuple[Polynomial, ...]:
        """The polynomials with 0 for all entries of the factors outside this support."""
        return tuple(
            p.context().from_dict(
                {monomial: c for monomial, c in p.terms() if not any(monomial[a] for a in self._outside)}
            )
            for p in polynomials
        )
