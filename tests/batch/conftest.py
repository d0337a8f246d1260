"""Executors and items for the tests of the batch."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from pathlib import Path

import pytest

from qeclose.batch.workers import local
from qeclose.batch.workers.local import LocalPool
from qeclose.batch.workers.task import Result, Task

HERE = str(Path(__file__).parent)


class Inline:
    """An executor that works in this process; ``asked`` lists the tasks it was given."""

    def __init__(self, solve: Callable[[Task], Result], backlog: int = 1) -> None:
        self.solve = solve
        self.backlog = backlog
        self.asked: list[Task] = []

    def run(self, tasks: Iterable[Task | None]) -> Generator[tuple[int, Result] | None]:
        """Results come last in, first out, from a backlog: never in the order of the questions."""
        held: list[Task] = []
        for task in tasks:
            if task is None:
                yield None
                continue
            self.asked.append(task)
            held.append(task)
            if len(held) == self.backlog:
                while held:
                    last = held.pop()
                    yield last.number, self.solve(last)
        while held:
            last = held.pop()
            yield last.number, self.solve(last)


@pytest.fixture
def inline() -> type[Inline]:
    return Inline


@pytest.fixture
def fake_workers(monkeypatch: pytest.MonkeyPatch) -> type[LocalPool]:
    """A local pool whose workers do what the method of a task says (see ``fake_worker``)."""
    program = f"import sys; sys.path[:] = [{HERE!r}, *{{path!r}}]; from fake_worker import main; main()"
    monkeypatch.setattr(local, "_PROGRAM", program)
    return LocalPool
