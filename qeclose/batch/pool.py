"""A pool of local worker processes that outlives the sudden death of any of them."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from typing import Protocol, final

from qeclose.batch.task import GRACE_SECONDS, Result, Task, failure

__all__ = ["Executor", "LocalPool"]

_LOOKAHEAD = 64
_PIECE = 2**20
_IDLE_SECONDS = 1.0
_EARLY = 4
# Where this process found its modules, and not in the folder it happens to be in.
_PROGRAM = "import sys; sys.path[:] = {path!r}; from qeclose.batch.worker import main; main()"


class Executor(Protocol):
    """Something that works through tasks, between entering and leaving its context."""

    def __enter__(self) -> Executor: ...

    def __exit__(self, *_: object) -> None: ...

    def run(self, tasks: Iterable[Task | None]) -> Generator[tuple[int, Result] | None]:
        """Numbers and results of the tasks, each once, as they come; None now and then while nothing comes.

        ``tasks`` is drawn from only as far as work can be given out; a None in it is passed over. Closing
        the iterator stops all work.
        """
        ...


@final
class LocalPool:
    """Worker processes on this machine.

    A task whose worker died is given to another worker once; the second time it is reported as failed. A
    worker that overstays its task's timeout by ``GRACE_SECONDS`` is killed, and the task is undecided.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._started: list[_Worker] = []

    def __enter__(self) -> LocalPool:
        # Workers get ready while the items are still being read.
        self._started = [_Worker() for _ in range(min(self.jobs, _EARLY))]
        return self

    def __exit__(self, *_: object) -> None:
        while self._started:
            self._started.pop().stop()

    def run(self, tasks: Iterable[Task | None]) -> Generator[tuple[int, Result] | None]:
        crew = _Crew(self.jobs, iter(tasks), self._started)
        try:
            yield from crew.work()
        finally:
            crew.dismiss()


@final
class _Worker:
    """One worker process, and the task it has at the moment."""

    def __init__(self) -> None:
        # A session of its own: Ctrl-C on the terminal is for the batch, which then ends its workers in order.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self.task: Task | None = None
        self.overdue = float("inf")
        self._pending = bytearray()

    def give(self, task: Task) -> None:
        """Hand over a task; that the worker is dead already shows when its answers end."""
        self.task = task
        self.overdue = time.monotonic() + task.options.timeout + GRACE_SECONDS
        try:
            self.stdin.write(json.dumps(task.to_json()).encode() + b"\n")
            self.stdin.flush()
        except BrokenPipeError:
            return

    def answer(self) -> tuple[bool, Result | None]:
        """Read what is there: whether the worker is still alive, and the result if it is complete."""
        piece = os.read(self.stdout.fileno(), _PIECE)
        self._pending += piece
        if not self._pending.endswith(b"\n"):
            return bool(piece), None
        answer = json.loads(self._pending)
        self._pending.clear()
        self.task, self.overdue = None, float("inf")
        result: Result = answer["result"]
        return True, result

    def stop(self) -> str:
        """Kill the process; how it ended. Its engines go with it: their guards notice."""
        self.process.kill()
        status = self.process.wait()
        self.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            self.stdin.close()
        if status >= 0:
            return f"exit status {status}"
        return signal.Signals(-status).name


@final
class _Crew:
    """The workers of one run, and the tasks not yet given to them."""

    def __init__(self, size: int, source: Iterator[Task | None], started: list[_Worker]) -> None:
        self.size = size
        self.source: Iterator[Task | None] | None = source
        self.ready: deque[Task] = deque()
        self.bereaved: set[int] = set()
        self.workers: list[_Worker] = []
        self.selector = selectors.DefaultSelector()
        while started:
            self._enlist(started.pop())

    def work(self) -> Iterator[tuple[int, Result] | None]:
        while True:
            # A worker waits for nothing while the source is busy with the next tasks: those are drawn ahead.
            if not self.ready:
                self._draw()
            self._give_out()
            if not any(worker.task for worker in self.workers):
                if self.ready:
                    continue
                if self.source is None:
                    return
                yield None
                continue
            drawing = self.source is not None and len(self.ready) < _LOOKAHEAD
            events = self.selector.select(0 if drawing else self._patience())
            for key, _ in events:
                yield from self._listen(key.data)
            yield from self._stop_overdue()
            if not events:
                if drawing:
                    self._draw()
                yield None

    def dismiss(self) -> None:
        for worker in self.workers:
            worker.stop()
        self.selector.close()

    def _draw(self) -> None:
        if self.source is None:
            return
        try:
            task = next(self.source)
        except StopIteration:
            self.source = None
            return
        if task is not None:
            self.ready.append(task)

    def _give_out(self) -> None:
        idle = [worker for worker in self.workers if worker.task is None]
        while self.ready:
            if not idle:
                if len(self.workers) == self.size:
                    return
                idle.append(self._hire())
            idle.pop().give(self.ready.popleft())

    def _hire(self) -> _Worker:
        return self._enlist(_Worker())

    def _enlist(self, worker: _Worker) -> _Worker:
        self.workers.append(worker)
        self.selector.register(worker.stdout, selectors.EVENT_READ, worker)
        return worker

    def _patience(self) -> float:
        soonest = min((worker.overdue for worker in self.workers), default=float("inf"))
        return max(0.0, min(_IDLE_SECONDS, soonest - time.monotonic()))

    def _listen(self, worker: _Worker) -> Iterator[tuple[int, Result]]:
        task = worker.task
        alive, result = worker.answer()
        if not alive:
            end = self._lose(worker)
            if task is not None:
                yield from self._bereave(task, end)
        elif result is not None and task is not None:
            yield task.number, result

    def _bereave(self, task: Task, end: str) -> Iterator[tuple[int, Result]]:
        if task.number in self.bereaved:
            yield task.number, failure(f"the worker process died twice ({end})")
        else:
            self.bereaved.add(task.number)
            self.ready.appendleft(task)

    def _stop_overdue(self) -> Iterator[tuple[int, Result]]:
        now = time.monotonic()
        for worker in [worker for worker in self.workers if worker.overdue < now]:
            task = worker.task
            self._lose(worker)
            if task is not None:
                yield task.number, failure("stopped: it did not keep its time limit", limit=True)

    def _lose(self, worker: _Worker) -> str:
        self.selector.unregister(worker.stdout)
        self.workers.remove(worker)
        return worker.stop()
