"""``repair``: bounds from both sides under one deadline, until they meet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from typing import Any, final

from qeclose.certify import certify
from qeclose.decide.gate import require
from qeclose.errors import UsageError
from qeclose.repairs.effort import REPAIRING
from qeclose.repairs.exact import ExactSearch
from qeclose.repairs.greedy import dive, plain
from qeclose.repairs.oracle import Oracle, TimeIsUp
from qeclose.repairs.state import Entry, Mode, State, fitting
from qeclose.support.families import lu
from qeclose.support.model import Support

__all__ = ["Change", "Mode", "Repair", "repair"]

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
    already; or None if none was found. ``keeps``: it was asked of repairs that whatever entry of A can be nonzero in a
    product still can; else ``unreachable`` are the positions (from 0) where that is lost. ``at_least`` changes are needed
    (with ``keeps``, of such repairs): all masks with fewer have certificates of being ill-posed, up to R0 and R2, or
    lose an entry of A. ``undecided`` counts the masks met, fewer changes away than the repair, that resisted.
    ``others`` are more repairs with as many changes; ``all_found`` says that there are no further ones.
    ``smaller`` is a repair with fewer changes that makes entries of A unreachable, if there is one. ``impossible``: every mask
    that the mode can lead to has a certificate of being ill-posed. Only missing entries can be the reason: without any the
    full masks are well-posed, and so are the empty ones.
    """

    support: Support
    mode: Mode
    keeps: bool
    repaired: Support | None
    changes: tuple[Change, ...]
    unreachable: tuple[tuple[int, int], ...]
    certificate: Mapping[str, Any] | None = field(hash=False)
    at_least: int
    undecided: int
    decided: int
    seconds: float
    others: tuple[tuple[Change, ...], ...] = ()
    all_found: bool = False
    smaller: Repair | None = None
    impossible: bool = False

    @classmethod
    def nothing(cls, support: Support, mode: Mode, seconds: float) -> Repair:
        """Nothing came of it."""
        return cls(support, mode, False, None, (), (), None, 0, 0, 0, seconds)

    @property
    def minimal(self) -> bool:
        """Whether it is proved that no fewer changes will do (of the kind that ``keeps`` tells)."""
        return self.repaired is not None and len(self.changes) == self.at_least


def repair(
    support: Support,
    *,
    mode: Mode = "any",
    max_changes: int | None = None,
    keep_reachable: bool = True,
    count: int | None = 1,
    timeout: float = 60.0,
    seed: int = 0,
    watch: Watch | None = None,
) -> Repair:
    """Look for the fewest entries of I and J to change so that E(I,J) becomes closed.

    With ``mode`` "add" or "remove" entries are only added, or only removed; ``max_changes`` bounds their number.
    ``keep_reachable``: every entry of A that some product makes nonzero stays so; only if no such repair is found one
    that loses entries is given. ``count`` repairs with that least number are looked for, all of them if it is None. The
    search ends after ``timeout`` seconds with the best it has. Missing entries (W) stay what they are; one that a product can
    make nonzero, so that it is predicted, is kept like any other. Raises ``UsageError`` unless there are two factors.
    """
    if len(support.factors) != 2:
        raise UsageError(f"repair is for two factors, and this support has {len(support.factors)}")
    if not 0 < timeout < inf or (max_changes is not None and max_changes < 0):
        raise UsageError("the timeout must be positive and finite, the number of changes not negative")
    if count is not None and count < 1:
        raise UsageError("at least one repair is asked for")
    most = inf if max_changes is None else max_changes
    start = State.of(support)
    started = time.monotonic()
    oracle = Oracle(seed=seed, deadline=started + timeout, patience=REPAIRING.patience[0])
    new = partial(_Search, start, mode, oracle=oracle, seed=seed, started=started, watch=watch or _unseen)
    # Additions lose nothing.
    keeps = keep_reachable and mode != "add"
    freely = new(wanted=None)
    if not keeps:
        freely.run(most)
        freely.find_others(count)
        return freely.result(support)
    keeping = new(wanted=start.reachable())
    oracle.deadline = started + REPAIRING.keeping_share * timeout
    keeping.run(most)
    oracle.deadline = started + timeout
    if keeping.best is None:
        freely.run(most)
        freely.find_others(count)
        return freely.result(support)
    keeping.find_others(count)
    freely.run(len(keeping.best) - 1, thorough=False)
    smaller = freely.result(support) if freely.best is not None else None
    return replace(keeping.result(support), smaller=smaller)


def _unseen(*_: object) -> AbstractContextManager[None]:
    return nullcontext()


@final
class _Search:
    """One search; ``wanted`` as in ``ExactSearch``. Several may share an oracle, whose deadline is theirs."""

    def __init__(
        self,
        start: State,
        mode: Mode,
        *,
        wanted: tuple[int, ...] | None,
        oracle: Oracle,
        seed: int,
        started: float,
        watch: Watch,
    ) -> None:
        self.start, self.mode, self.wanted, self.seed, self.watch = start, mode, wanted, seed, watch
        self.oracle, self.started = oracle, started
        self.best: tuple[Entry, ...] | None = None
        self.others: tuple[tuple[Entry, ...], ...] = ()
        self.all_found = False
        self.fewer_than = inf
        self.at_least = 0
        self.doubtful: Mapping[Any, int] = {}

    def run(self, most: float, *, thorough: bool = True) -> None:
        """Look for repairs with at most ``most`` changes; not ``thorough``: exactly, with little patience, or not at all."""
        self.fewer_than = min(most, self._changeable) + 1
        # What is imported on the first decision must not count as time spent on the user's mask.
        certify(lu(2), deadline=inf)
        try:
            self.oracle.patience = max(
                REPAIRING.patience[0], REPAIRING.first_share * (self.oracle.deadline - time.monotonic())
            )
            self.oracle.closed(self.start)
            for number, patience in enumerate(REPAIRING.patience if thorough else REPAIRING.patience[:1]):
                self.oracle.patience = patience
                search = ExactSearch(self.start, self.mode, self.oracle, self.wanted)
                if self._deepen(search, begun=thorough and number == 0):
                    return
        except TimeIsUp:
            return

    @property
    def _changeable(self) -> int:
        return sum(fitting(self.start, self.mode, entry) for entry in self.start.entries())

    def find_others(self, count: int | None) -> None:
        """Look for more repairs with as many changes as the best."""
        if self.best is None or not self.best or count == 1:
            return
        self.oracle.patience = REPAIRING.patience[0]
        search = ExactSearch(self.start, self.mode, self.oracle, self.wanted)
        found = {frozenset(self.best): self.best}
        try:
            with self._shown(len(self.best)):
                for path in search.every(len(self.best)):
                    found.setdefault(frozenset(path), path)
                    if count is not None and len(found) >= count:
                        break
                else:
                    self.all_found = len(self.best) == self.at_least and not search.doubtful
        except TimeIsUp:
            pass
        self.others = tuple(sorted(found.values(), key=self._rank)[:count])
        # The first of them all is the one that is told in full.
        self.best, self.others = self.others[0], self.others[1:]

    def _rank(self, path: tuple[Entry, ...]) -> tuple[int, int, list[Entry]]:
        """Those that lose least come first, then those that remove least."""
        state = self._after(path)
        lost = sum(1 for _ in state.lost(self.start.reachable()))
        return lost, sum(map(self.start.has, path)), sorted(path)

    def _after(self, path: Iterable[Entry]) -> State:
        state = self.start
        for entry in path:
            state = state.toggled(entry)
        return state

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
        self.oracle.patience = REPAIRING.greedy_patience
        self.oracle.deadline = now + REPAIRING.greedy_share * (whole - now)
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
        if len(found) < self.fewer_than and self._keeps(found):
            self.best = found
            self.fewer_than = len(found)

    def _keeps(self, found: tuple[Entry, ...]) -> bool:
        return self.wanted is None or next(self._after(found).lost(self.wanted), None) is None

    def result(self, support: Support) -> Repair:
        undecided = sum(1 for cost in self.doubtful.values() if cost < self.fewer_than)
        repaired = certificate = None
        changes: tuple[Change, ...] = ()
        unreachable: tuple[tuple[int, int], ...] = ()
        if self.best is not None:
            state = self._after(self.best)
            left, right = state.support().factors
            repaired = Support.of_factors(
                (left, right), missing=support.missing, name=support.name, source=support.source,
                names=support.names,
            )  # fmt: skip
            certificate = self.oracle.certificate(state)
            require(certificate, repaired, "well-posed")
            changes = self._changes(self.best)
            unreachable = tuple(state.lost(self.start.reachable()))
        return Repair(
            support,
            self.mode,
            self.wanted is not None or self.mode == "add",
            repaired,
            changes,
            unreachable,
            certificate,
            self.at_least,
            undecided,
            self.oracle.n_decided,
            time.monotonic() - self.started,
            tuple(map(self._changes, self.others)),
            self.all_found,
            impossible=self.best is None and self.wanted is None and self.at_least > self._changeable,
        )

    def _changes(self, path: Iterable[Entry]) -> tuple[Change, ...]:
        return tuple(
            Change("IJ"[entry.side], entry.line, entry.term, not self.start.has(entry))
            for entry in sorted(path)
        )
