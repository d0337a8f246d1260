"""Working through a batch: equal questions are asked once, and every item is answered exactly once."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

from qeclose.batch.output.record import malformed, record, translated, undecided
from qeclose.batch.own_work import ran_out, within
from qeclose.batch.store.cache import Cache
from qeclose.batch.workers.task import Result, Task, recalled
from qeclose.supervise.clock import OutOfTime
from qeclose.support.bounded import BoundedSupport
from qeclose.support.canonical import canonical_form, digest
from qeclose.support.relabelling import Relabelling

if TYPE_CHECKING:
    from qeclose.batch.requests.item import Item
    from qeclose.batch.store.journal import Journal
    from qeclose.batch.workers.executor import Executor
    from qeclose.decide.options import Options
    from qeclose.support.model import Support

__all__ = ["Finished", "Order", "deliver", "run"]

Order = Literal["input", "completion"]
Record = dict[str, Any]
_RECENT = 20_000


@final
@dataclass(frozen=True, slots=True)
class Finished:
    """An item with its record.

    ``cached`` tells that the decision was found in the cache, ``known`` that an earlier run had made the record.
    """

    index: int
    item: Item
    record: Record
    cached: bool = False
    known: bool = False


def run(
    items: Iterable[Item], executor: Executor, *, cache: str = "", known: Mapping[str, Record] | None = None
) -> Generator[Finished | None]:
    """Decide all items, and yield each when it is finished; None now and then while nothing is.

    Supports that are equal up to R0 and have the same options are decided once, in canonical form, so that
    what is found does not depend on which of them came first. ``known`` holds records by the identity of
    their items: those are not decided again. ``cache`` is a folder, or "" for none; what can be had from it at once
    takes no executor.
    """
    work = _Work(cache, known or {})
    with closing(executor.run(work.tasks(items))) as results:
        for found in results:
            if found is not None:
                work.settle(*found)
            while work.outbox:
                yield work.outbox.popleft()
            yield None
    while work.outbox:
        yield work.outbox.popleft()


def _canonical(support: Support | BoundedSupport) -> tuple[Support | BoundedSupport, Relabelling]:
    """The question to ask in place of this one, and the way back; one with bounds stands for itself."""
    if isinstance(support, BoundedSupport):
        m, n = support.shape
        return support, Relabelling.identity((m, *support.inner, n))
    form = canonical_form(support)
    return form.support, form.backward


def _cache(folder: str) -> Cache:
    return Cache(Path(folder))


@final
@dataclass(slots=True)
class _Question:
    """A decision that is wanted, and the items that wait for it."""

    number: int
    waiting: list[tuple[int, Item, _Given]] = field(default_factory=list)
    result: Result | None = None


@final
@dataclass(slots=True)
class _Given:
    """A support with its options, exactly as given: which question it asks, and what is said of it in the end."""

    question: _Question
    backward: Relabelling
    said: Record | None = None


@final
@dataclass(slots=True)
class _Alike:
    """The questions asked with the same options."""

    by_form: dict[str, _Question] = field(default_factory=dict)
    # Small masks come again and again; what is forgotten here is only worked out once more.
    recent: dict[Support | BoundedSupport, _Given] = field(default_factory=dict)


@final
class _Work:
    def __init__(self, cache: str, known: Mapping[str, Record]) -> None:
        self.outbox: deque[Finished] = deque()
        self.folder = cache
        self.cache = _cache(cache) if cache else None
        self.known = known
        self.questions: list[_Question] = []
        self.asked: dict[Options, _Alike] = {}

    def tasks(self, items: Iterable[Item]) -> Iterator[Task | None]:
        """A task for every question not asked before, None for every other item."""
        for index, item in enumerate(items):
            if item.identity in self.known:
                self.outbox.append(Finished(index, item, self.known[item.identity], known=True))
                yield None
            elif item.support is None:
                said = undecided(item.problem, limit=True) if item.late else malformed(item.problem)
                self.outbox.append(Finished(index, item, record(item, said)))
                yield None
            else:
                yield self._ask(index, item, item.support)

    def settle(self, number: int, result: Result) -> None:
        """Note the answer to a question; all who waited for it are finished."""
        question = self.questions[number]
        question.result = result
        waiting, question.waiting = question.waiting, []
        for index, item, mask in waiting:
            self._answer(index, item, mask)

    def _ask(self, index: int, item: Item, support: Support | BoundedSupport) -> Task | None:
        alike = self.asked.setdefault(item.options, _Alike())
        given, task = alike.recent.get(support), None
        if given is None:
            try:
                with within(item.options.timeout, "comparing the mask with the others"):
                    given, task = self._new(support, item.options, alike)
            except OutOfTime as error:
                said = undecided(ran_out(error), limit=True)
                self.outbox.append(Finished(index, item, record(item, said)))
                return None
            if len(alike.recent) == _RECENT:
                alike.recent.clear()
            alike.recent[support] = given
        self._answer(index, item, given)
        return task

    def _new(
        self, support: Support | BoundedSupport, options: Options, alike: _Alike
    ) -> tuple[_Given, Task | None]:
        """A support not given before, and the task it makes if its question is new and the cache cannot answer it."""
        asked_for, backward = _canonical(support)
        key = digest(asked_for)
        if key in alike.by_form:
            return _Given(alike.by_form[key], backward), None
        found = self._peek(asked_for, options)
        question = alike.by_form[key] = _Question(len(self.questions))
        self.questions.append(question)
        if found is not None:
            question.result = recalled(found)
            return _Given(question, backward), None
        return _Given(question, backward), Task(question.number, asked_for, options, self.folder)

    def _peek(self, support: Support | BoundedSupport, options: Options) -> dict[str, Any] | None:
        """What the cache tells at once; it keeps nothing of questions with bounds."""
        if self.cache is None or isinstance(support, BoundedSupport):
            return None
        return self.cache.peek(support, options)

    def _answer(self, index: int, item: Item, given: _Given) -> None:
        result = given.question.result
        if result is None or item.support is None:
            given.question.waiting.append((index, item, given))
            return
        if given.said is None:
            given.said = self._said(result, item.support, given.backward, item.options.timeout)
        self.outbox.append(Finished(index, item, record(item, given.said), cached=result["cached"]))

    def _said(
        self, result: Result, support: Support | BoundedSupport, backward: Relabelling, seconds: float
    ) -> Record:
        if "unusable" in result:
            return malformed(result["unusable"])
        try:
            with within(seconds, "moving the result to the lines of this mask and checking it"):
                return translated(result, support, backward)
        except OutOfTime as error:
            return undecided(ran_out(error), limit=True)


def deliver(
    finished: Iterator[Finished | None], journal: Journal | None, order: Order
) -> Iterator[Finished | None]:
    """Pass on the items in the order wanted, each once it is in the journal.

    Items that input order makes wait are kept in the journal meanwhile, so that a kill loses none of them.
    """
    held: dict[int, Finished] = {}
    due = 0
    for found in finished:
        if found is None:
            yield None
            continue
        if order == "completion":
            _write(found, journal)
            yield found
            continue
        held[found.index] = found
        if found.index != due and journal is not None and not found.known:
            journal.set_aside(found.record)
        while due in held:
            ready = held.pop(due)
            due += 1
            _write(ready, journal)
            yield ready


def _write(found: Finished, journal: Journal | None) -> None:
    if journal is not None and found.item.identity not in journal.finished:
        journal.write(found.record)
