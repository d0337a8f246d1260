"""The search for one small ill-posed sub-mask of a mask; by R2 it makes the whole mask ill-posed.

Where every sub-mask meets too many terms to be small, two terms are looked at alone, the others taken out by padding.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import final

from qeclose.algebra.curve import Curve
from qeclose.certify.effort import OBSTRUCTIONS, PAIR_ROUNDS
from qeclose.certify.pairs.block import settle
from qeclose.certify.pairs.padding import Padding, find_padding
from qeclose.certify.pairs.submasks import Around, Meeting, Small, light_pairs, signature
from qeclose.certify.refute.confirm import Frontier
from qeclose.presolve import Reduction, reduce
from qeclose.problem import OutOfTime, Problem, tick, time_limit
from qeclose.proof.ill_posed import Refutation

__all__ = ["Found", "Scan"]


@final
@dataclass(frozen=True, slots=True)
class Found:
    """A frontier point of one block of a reduction, and the padding if terms were taken out before."""

    reduction: Reduction
    block: Reduction
    frontier: Frontier
    padding: Padding | None = None

    @property
    def curve(self) -> Curve:
        """The curve in the mask that was looked at."""
        curve = self.reduction.lift(self.block, self.frontier.curve)
        return curve if self.padding is None else self.padding.around(curve)

    @property
    def refutation(self) -> Refutation:
        """Why its limit is not in E."""
        refutation = self.frontier.refutation
        return refutation if self.padding is None else self.padding.refutation(refutation)

    @property
    def place(self) -> tuple[tuple[int, ...], ...]:
        """The rows, the columns and the terms it takes."""
        core = self.block.core
        places: list[set[int]] = [
            {i for i, columns in core.rows.items() if columns},
            {j for j, rows in core.transposed.rows.items() if rows},
            set(self.reduction.origins(core.terms).values()),
        ]
        if self.padding is not None:
            for m, (i, j) in self.padding.pads.items():
                for taken, new in zip(places, (i, j, m), strict=True):
                    taken.add(new)
        return tuple(tuple(sorted(taken)) for taken in places)


_Candidate = tuple[int, int, tuple[int, ...]]
"""Rows, columns, and the terms that are looked at alone, the others taken out; none: all terms that meet them."""


@final
class Scan:
    """The search in one problem; what is known of one sub-mask is remembered by its signature."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem = problem
        self.seed = seed
        self.finished = False
        self.harmless: set[tuple[object, ...]] = set()
        self._candidates: Iterator[_Candidate] | None = None

    def run(self, until: float, at_most: int | None = None) -> Found | None:
        """An ill-posed sub-mask, or None if ``until`` then none was found among so many; it goes on where it stopped."""
        try:
            with time_limit(until):
                if self._candidates is None:
                    self._meeting = Meeting(self.problem)
                    self._candidates = self._worth_asking()
                asked = 0
                for candidate in itertools.islice(self._candidates, at_most):
                    tick()
                    asked += 1
                    found = self._try(*candidate, until)
                    if found is not None:
                        return found
        except OutOfTime:
            return None
        self.finished = asked != at_most
        return None

    def _worth_asking(self) -> Iterator[_Candidate]:
        small, around = Small(self.problem), Around(self.problem)
        overlaps = iter(()) if small.complete else around.all_overlaps(random.Random(self.seed))
        pairs = light_pairs(self.problem, OBSTRUCTIONS.padded_pairs)
        whole = (
            (*place, ())
            for place in itertools.chain(small, itertools.islice(overlaps, OBSTRUCTIONS.before_padding))
        )
        alone = ((*place, pair) for pair in pairs for place in around.pair_alone(*pair))
        return itertools.chain(whole, alone, ((*place, ()) for place in overlaps))

    def _try(self, rows: int, columns: int, kept: tuple[int, ...], until: float) -> Found | None:
        if not kept:
            part = self._meeting.sub_mask(rows, columns)
            return None if part is None else self._ask(part, until)
        padding = find_padding(self.problem, kept, rows, columns)
        if padding is None:
            return None
        found = self._ask(self.problem.part(kept).restricted(rows, columns), until)
        return None if found is None else replace(found, padding=padding)

    def _ask(self, part: Problem, until: float) -> Found | None:
        """A frontier point of one block of a small problem, or None if it looks harmless."""
        kind = signature(part)
        if kind in self.harmless:
            return None
        reduction = reduce(part)
        for block in reduction.blocks():
            origin = reduction.origins(block.core.terms)
            settled = settle(block.core, origin, PAIR_ROUNDS[0], seed=self.seed, deadline=until)
            if settled is not None and settled.frontier is not None:
                return Found(reduction, block, settled.frontier)
        self.harmless.add(kind)
        return None
