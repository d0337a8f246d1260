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
from math import inf
from typing import final

from qeclose.batch.workers.task import FORGET, GRACE_SECONDS, Result, Task, failure
from qeclose.supervise.limits import most_mb, resident_mb

__all__ = ["LocalPool"]

_LOOKAHEAD = 64
_PIECE = 2**20
_IDLE_SECONDS = 1.0
_WATCHING_SECONDS = 0.25
_LOADING_SECONDS = 60.0
# Short tasks are given out several at a time, for waking a worker takes as long as some of them.
_MOST = 32
_PORTION_SECONDS = 0.02
_DRAWN_AT_ONCE = 8
# Where this process found its modules, and not in the folder it happens to be in.
_PROGRAM = "import sys; sys.path[:] = {path!r}; from qeclose.batch.workers.worker import main; main()"


@final
class LocalPool:
    """Worker processes on this machine.

    A task whose worker died is given to another worker once; the second time it is reported as failed. A
    worker that overstays its task's timeout by ``GRACE_SECONDS``, or holds more memory than the task may take, is
    killed, and the task is undecided.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def __enter__(self) -> LocalPool:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def run(self, tasks: Iterable[Task | None]) -> Generator[tuple[int, Result] | None]:
        """As ``Executor.run``, in processes of this machine, which are ended with the iterator."""
        workers = _Workers(self.jobs, iter(tasks))
        try:
            yield from workers.work()
        finally:
            workers.stop()


@final
class _Worker:
    """One worker process, and the tasks it has: it is at the first of them."""

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
        self.tasks: deque[Task] = deque()
        self.since = 0.0
        self.at: int | None = None
        self.seconds = 0.0
        self.doing = ""
        self._pending = bytearray()

    @property
    def overdue(self) -> float:
        """When its first task should have ended; one that has not begun is given time to load what it needs."""
        if not self.tasks:
            return inf
        if self.has_begun:
            return self.since + self.seconds + GRACE_SECONDS
        return self.since + self.tasks[0].options.timeout + _LOADING_SECONDS

    @property
    def has_begun(self) -> bool:
        """Whether it works at its first task; or else it loads modules, or is at a task that was taken back."""
        return bool(self.tasks) and self.at == self.tasks[0].number

    @property
    def too_large(self) -> bool:
        """Whether it holds more memory than its first task may take."""
        return bool(self.tasks) and resident_mb(self.process.pid) > most_mb(self.tasks[0].options.memory_mb)

    def give(self, tasks: list[Task]) -> None:
        """Hand over tasks to an idle worker."""
        self.tasks.extend(tasks)
        self.since = time.monotonic()
        self._send(*(json.dumps(task.to_json()) for task in tasks))

    def take_back(self) -> list[Task]:
        """All tasks but the first, which it forgets; an answer that is on its way already is passed over.

        The first is named, for the worker may still be loading modules, and not have taken it up.
        """
        first, *others = self.tasks
        self.tasks = deque([first])
        self._send(f"{FORGET}{first.number}")
        return others

    def answers(self) -> tuple[bool, list[tuple[int, Result]]]:
        """Read what is there: whether the worker is still alive, and the results that are complete."""
        piece = os.read(self.stdout.fileno(), _PIECE)
        self._pending += piece
        if b"\n" not in piece:
            # An answer of many megabytes comes in thousands of pieces.
            return bool(piece), []
        *lines, rest = self._pending.split(b"\n")
        self._pending = bytearray(rest)
        results = []
        for answer in map(json.loads, lines):
            if "doing" in answer:
                self.doing = answer["doing"]
            elif "begins" in answer:
                self.at, self.seconds = answer["begins"], answer["seconds"]
                self.since, self.doing = time.monotonic(), ""
            elif self.tasks and self.tasks[0].number == answer["number"]:
                self.tasks.popleft()
                self.since = time.monotonic()
                results.append((answer["number"], answer["result"]))
        return bool(piece), results

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

    def _send(self, *lines: str) -> None:
        # That the worker is dead already shows when its answers end.
        with contextlib.suppress(BrokenPipeError):
            self.stdin.write("".join(f"{line}\n" for line in lines).encode())
            self.stdin.flush()


@final
class _Workers:
    """The workers of one run, and the tasks not yet given to them."""

    def __init__(self, size: int, source: Iterator[Task | None]) -> None:
        self.size = size
        self.source: Iterator[Task | None] | None = source
        self.ready: deque[Task] = deque()
        self.retried: set[int] = set()
        self.workers: list[_Worker] = []
        self.pace = inf
        self.selector = selectors.DefaultSelector()

    def work(self) -> Iterator[tuple[int, Result] | None]:
        while True:
            self._draw()
            self._give_out()
            if not any(worker.tasks for worker in self.workers):
                if self.source is None and not self.ready:
                    return
                yield None
                continue
            # While there are tasks to be drawn ahead, nobody sits and waits for answers.
            drawing = self.source is not None and len(self.ready) < _LOOKAHEAD
            events = self.selector.select(0 if drawing else self._waiting_time())
            for key, _ in events:
                yield from self._listen(key.data)
            yield from self._stop_excessive()
            yield None

    def stop(self) -> None:
        for worker in self.workers:
            worker.stop()
        self.selector.close()

    def _draw(self) -> None:
        """Draw some tasks ahead, but not so many that answers have to wait."""
        for _ in range(_DRAWN_AT_ONCE):
            if self.source is None or len(self.ready) >= _LOOKAHEAD:
                return
            try:
                task = next(self.source)
            except StopIteration:
                self.source = None
                return
            if task is not None:
                self.ready.append(task)

    def _give_out(self) -> None:
        idle = [worker for worker in self.workers if not worker.tasks]
        if idle and not self.ready and self.source is None:
            self._redistribute()
        while self.ready and (idle or len(self.workers) < self.size):
            worker = idle.pop() if idle else self._started(_Worker())
            share = -(-len(self.ready) // self.size)
            count = max(1, min(share, _MOST, int(_PORTION_SECONDS / self.pace)))
            worker.give([self.ready.popleft() for _ in range(count)])

    def _redistribute(self) -> None:
        """Take tasks back from workers whose first one takes unexpectedly long."""
        late = time.monotonic() - _IDLE_SECONDS / 2
        for worker in self.workers:
            if len(worker.tasks) > 1 and worker.since < late:
                self.ready.extend(worker.take_back())

    def _started(self, worker: _Worker) -> _Worker:
        self.workers.append(worker)
        self.selector.register(worker.stdout, selectors.EVENT_READ, worker)
        return worker

    def _waiting_time(self) -> float:
        soonest = min((worker.overdue for worker in self.workers), default=inf)
        return max(0.0, min(_WATCHING_SECONDS, soonest - time.monotonic()))

    def _listen(self, worker: _Worker) -> Iterator[tuple[int, Result]]:
        since = worker.since
        alive, results = worker.answers()
        if results:
            self._note_pace((worker.since - since) / len(results))
        yield from results
        if not alive:
            end = self._lose(worker)
            # What it had begun, and was taken back from it, is not the fault of the task it was to do next.
            if worker.tasks and (worker.at is None or worker.has_begun):
                yield from self._retry(worker.tasks.popleft(), end)
            self.ready.extendleft(reversed(worker.tasks))

    def _note_pace(self, seconds: float) -> None:
        """Keep an average of the seconds a task takes, which recent ones dominate; slow ones count at once."""
        self.pace = max(
            1e-6, seconds if seconds > self.pace or self.pace == inf else 0.8 * self.pace + 0.2 * seconds
        )

    def _retry(self, task: Task, end: str) -> Iterator[tuple[int, Result]]:
        if task.number in self.retried:
            yield task.number, failure(f"the worker process died twice ({end})")
        else:
            self.retried.add(task.number)
            self.ready.appendleft(task)

    def _stop_excessive(self) -> Iterator[tuple[int, Result]]:
        now = time.monotonic()
        for worker in list(self.workers):
            late = worker.overdue < now
            if late or worker.too_large:
                first, *others = worker.tasks
                self._lose(worker)
                self.ready.extendleft(reversed(others))
                what = "stopped: time" if late else "stopped: memory"
                during = f" while {worker.doing}" if worker.doing else ""
                yield first.number, failure(f"{what} ran out{during}", limit=True)

    def _lose(self, worker: _Worker) -> str:
        self.selector.unregister(worker.stdout)
        self.workers.remove(worker)
        return worker.stop()
