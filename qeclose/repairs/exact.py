"""Exact search by iterative deepening: no repair with b changes, then none with b + 1, and so on.

*Completeness.* Let a mask contain an obstruction, and let T be a well-posed mask b changes away. By R2 T differs
from the mask in one of ``Obstruction.entries``, and changing that entry leads to a mask b − 1 changes away from
T. So branching on these entries alone reaches T by b steps, each towards T. Obstructions whose entries are
disjoint need a change each, which bounds the number of changes from below.

*Keeping positions reachable.* If T must reach positions of A that a mask on the way does not reach, then T differs from that
mask in one of the entries that ``restoring`` names, and branching on these alone misses nothing either. What fails
then depends on the positions, which R0 would move: such masks are told apart by their terms, up to order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import final

from qeclose.repairs.oracle import Key, Oracle
from qeclose.repairs.state import Entry, Mode, Obstruction, State, fitting, restoring

__all__ = ["ExactSearch"]


@final
@dataclass(slots=True)
class ExactSearch:
    """A search for repairs of ``start``, to be asked for limits 0, 1, 2, … in turn.

    ``wanted`` are positions, as ``State.reachable`` gives them, that a repair must keep reachable; None for no such wish.
    ``doubtful`` holds the masks left undecided, up to R0, with the number of changes that leads to them.
    """

    start: State
    mode: Mode
    oracle: Oracle
    wanted: tuple[int, ...] | None = None
    doubtful: dict[Key, int] = field(default_factory=dict)
    _failed: dict[object, int] = field(default_factory=dict)

    @property
    def doubt(self) -> float:
        """The least number of changes for which a mask was left undecided; infinite if none was."""
        return min(self.doubtful.values(), default=inf)

    def run(self, limit: int) -> tuple[Entry, ...] | None:
        """A repair with at most ``limit`` changes, given that there is none with fewer; None if none is found.

        Raises ``TimeIsUp``.
        """
        return self._below(self.start, limit, ())

    def every(self, limit: int) -> Iterator[tuple[Entry, ...]]:
        """The repairs with exactly ``limit`` changes, each once, given that there is none with fewer.

        A repair behind a mask that stays undecided is missed. Raises ``TimeIsUp``.
        """
        seen: set[frozenset[Entry]] = set()
        pending: list[tuple[State, tuple[Entry, ...]]] = [(self.start, ())]
        while pending:
            state, path = pending.pop()
            entries = self._ways(state, path)
            if entries is None and len(path) == limit:
                yield path
            if not entries or self._bound(state, limit - len(path)) > limit - len(path):
                continue
            for entry in entries:
                further = frozenset((*path, entry))
                if entry not in path and len(path) < limit and further not in seen:
                    seen.add(further)
                    pending.append((state.toggled(entry), (*path, entry)))

    def _below(self, state: State, budget: int, path: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        if budget == 0 and self._lost(state) is not None:
            return None
        entries = self._ways(state, path)
        if entries is None:
            return path
        if budget == 0:
            return None
        key = self._key(state)
        if self._failed.get(key, -1) >= budget:
            return None
        found = None
        if self._bound(state, budget) <= budget:
            found = self._branch(state, entries, budget, path)
        if found is None:
            # A mask equal up to R0 fails as well: entries on the path are left alone only because going back
            # on one leads to masks that an earlier limit has dealt with.
            self._failed[key] = budget
        return found

    def _ways(self, state: State, path: tuple[Entry, ...]) -> list[Entry] | None:
        """None for a repair; else entries of which each repair further on changes one, none if nothing is known."""
        lost = self._lost(state)
        if lost is not None:
            return list(restoring(state, self.mode, lost))
        obstruction = self._narrowest(state)
        if obstruction is None:
            closed = self.oracle.closed(state)
            if closed:
                return None
            if closed is False:
                obstruction = self.oracle.obstruction(state, *state.lines)
        if obstruction is not None:
            return list(obstruction.entries(state, self.mode))
        self._note(state, len(path))
        # Any change may help. Further on, a mask that resists is left alone: it may be well-posed itself, so
        # that nothing behind it could be proved the smallest.
        return [] if path else list(state.entries())

    def _lost(self, state: State) -> tuple[int, int] | None:
        """A position that should be reachable and is not."""
        return None if self.wanted is None else next(state.lost(self.wanted), None)

    def _key(self, state: State) -> object:
        return self.oracle.key(state) if self.wanted is None else tuple(sorted(state.terms))

    def _branch(
        self, state: State, entries: Iterable[Entry], budget: int, path: tuple[Entry, ...]
    ) -> tuple[Entry, ...] | None:
        for entry in entries:
            if entry in path or not fitting(state, self.mode, entry):
                continue
            found = self._below(state.toggled(entry), budget - 1, (*path, entry))
            if found is not None:
                return found
        return None

    def _narrowest(self, state: State) -> Obstruction | None:
        """The known obstruction with the fewest entries to branch on."""
        return min(
            self.oracle.obstructions(state),
            key=lambda found: sum(1 for _ in found.entries(state, self.mode)),
            default=None,
        )

    def _bound(self, state: State, enough: int) -> int:
        """A lower bound on the changes needed; not refined any more once it is above ``enough``."""
        taken: set[Entry] = set()
        rows, columns = state.lines
        count = 0
        by_size = _smallest_first(state, self.mode, self.oracle.obstructions(state))
        for entries, found in by_size:
            if taken.isdisjoint(entries):
                taken.update(entries)
                rows &= ~found.rows
                columns &= ~found.columns
                count += 1
                if count > enough:
                    return count
        # Lines that no obstruction counted so far touches: whatever is found there is disjoint from those.
        while rows and columns:
            found_there = self.oracle.obstruction(state, rows, columns)
            if found_there is None:
                break
            rows &= ~found_there.rows
            columns &= ~found_there.columns
            count += 1
            if count > enough:
                break
        return count

    def _note(self, state: State, cost: int) -> None:
        key = self.oracle.key(state)
        self.doubtful[key] = min(cost, self.doubtful.get(key, cost))


def _smallest_first(
    state: State, mode: Mode, found: Iterable[Obstruction]
) -> list[tuple[set[Entry], Obstruction]]:
    listed = [(set(obstruction.entries(state, mode)), obstruction) for obstruction in found]
    return sorted(listed, key=lambda pair: len(pair[0]))
