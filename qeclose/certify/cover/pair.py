"""∀A ∃X ∃Y: a block that is everything, or everything of low enough rank, is closed (docs/theory.md#full-space).

The search covers the space of all A, or the variety that ``rank_conditions`` defines, by cases, each with an explicit solution.
A case without one is where to look for a hole.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from qeclose.certify.cover.echelon import EchelonCover, point_in
from qeclose.certify.cover.generic import Draws
from qeclose.certify.cover.holes import frontier_at
from qeclose.certify.cover.moves import State
from qeclose.certify.cover.rank_variety import is_dense, rank_conditions
from qeclose.certify.cover.regions import Uncovered
from qeclose.certify.refute.confirm import Frontier
from qeclose.problem import Problem
from qeclose.proof.well_posed import FullSpaceProof, VarietyProof

__all__ = ["Exploration", "explore_full"]


class _Hole(Exception):
    """A case with a point outside E."""

    def __init__(self, frontier: Frontier) -> None:
        super().__init__()
        self.frontier = frontier


@final
@dataclass(frozen=True, slots=True)
class Exploration:
    """What one attempt to cover the space of all A came to.

    ``dense``: generic A that satisfy the rank conditions are in E, so that another attempt may succeed. ``proof``: that all of
    them are. ``hole``: a frontier point from a case where no
    solution was found.
    """

    dense: bool
    proof: FullSpaceProof | VarietyProof | None = None
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

    A case is given up after ``patience`` draws without a solution. ``origin`` maps term ids to the columns of the user's mask.
    """
    draws = Draws(problem, rng)
    conditions = rank_conditions(problem, draws.ring)
    if conditions is None or not is_dense(draws.ring, tuple(draws.sums.values()), conditions):
        return Exploration(dense=False)

    def stuck(state: State) -> None:
        point = point_in(state, rng)
        hole = point and frontier_at(problem, origin, draws, conditions, point, patience)
        if hole:
            raise _Hole(hole)

    search = EchelonCover(problem, draws, regions=regions, patience=patience, deadline=deadline, stuck=stuck)
    try:
        tree = search.tree(conditions)
    except _Hole as found:
        return Exploration(dense=True, hole=found.frontier)
    except Uncovered:
        return Exploration(dense=True)
    if not conditions:
        return Exploration(dense=True, proof=FullSpaceProof(tree))
    return Exploration(dense=True, proof=VarietyProof(tuple(map(draws.ring.listed, conditions)), tree))
