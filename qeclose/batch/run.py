"""Working through a batch: equal questions are asked once, and every item is answered exactly once."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, final

from qeclose.batch.records import malformed, translated
from qeclose.batch.task import Result, Task
from qeclose.support.canonical import canonical_form, digest

if TYPE_CHECKING:
    from qeclose.batch.items import Item
    from qeclose.batch.journal import Journal
    from qeclose.batch.pool import Executor
    from qeclose.support.relabelling import Relabelling

__all__ = ["Finished", "Order", "deliver", "run"]

Order = Literal["input", "completion"]
Record = dict[str, Any]


@final
@dataclass(frozen=True, slots=True)
class Finished:
    """An item with its record; ``cached`` tells that the decision was found in the cache, ``known`` that an
    earlier run had made the record."""

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
    their items: those are not decided again. ``cache`` is a folder, or "" for none.
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


@final
@dataclass(slots=True)
class _Question:
    """The items that share one decision, as far as they wait for it."""

    waiting: list[tuple[int, Item, Relabelling]] = field(default_factory=list)
    result: Result | None = None


@final
class _Work:
    def __init__(self, cache: str, known: Mapping[str, Record]) -> None:
        self.outbox: deque[Finished] = deque()
        self.cache = cache
        self.known = known
        self.questions: list[_Question] = []
        self.numbers: dict[tuple[object, ...], int] = {}

    def tasks(self, items: Iterable[Item]) -> Iterator[Task | None]:
        """A task for every question not asked before, None for every other item."""
        for index, item in enumerate(items):
            if item.identity in self.known:
                self.outbox.append(Finished(index, item, self.known[item.identity], known=True))
                yield None
            elif item.support is None:
                self.outbox.append(Finished(index, item, malformed(item, item.problem)))
                yield None
            else:
                form = canonical_form(item.support)
                key = digest(form.support), item.options
                number = self.numbers.setdefault(key, len(self.questions))
                asked = number < len(self.questions)
                if not asked:
                    self.questions.append(_Question())
                self._answer(number, index, item, form.backward)
                yield None if asked else Task(number, form.support, item.options, self.cache)

    def settle(self, number: int, result: Result) -> None:
        """Note the answer to a question; all who waited for it are finished."""
        question = self.questions[number]
        question.result = result
        waiting, question.waiting = question.waiting, []
        for index, item, backward in waiting:
            self._answer(number, index, item, backward)

    def _answer(self, number: int, index: int, item: Item, backward: Relabelling) -> None:
        question = self.questions[number]
        result = question.result
        if result is None:
            question.waiting.append((index, item, backward))
        elif "unusable" in result:
            self.outbox.append(Finished(index, item, malformed(item, f"{item.title}: {result['unusable']}")))
        else:
            record = translated(item, result, backward)
            self.outbox.append(Finished(index, item, record, cached=result["cached"]))


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
