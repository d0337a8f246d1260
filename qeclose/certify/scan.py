"""The search for one small ill-posed sub-mask of a mask; by R2 it makes the whole mask ill-posed."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import final

from qeclose.certify.frontier import Frontier
from qeclose.certify.obstruction import signature, sub_masks
from qeclose.certify.settle import ROUNDS, settle
from qeclose.presolve import Problem, Reduction, reduce

__all__ = ["Found", "Scan"]


@final
@dataclass(frozen=True, slots=True)
class Found:
    """A frontier point of one block of a reduction."""

    reduction: Reduction
    block: Reduction
    frontier: Frontier


@final
class Scan:
    """The search for a small ill-posed sub-mask; what is known of one sub-mask is remembered by its signature."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.harmless: set[tuple[object, ...]] = set()

    def run(self, problem: Problem, until: float) -> Found | None:
        for rows, columns in sub_masks(problem, random.Random(self.seed)):
            if time.monotonic() > until:
                return None
            part = problem.restricted(rows, columns)
            kind = signature(part)
            if kind in self.harmless or part.terms == problem.terms:
                continue
            found = self._ask(part, until)
            if found is not None:
                return found
            self.harmless.add(kind)
        return None

    def _ask(self, part: Problem, until: float) -> Found | None:
        reduction = reduce(part)
        for block in reduction.blocks():
            origin = reduction.origins(block.core.terms)
            settled = settle(block.core, origin, ROUNDS[0], seed=self.seed, deadline=until)
            if settled is not None and settled.frontier is not None:
                return Found(reduction, block, settled.frontier)
        return None
