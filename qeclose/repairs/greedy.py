"""Repairs that need not be the smallest: found without looking back, then thinned out."""

from __future__ import annotations

import random
from collections.abc import Iterator

from qeclose.repairs.oracle import Oracle
from qeclose.repairs.state import Entry, Mode, Obstruction, State, fitting

__all__ = ["dive", "plain"]


def plain(start: State, mode: Mode, oracle: Oracle) -> Iterator[tuple[Entry, ...]]:
    """The repair that always is one, to the full masks or the empty ones, and what is left of it when thinned out.

    Each repair is shorter than the one before. Raises ``TimeIsUp``.
    """
    path = [entry for entry in start.entries() if start.has(entry) == (mode == "remove")]
    state = start
    for entry in path:
        state = state.toggled(entry)
    if oracle.closed(state):
        yield tuple(path)
        yield from _thinned(state, path, oracle)


def dive(
    start: State, mode: Mode, oracle: Oracle, *, fewer_than: float, seed: int
) -> Iterator[tuple[Entry, ...]]:
    """Undo one obstruction after the other; each repair found is shorter than the one before, maybe none is.

    The last one has no change that can be left out. Raises ``TimeIsUp``.
    """
    rng = random.Random(seed)
    state, path = start, list[Entry]()
    while not oracle.closed(state):
        # A repair that is a little too long may become short enough when it is thinned out.
        if len(path) >= 2 * fewer_than:
            return
        obstruction = next(oracle.obstructions(state), None) or oracle.obstruction(state, *state.lines)
        entry = _promising(state, mode, oracle, obstruction, path, rng)
        if entry is None:
            return
        path.append(entry)
        state = state.toggled(entry)
    yield tuple(path)
    yield from _thinned(state, path, oracle)


def _promising(
    state: State,
    mode: Mode,
    oracle: Oracle,
    obstruction: Obstruction | None,
    path: list[Entry],
    rng: random.Random,
) -> Entry | None:
    """The entry whose change undoes the obstruction and most of the others that are known.

    Changes that lead to an undecided mask, where no obstruction says how to go on, come last.
    """
    if obstruction is None:
        entries = [e for e in state.entries() if e not in path and fitting(state, mode, e)]
        return rng.choice(entries) if entries else None
    ranked = sorted(
        (*_damage(state.toggled(entry), oracle, obstruction), rng.random(), entry)
        for entry in obstruction.entries(state, mode)
        if entry not in path
    )
    decided = (entry for *_, entry in ranked if oracle.closed(state.toggled(entry)) is not None)
    return next(decided, ranked[0][-1] if ranked else None)


def _damage(state: State, oracle: Oracle, obstruction: Obstruction) -> tuple[bool, int]:
    """What is still wrong after a change: whether the sub-mask is, and how many obstructions are left."""
    undone = oracle.closed_on(state, obstruction.rows, obstruction.columns)
    return not undone, sum(1 for _ in oracle.obstructions(state))


def _thinned(state: State, path: list[Entry], oracle: Oracle) -> Iterator[tuple[Entry, ...]]:
    """Take back every change that is not needed."""
    kept = list(path)
    for entry in path:
        without = state.toggled(entry)
        if oracle.closed(without):
            state = without
            kept.remove(entry)
            yield tuple(kept)
