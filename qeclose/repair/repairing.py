"""``repair``: bounds from both sides under one deadline, until they meet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from math import inf
from typing import Any, final

from qeclose.certify import certify
from qeclose.checker import verify
from qeclose.errors import UsageError
from qeclose.repair.exact import ExactSearch
from qeclose.repair.greedy import dive, plain
from qeclose.repair.oracle import Oracle, TimeIsUp
from qeclose.repair.state import Entry, Mode, State
from qeclose.support.families import lu
from qeclose.support.model import Support

__all__ = ["Change", "Mode", "Repair", "repair"]

_PATIENCE = (0.3, 2.0, 16.0, inf)
"""Seconds for a single mask, pass by pass; the next pass comes only if masks left undecided were in the way."""
_FIRST_SHARE = 0.25
"""The share of the time that the mask itself may take: without an obstruction in it there is nothing to go by."""
_GREEDY_PATIENCE = 0.15
_GREEDY_SHARE = 0.4
"""The share of the time in which repairs are looked for that need not be the smallest."""
_DIVES: Mapping[Mode, tuple[Mode, ...]] = {
    "any": ("any", "remove", "add", "any"),
    "add": ("add", "add"),
    "remove": ("remove", "remove"),
}

Watch = Callable[[str, str, float], AbstractContextManager[None]]


@final
@dataclass(frozen=True, slots=True)
class Change:
    """One entry that changes: of row ``row`` and column (term) ``term`` of the ``factor`` "I" or "J", from 0 on."""

    factor: str
    row: int
    term: int
    added: bool


@final
@dataclass(frozen=True, slots=True)
class Repair:
    """What came of a search for a repair of ``support``.

    ``repaired``, a well-posed mask, its ``certificate`` and the ``changes`` that lead to it, none if it was well-posed
    already; or None if none was found. ``at_least`` changes are needed: all masks with fewer have certificates of being
    ill-posed, up to R0 and R2. ``undecided`` counts the masks met, fewer changes away than the repair, that resisted.
    """

    support: Support
    mode: Mode
    repaired: Support | None
    changes: tuple[Change, ...]
    certificate: Mapping[str, Any] | None
    at_least: int
    undecided: int
    decided: int
    seconds: float

    @property
    def minimal(self) -> bool:
        """Whether it is proved that no fewer changes will do."""
        return self.repaired is not None and len(self.changes) == self.at_least


def repair(
    support: Support,
    *,
    mode: Mode = "any",
    max_changes: int | None = None,
    timeout: float = 60.0,
    seed: int = 0,
    watch: Watch | None = None,
) -> Repair:
    """Look for the fewest entries of I and J to change so that E(I,J) becomes closed.

    With ``mode`` "add" or "remove" entries are only added, or only removed; ``max_changes`` bounds their number. The
    search ends after ``timeout`` seconds with the best it has. Raises ``UsageError`` unless there are two factors.
    """
    if len(support.factors) != 2:
        raise UsageError(f"repair is for two factors, and this support has {len(support.factors)}")
    if not 0 < timeout < inf or (max_changes is not None and max_changes < 0):
        raise UsageError("the timeout must be positive and finite, the number of changes not negative")
    most = inf if max_changes is None else max_changes
    search = _Search(State.of(support), mode, most, seed, timeout, watch or (lambda *_: nullcontext()))
    search.run()
    return search.result(support)


@final
class _Search:
    def __init__(
        self, start: State, mode: Mode, most: float, seed: int, timeout: float, watch: Watch
    ) -> None:
        self.started = time.monotonic()
        self.start, self.mode, self.seed, self.watch = start, mode, seed, watch
        self.oracle = Oracle(seed=seed, deadline=self.started + timeout, patience=_PATIENCE[0])
        self.best: tuple[Entry, ...] | None = None
        self.fewer_than = most + 1
        self.at_least = 0
        self.doubtful: Mapping[Any, int] = {}

    def run(self) -> None:
        # What is imported on the first decision must not count as time spent on the user's mask.
        certify(lu(2), deadline=inf)
        try:
            self.oracle.patience = max(_PATIENCE[0], _FIRST_SHARE * (self.oracle.deadline - self.started))
            self.oracle.closed(self.start)
            for number, patience in enumerate(_PATIENCE):
                self.oracle.patience = patience
                if self._deepen(ExactSearch(self.start, self.mode, self.oracle), begun=number == 0):
                    return
        except TimeIsUp:
            return

    def _deepen(self, search: ExactSearch, *, begun: bool) -> bool:
        """Raise the limit until something is found or all that is smaller is excluded; whether no doubt is left."""
        self.doubtful = search.doubtful
        limit = 0
        while limit < self.fewer_than:
            with self._shown(limit):
                found = search.run(limit)
            if found is not None:
                self._keep(found)
            else:
                limit += 1
            self.at_least = max(self.at_least, int(min(limit, search.doubt)))
            if begun and limit == 1:
                begun = False
                self._be_greedy()
        return search.doubt >= self.fewer_than

    def _be_greedy(self) -> None:
        """Find repairs quickly, so that there is one whatever happens, and a bound for the exact search."""
        whole, patience = self.oracle.deadline, self.oracle.patience
        now = time.monotonic()
        self.oracle.patience = _GREEDY_PATIENCE
        self.oracle.deadline = now + _GREEDY_SHARE * (whole - now)
        try:
            for found in plain(self.start, "add" if self.mode == "any" else self.mode, self.oracle):
                self._keep(found)
            for number, mode in enumerate(_DIVES[self.mode]):
                for found in dive(
                    self.start, mode, self.oracle, fewer_than=self.fewer_than, seed=self.seed + number
                ):
                    self._keep(found)
        except TimeIsUp:
            pass
        self.oracle.deadline, self.oracle.patience = whole, patience

    def _shown(self, limit: int) -> AbstractContextManager[None]:
        action = f"{limit} change{'' if limit == 1 else 's'}"
        return self.watch("repair", action, max(0.0, self.oracle.deadline - time.monotonic()))

    def _keep(self, found: tuple[Entry, ...]) -> None:
        if len(found) < self.fewer_than:
            self.best = found
            self.fewer_than = len(found)

    def result(self, support: Support) -> Repair:
        undecided = sum(1 for cost in self.doubtful.values() if cost < self.fewer_than)
        repaired = certificate = None
        changes: tuple[Change, ...] = ()
        if self.best is not None:
            state = self.start
            for entry in self.best:
                state = state.toggled(entry)
            repaired = state.support().labelled(name=support.name, source=support.source)
            certificate = self.oracle.certificate(state)
            # The search and the moved certificate are trusted no further than the checker follows them.
            verify(certificate, repaired)
            changes = tuple(
                Change("IJ"[entry.side], entry.line, entry.term, not self.start.has(entry))
                for entry in sorted(self.best)
            )
        return Repair(
            support,
            self.mode,
            repaired,
            changes,
            certificate,
            self.at_least,
            undecided,
            self.oracle.n_decided,
            time.monotonic() - self.started,
        )
