"""Settle one reduced block: prove it closed, or find a frontier point, with growing effort."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from qeclose.certify.frontier import Frontier, confirm
from qeclose.certify.full_space import Full, explore_full
from qeclose.certify.normal_form import prove_normal_form
from qeclose.certify.witness import find_frontier
from qeclose.presolve import Problem

__all__ = ["Effort", "Settled", "settle"]


@final
@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try: random curves, regions of a full-space tree, and draws in each.

    Counts, not seconds: what is found must not depend on how fast the machine is.
    """

    curves: int
    regions: int
    patience: int


ROUNDS = (Effort(15, 60, 80), Effort(60, 250, 1200), Effort(400, 1200, 3000), Effort(10_000, 10_000, 10_000))


_EXPLORATIONS = 3
"""A region given up is bad luck as often as a hole: so many times another cover is begun."""


@final
@dataclass(frozen=True, slots=True)
class Settled:
    """Either a proof that the block is closed (JSON of docs/certificates.md), or a frontier point."""

    closed: dict[str, Any] | None = None
    frontier: Frontier | None = None


def settle(
    problem: Problem, origin: Mapping[int, int], *, seed: int, deadline: float, rounds: int = len(ROUNDS)
) -> Settled | None:
    """Alternate between the two kinds of certificate until one is found or ``deadline`` (time.monotonic) passes."""
    proof = prove_normal_form(problem)
    if proof is not None:
        return Settled(closed=proof)
    rng = random.Random(seed)
    for effort in ROUNDS[:rounds]:
        settled = _one_round(problem, origin, rng, effort, deadline)
        if settled is not None:
            return settled
        if time.monotonic() > deadline:
            break
    return None


def _one_round(
    problem: Problem, origin: Mapping[int, int], rng: random.Random, effort: Effort, deadline: float
) -> Settled | None:
    for _ in range(_EXPLORATIONS):
        explored = explore_full(
            problem, rng, regions=effort.regions, patience=effort.patience, deadline=deadline
        )
        if isinstance(explored, Full):
            return Settled(closed={"kind": "full-space", "tree": explored.tree})
        if explored is None:
            break
        frontier = confirm(explored, problem, origin)
        if frontier is not None:
            return Settled(frontier=frontier)
    frontier = find_frontier(problem, origin, rng, tries=effort.curves, deadline=deadline)
    return None if frontier is None else Settled(frontier=frontier)
