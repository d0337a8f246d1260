"""Working through a batch: equal questions are asked once, and every item is answered exactly once."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

from qeclose.batch.cache import Cache
from qeclose.batch.records import malformed, record, translated
from qeclose.batch.task import Result, Task, recalled
from qeclose.support.bounded import BoundedSupport
from qeclose.support.canonical import canonical_form, digest
from qeclose.support.relabelling import Relabelling

if TYPE_CHECKING:
    from qeclose.batch.items import Item
    from qeclose.batch.journal import Journal
    from qeclose.batch.options import Options
    from qeclose.batch.pool import Executor
    from qeclose.support.model import Support

__all__ = ["Finished", "Order", "deliver", "run"]

Order = Literal["input", "completion"]
Record = dict[str, Any]
_RECENT = 20_000


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
    waiting: list[tuple[int, Item, _Mask]] = field(default_factory=list)
    result: Result | None = None


@final
@dataclass(slots=True)
class _Mask:
    """A support with its options, exactly as given: which question it asks, and what is said of it in the end."""

    question: _Question
    backward: Relabelling
    said: Record | None = None


@final
@dataclass(slots=True)
class _Asked:
    """The questions asked with the same options."""

    by_form: dict[str, _Question] = field(default_factory=dict)
    # Small masks come again and again; what is forgotten here is only worked out once more.
    recent: dict[Support | BoundedSupport, _Mask] = field(default_factory=dict)


@final
class _Work:
    def __init__(self, cache: str, known: Mapping[str, Record]) -> None:
        self.outbox: deque[Finished] = deque()
        self.folder = cache
        self.cache = _cache(cache) if cache else None
        self.known = known
        self.questions: list[_Question] = []
        self.asked: dict[Options, _Asked] = {}

    def tasks(self, items: Iterable[Item]) -> Iterator[Task | None]:
        """A task for every question not asked before, None for every other item."""
        for index, item in enumerate(items):
            if item.identity in self.known:
                self.outbox.append(Finished(index, item, self.known[item.identity], known=True))
                yield None
            elif item.support is None:
                self.outbox.append(Finished(index, item, record(item, malformed(item.problem))))
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
        task = None
        asked = self.asked.get(item.options)
        if asked is None:
            asked = self.asked[item.options] = _Asked()
        mask = asked.recent.get(support)
        if mask is None:
            asked_for, backward = _canonical(support)
            key = digest(asked_for)
            if key not in asked.by_form:
                question = asked.by_form[key] = _Question(len(self.questions))
                self.questions.append(question)
                found = self._glance(asked_for, item.options)
                if found is None:
                    task = Task(question.number, asked_for, item.options, self.folder)
                else:
                    question.result = recalled(found)
            mask = _Mask(asked.by_form[key], backward)
            if len(asked.recent) == _RECENT:
                asked.recent.clear()
            asked.recent[support] = mask
        self._answer(index, item, mask)
        return task

    def _glance(self, support: Support | BoundedSupport, options: Options) -> dict[str, Any] | None:
        """What the cache tells at once; it keeps nothing of questions with bounds."""
        if self.cache is None or isinstance(support, BoundedSupport):
            return None
        return self.cache.glance(support, options)

    def _answer(self, index: int, item: Item, mask: _Mask) -> None:
        result = mask.question.result
        if result is None or item.support is None:
            mask.question.waiting.append((index, item, mask))
            return
        if mask.said is None:
            if "unusable" in result:
                mask.said = malformed(result["unusable"])
            else:
                mask.said = translated(result, item.support, mask.backward)
        self.outbox.append(Finished(index, item, record(item, mask.said), cached=result["cached"]))


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
