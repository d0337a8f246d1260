"""Settle one reduced block: prove it closed, or find a frontier point, with growing effort."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from qeclose.certify.frontier import Frontier, confirm
from qeclose.certify.full_space import explore_full
from qeclose.certify.normal_form import prove_normal_form
from qeclose.certify.witness import find_frontier
from qeclose.presolve import Problem

__all__ = ["Effort", "Settled", "settle"]


@final
@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try: random curves; covers of the full space begun, regions of each, and draws in each region.

    Counts, not seconds: what is found must not depend on how fast the machine is. A new cover is worth more than a large
    one, since their sizes vary wildly with the first choices.
    """

    curves: int
    explorations: int
    regions: int
    patience: int


ROUNDS = (
    Effort(15, 4, 60, 150),
    Effort(60, 8, 120, 400),
    Effort(400, 10, 500, 1000),
    Effort(10_000, 100, 3000, 3000),
)


@final
@dataclass(frozen=True, slots=True)
class Settled:
    """Either a proof that the block is closed (JSON of docs/certificates.md), or a frontier point."""

    closed: dict[str, Any] | None = None
    frontier: Frontier | None = None


_TRACTABLE = 150
"""With more unknowns than this in X and Y the searches through systems of equations are hopeless."""


def settle(
    problem: Problem, origin: Mapping[int, int], *, seed: int, deadline: float, rounds: int = len(ROUNDS)
) -> Settled | None:
    """Alternate between the two kinds of certificate until one is found or ``deadline`` (time.monotonic) passes."""
    proof = prove_normal_form(problem)
    if proof is not None:
        return Settled(closed=proof)
    if _unknowns(problem) > _TRACTABLE:
        return None
    rng = random.Random(seed)
    for effort in ROUNDS[:rounds]:
        settled = _one_round(problem, origin, rng, effort, deadline)
        if settled is not None:
            return settled
        if time.monotonic() > deadline:
            break
    return None


def _unknowns(problem: Problem) -> int:
    return sum(term.rows.bit_count() + term.columns.bit_count() for term in problem.terms.values())


def _one_round(
    problem: Problem, origin: Mapping[int, int], rng: random.Random, effort: Effort, deadline: float
) -> Settled | None:
    for _ in range(effort.explorations):
        explored = explore_full(
            problem, rng, regions=effort.regions, patience=effort.patience, deadline=deadline
        )
        if explored.tree is not None:
            return Settled(closed={"kind": "full-space", "tree": explored.tree})
        frontier = confirm(explored.hole, problem, origin) if explored.hole is not None else None
        if frontier is not None:
            return Settled(frontier=frontier)
        if not explored.dense:
            break
    frontier = find_frontier(problem, origin, rng, tries=effort.curves, deadline=deadline)
    return None if frontier is None else Settled(frontier=frontier)
