"""Settle one reduced block: prove it closed, or find a frontier point, with growing effort."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from qeclose.certify.compact.pair import prove_normal_form
from qeclose.certify.cover.pair import explore_full
from qeclose.certify.effort import PAIR_ROUNDS, PAIRS, Effort
from qeclose.certify.frontier.pair_curves import find_frontier
from qeclose.certify.refute.confirm import Frontier
from qeclose.problem import Problem
from qeclose.proof.well_posed import Closed

__all__ = ["Settled", "settle", "tractable"]


@final
@dataclass(frozen=True, slots=True)
class Settled:
    """Either a proof that the block is closed, or a frontier point."""

    closed: Closed | None = None
    frontier: Frontier | None = None


def settle(
    problem: Problem, origin: Mapping[int, int], effort: Effort, *, seed: int, deadline: float
) -> Settled | None:
    """Try both kinds of certificate with one of the efforts of ``PAIR_ROUNDS``, the first one first.

    It ends at ``deadline`` (of ``time.monotonic``).
    """
    if effort == PAIR_ROUNDS[0]:  # the answer does not depend on the effort
        proof = prove_normal_form(problem)
        if proof is not None:
            return Settled(closed=proof)
    if not tractable(problem):
        return None
    rng = random.Random(f"{seed} {effort}")  # an effort is written as its names and numbers
    frontier = find_frontier(problem, origin, rng, tries=effort.curves, deadline=deadline)
    if frontier is not None:
        return Settled(frontier=frontier)
    for _ in range(effort.explorations):
        explored = explore_full(
            problem, origin, rng, regions=effort.regions, patience=effort.patience, deadline=deadline
        )
        if explored.proof is not None:
            return Settled(closed=explored.proof)
        if explored.hole is not None:
            return Settled(frontier=explored.hole)
        if not explored.dense:
            break
    return None


def tractable(problem: Problem) -> bool:
    """Whether the block is small enough for searches through systems of equations."""
    return sum(t.rows.bit_count() + t.columns.bit_count() for t in problem.terms.values()) <= PAIRS.tractable
