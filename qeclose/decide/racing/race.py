"""``--race``: engines and methods side by side; the first answer with a certificate or from two engines ends it.

Each contender is one engine with one method, or a method that needs no engine. Each lane, one a core, is a process of its own
(``supervise.Helper``) in which one contender works for a slice of time; who had no answer queues again for a longer one.

What counts as an answer:

- one with a certificate, which was checked: at once;
- one that another engine gives too (*agreed*);
- one engine's word alone, if nobody else says anything for as long as the race had lasted then (and 2 s at least), or
  nobody is left. The report says so.

Two answers that contradict each other make the check a failure, unless one has a certificate.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, final

from qeclose.decide.effort import RACE
from qeclose.supervise.helper import Ended, Helper

if TYPE_CHECKING:
    from qeclose.decide.verdict import Verdict

__all__ = ["Contender", "Outcome", "cores", "race"]


@final
@dataclass(frozen=True, slots=True)
class Contender:
    """Who takes part: a name for reports, and the check that it makes, given ``timeout``; both fit for pickle."""

    name: str
    check: Callable[..., Verdict]


@final
@dataclass(frozen=True, slots=True)
class Outcome:
    """What the race came to: the verdicts that count, in the order of the contenders; what the others said.

    ``kind``: "certified", "agreed", "alone", "contradiction" or "nothing".
    """

    kind: str
    verdicts: tuple[Verdict, ...]
    others: tuple[str, ...] = ()


def cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1


def race(
    contenders: Sequence[Contender], seconds: float, memory_mb: int, lanes: int | None = None
) -> Outcome:
    """Let the contenders race for so many seconds. No process of theirs is left when this returns or raises."""
    track = _Track(contenders, seconds)
    with ExitStack() as stack:
        count = min(lanes or cores(), len(contenders))
        helpers = [stack.enter_context(Helper(memory_mb)) for _ in range(count)]
        for helper in helpers:
            helper.start()
        threads = [Thread(target=_lane, args=(helper, track), daemon=True) for helper in helpers]
        try:
            for thread in threads:
                thread.start()
            return _awaited(track)
        finally:
            track.over = True
            until = time.monotonic() + 2 * RACE.least_patience
            # Again, in case a lane took another contender in the meantime.
            while any(thread.is_alive() for thread in threads) and time.monotonic() < until:
                for helper in helpers:
                    helper.dismiss()
                for thread in threads:
                    thread.join(0.2)


@final
class _Track:
    """The queue of contenders, and what they say."""

    def __init__(self, contenders: Sequence[Contender], seconds: float) -> None:
        self.contenders = tuple(contenders)
        self.start = time.monotonic()
        self.seconds = seconds
        self.over = False
        self.said: SimpleQueue[tuple[int, Verdict | Ended | Exception | None]] = SimpleQueue()
        self._waiting = deque((place, RACE.first_slice) for place in range(len(contenders)))

    def elapsed(self) -> float:
        return time.monotonic() - self.start

    def left(self) -> float:
        return self.seconds - self.elapsed()

    def take(self) -> tuple[int, float] | None:
        """The next contender and its slice."""
        try:
            return None if self.over or self.left() < RACE.shortest else self._waiting.popleft()
        except IndexError:
            return None

    def again(self, place: int, spent: float) -> None:
        """More time for one that used up its slice."""
        self._waiting.append((place, spent * RACE.slice_growth))


def _lane(helper: Helper, track: _Track) -> None:
    """One contender after the other, until none is left; every one that is done for is told of once."""
    while (taken := track.take()) is not None:
        place, slice_ = taken
        limit = min(slice_, track.left())
        found: Verdict | Ended | Exception
        try:
            found = helper.call(partial(track.contenders[place].check, timeout=limit), seconds=limit)
        except Exception as error:
            found = error
        if track.over:
            break
        cut_short = isinstance(found, Ended) and found.kind == "time"
        undecided = not isinstance(found, (Ended, Exception)) and found.verdict == "undecided"
        if (cut_short or (undecided and _ran_out(found))) and slice_ < track.left():
            track.again(place, slice_)
        else:
            track.said.put((place, found))
    track.said.put((-1, None))


def _ran_out(found: object) -> bool:
    return "time" in str(getattr(found, "why", ""))


def _awaited(track: _Track) -> Outcome:
    """Listen to the lanes until the race is decided."""
    answers: dict[int, Verdict] = {}
    others: dict[int, str] = {}
    open_ = len(track.contenders)
    patience = track.seconds
    while open_ > 0 and (wait := min(track.left() + 1.0, patience - track.elapsed())) > 0:
        try:
            place, found = track.said.get(timeout=min(wait, 0.5))
        except Empty:
            continue
        if found is None:
            continue
        open_ -= 1
        if isinstance(found, (Ended, Exception)) or found.verdict == "undecided":
            others[place] = f"{track.contenders[place].name}: {_problem(found)}"
            continue
        answers[place] = found
        decided = _decided(answers)
        if decided is not None:
            return replace(decided, others=tuple(others[place] for place in sorted(others)))
        patience = min(patience, track.elapsed() + max(track.elapsed(), RACE.least_patience))
    verdicts = tuple(answers[place] for place in sorted(answers))
    return Outcome("alone" if verdicts else "nothing", verdicts, tuple(others[p] for p in sorted(others)))


def _problem(found: Verdict | Ended | Exception) -> str:
    if isinstance(found, Ended):
        return found.reason
    return str(found) if isinstance(found, Exception) else str(found.why)


def _decided(answers: dict[int, Verdict]) -> Outcome | None:
    ordered = [answers[place] for place in sorted(answers)]
    certified = [verdict for verdict in ordered if verdict.proved]
    if certified:
        return Outcome("certified", (certified[0],))
    if len({verdict.verdict for verdict in ordered}) > 1:
        return Outcome("contradiction", tuple(ordered))
    voices = {name for verdict in ordered for name in _voices(verdict)}
    return Outcome("agreed", tuple(ordered)) if len(voices) > 1 else None


def _voices(verdict: Verdict) -> Iterator[str]:
    """Who stands for an answer: one of its engines, for all of them were needed; or our own algebra."""
    yield verdict.engines[-1].engine if verdict.engines else "linear algebra"
