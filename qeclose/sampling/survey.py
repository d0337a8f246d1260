"""A survey: the samples of a plan decided and counted, as they come and in their order."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, final

from qeclose.batch.run import deliver, run
from qeclose.sampling.estimate import Count
from qeclose.sampling.plan import Plan, Sample

if TYPE_CHECKING:
    from qeclose.batch.requests.item import Item
    from qeclose.batch.run import Finished
    from qeclose.batch.store.journal import Journal
    from qeclose.batch.workers.executor import Executor

__all__ = ["Survey"]

_FIRST_LOOK = 50
"""Samples of a density before its intervals are looked at: a streak at the start must not end it."""


@final
class Survey:
    """The counts of a plan so far; ``work`` raises them.

    With ``precision`` a density ends at the first sample that brings all its intervals to that half width. Samples
    are counted in their order, whichever is decided first, so that the result does not depend on the machine.
    """

    def __init__(self, plan: Plan, *, precision: float | None = None) -> None:
        self.plan = plan
        self.counts = {density: Count(density) for density in plan.densities}
        self._precision = precision
        self._ended: set[float] = set()
        self._drawn: dict[int, Sample] = {}
        self._delivered = 0

    def work(self, executor: Executor, journal: Journal | None = None) -> Generator[None]:
        """Decide what is not in the journal yet, and yield now and then."""
        known = {} if journal is None else {**journal.waiting, **journal.finished}
        decided = run(self._items(), executor, known=known)
        with closing(decided):
            for found in deliver(self._kept(decided, journal), None, "input"):
                if found is not None:
                    self._take(found, journal)
                yield

    def _items(self) -> Iterator[Item]:
        for number, sample in enumerate(self.plan.samples(lambda density: density not in self._ended)):
            self._drawn[number] = sample
            yield sample.item

    def _kept(
        self, decided: Iterator[Finished | None], journal: Journal | None
    ) -> Generator[Finished | None]:
        """Put the places of the samples into their records; keep those that must wait for others."""
        for found in decided:
            if found is None or found.known:
                yield found
                continue
            sample = self._drawn[found.index]
            placed = {**found.record, "density": sample.density, "index": sample.index}
            if journal is not None and found.index != self._delivered:
                journal.set_aside(placed)
            yield replace(found, record=placed)

    def _take(self, found: Finished, journal: Journal | None) -> None:
        self._delivered += 1
        density = self._drawn.pop(found.index).density
        # Drawn ahead, before it was known that no more are needed.
        if density in self._ended:
            return
        if journal is not None and found.item.identity not in journal.finished:
            journal.write(found.record)
        count = self.counts[density]
        count.add(found.record)
        if self._precision is not None and count.total >= _FIRST_LOOK and count.half_width <= self._precision:
            self._ended.add(density)
