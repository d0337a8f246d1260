"""∀A ∃X ∃Y: a block that is everything, or everything of low enough rank, is closed (theory section 4, "full space").

The search covers the space of all A, or the variety that ``rank_conditions`` defines, by cases, each with an explicit
solution. In the region at hand it draws a generic solution: some entries of X, of Y or of both are given constants, the rest
is solved for wherever an equation is linear, so that every entry is a rational function of A, valid where the denominators
do not vanish. It
keeps the draw with the simplest denominators, and goes on in each region "this denominator is zero", of smaller
dimension. An equation that defines a region is solved for one of its entries, after a case distinction on the
coefficient if that is needed.

Where the search gives up a region although generic A have a solution, E is dense, so a point of that region outside E
is a frontier point: a generic line through it, with the generic solution along the line, is a curve of a witness.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

from qeclose.certify.covering import Covering, Uncovered
from qeclose.certify.draws import Draws, Value
from qeclose.certify.evaluation import along_line, point_of
from qeclose.certify.frontier import Candidate, Frontier, confirm
from qeclose.certify.rank_conditions import rank_conditions
from qeclose.certify.system import Polynomial, System
from qeclose.presolve import Curve, Problem
from qeclose.presolve.curve import Laurent

__all__ = ["Exploration", "explore_full"]

_DIRECTIONS = 5
"""Lines through a point that are tried; the first has nothing but ones."""


class _Hole(Exception):
    """A region with a point outside E."""

    def __init__(self, frontier: Frontier) -> None:
        super().__init__()
        self.frontier = frontier


@final
@dataclass(frozen=True, slots=True)
class Exploration:
    """What one attempt to cover the space of all A came to.

    ``dense``: generic A (that satisfy the rank conditions) have a solution. ``proof``: a proof of docs/certificates.md that
    all have, of kind full-space or variety. ``hole``: a frontier point from a region where no solution was found.
    """

    dense: bool
    proof: dict[str, Any] | None = None
    hole: Frontier | None = None


def explore_full(
    problem: Problem,
    origin: Mapping[int, int],
    rng: random.Random,
    *,
    regions: int,
    patience: int,
    deadline: float,
) -> Exploration:
    """Try to cover the space of all A by at most ``regions`` cases, until ``deadline`` (of ``time.monotonic``).

    A region is given up after ``patience`` draws without a solution. ``origin`` maps term ids to the columns of the user's
    mask.
    """
    draws = Draws(problem, rng)
    conditions = rank_conditions(problem, draws.ring)
    if conditions is None or not (conditions or _may_be_full(problem)):
        return Exploration(dense=False)
    search = _Search(problem, origin, draws, conditions, regions, patience, deadline)
    try:
        return Exploration(dense=True, proof=search.run())
    except _Hole as hole:
        return Exploration(dense=True, hole=hole.frontier)
    except Uncovered:
        return Exploration(dense=search.generic is not None)


def _may_be_full(problem: Problem) -> bool:
    """Count of parameters: each term has one less than it has entries."""
    entries = sum(term.rows.bit_count() + term.columns.bit_count() - 1 for term in problem.terms.values())
    return entries >= sum(columns.bit_count() for columns in problem.rows.values())


@final
class _Search(Covering):
    def __init__(
        self,
        problem: Problem,
        origin: Mapping[int, int],
        draws: Draws,
        conditions: tuple[Polynomial, ...],
        regions: int,
        patience: int,
        deadline: float,
    ) -> None:
        super().__init__(draws.ring, regions, patience, deadline)
        self.problem = problem
        self.origin = origin
        self.rng = draws.rng
        self.positions = tuple(problem.positions())
        self.conditions = conditions
        self.draws = draws

    def run(self) -> dict[str, Any]:
        tree = self.cover(self.conditions, self.draws.goal)
        if not self.conditions:
            return {"kind": "full-space", "tree": tree}
        return {
            "kind": "variety",
            "equations": [self.ring.to_json(p) for p in self.conditions],
            "tree": tree,
        }

    def _approach(
        self, point: Mapping[tuple[int, int], Fraction], generic: Sequence[Value]
    ) -> Candidate | None:
        """A curve X(t), Y(t) with X Yᵀ = point + O(t), from the generic solution along a random line."""
        for attempt in range(_DIRECTIONS):
            steps = (1,) if attempt == 0 else range(1, 10)
            line = {
                self.ring.index["a", i, j]: {
                    0: point.get((i, j), Fraction(0)),
                    1: Fraction(self.rng.choice(steps)),
                }
                for i, j in self.positions
            }
            curve = self._curve_along(line, generic)
            if curve is not None:
                return Candidate({place: value for place, value in point.items() if value}, curve)
        return None

    def _curve_along(self, line: Mapping[int, Laurent], values: Sequence[Value]) -> Curve | None:
        """The generic solution along a line in the space of A; None where a denominator vanishes on it."""
        entries = along_line(self.draws.resolved(values, System(self.ring, ())), self.ring, line)
        if entries is None:
            return None
        x: dict[tuple[int, int], Laurent] = {}
        y: dict[tuple[int, int], Laurent] = {}
        for (letter, k, i), value in entries.items():
            (x if letter == "x" else y)[int(i), int(k)] = value
        return Curve(x, y)

    def draw(
        self, region: System, goal: tuple[Polynomial, ...]
    ) -> tuple[list[Polynomial], list[Value]] | None:
        return self.draws.draw(region, goal)

    def solution(self, values: Sequence[Value], region: System) -> list[Any]:
        return self.draws.solution(values, region)

    def stuck(self, region: System) -> None:
        """Raise ``_Hole`` if a point of a region without solutions shows that there is none."""
        frontier = self._frontier_in(region)
        if frontier is not None:
            raise _Hole(frontier)

    def _frontier_in(self, region: System) -> Frontier | None:
        """A point of the region that is not in E, if the first that comes to mind is one.

        Only where E is dense among all A: the lines through the point would leave a variety.
        """
        if self.conditions or self.generic is None:
            return None
        point = point_of(region, self.solved, self.rng)
        if point is None:
            return None
        candidate = self._approach(point, self.generic)
        return None if candidate is None else confirm(candidate, self.problem, self.origin)
