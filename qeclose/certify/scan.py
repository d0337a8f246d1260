"""The search for one small ill-posed sub-mask of a mask; by R2 it makes the whole mask ill-posed.

Where every sub-mask meets too many terms to be small, two terms are looked at alone, the others taken out by padding.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, final

from qeclose.certify.frontier import Frontier
from qeclose.certify.obstruction import Around, Meeting, Small, light_pairs, signature
from qeclose.certify.padding import Padding, find_padding
from qeclose.certify.settle import ROUNDS, settle
from qeclose.presolve import Curve, Problem, Reduction, reduce

__all__ = ["Found", "Scan"]

_BEFORE_PADDING = 300
"""Sub-masks around overlaps that are asked about before terms are taken out, which makes larger certificates."""
_PADDED_PAIRS = 100


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
    def refutation(self) -> dict[str, Any]:
        """Why its limit is not in E (JSON of docs/certificates.md)."""
        refutation = self.frontier.refutation
        return refutation if self.padding is None else self.padding.to_json(refutation)

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


@final
class Scan:
    """What is known of one sub-mask is remembered by its signature."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.harmless: set[tuple[object, ...]] = set()

    def run(self, problem: Problem, until: float) -> Found | None:
        """An ill-posed sub-mask of a problem without free positions; None if none was found ``until`` then."""
        small, around, meeting = Small(problem), Around(problem), Meeting(problem)
        overlaps = iter(()) if small.complete else around.all_overlaps(random.Random(self.seed))
        first = itertools.chain(small, itertools.islice(overlaps, _BEFORE_PADDING))
        return (
            self._first_ill_posed(meeting, first, until)
            or self._padded(problem, around, until)
            or self._first_ill_posed(meeting, overlaps, until)
        )

    def _first_ill_posed(
        self, meeting: Meeting, places: Iterable[tuple[int, int]], until: float
    ) -> Found | None:
        for rows, columns in places:
            if time.monotonic() > until:
                return None
            part = meeting.sub_mask(rows, columns)
            found = None if part is None else self._ask(part, until)
            if found is not None:
                return found
        return None

    def _padded(self, problem: Problem, around: Around, until: float) -> Found | None:
        """An ill-posed sub-mask of two terms, with lines that take out the others."""
        for k, l in light_pairs(problem, _PADDED_PAIRS):
            pair = problem.part((k, l))
            for rows, columns in around.pair_alone(k, l):
                if time.monotonic() > until:
                    return None
                padding = find_padding(problem, (k, l), rows, columns)
                found = self._ask(pair.restricted(rows, columns), until) if padding else None
                if found:
                    return replace(found, padding=padding)
        return None

    def _ask(self, part: Problem, until: float) -> Found | None:
        """A frontier point of one block of a small problem, or None if it looks harmless."""
        kind = signature(part)
        if kind in self.harmless:
            return None
        reduction = reduce(part)
        for block in reduction.blocks():
            origin = reduction.origins(block.core.terms)
            settled = settle(block.core, origin, ROUNDS[0], seed=self.seed, deadline=until)
            if settled is not None and settled.frontier is not None:
                return Found(reduction, block, settled.frontier)
        self.harmless.add(kind)
        return None
