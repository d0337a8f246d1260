"""A worker process of ``pool``: it reads tasks from its standard input and answers on its output.

Both are JSON, one object a line. The process ends, with its engines, as soon as its standard input does: when
the batch hangs up or dies, however suddenly.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
from dataclasses import replace
from importlib import import_module
from typing import Any, BinaryIO

from qeclose.batch.workers.task import FORGET, Result, Task, failure, solve
from qeclose.supervise.alarm import interrupted_after
from qeclose.supervise.clock import OutOfTime
from qeclose.supervise.helper import ALARM_GRACE
from qeclose.supervise.limits import bound_addresses, most_mb
from qeclose.supervise.phases import listen
from qeclose.supervise.start import less_start, note_start

__all__ = ["main"]


def main() -> None:
    """Serve until the end of standard input."""
    note_start()
    answers = os.fdopen(os.dup(1), "wb")
    # What a library prints must not get between the answers.
    os.dup2(2, 1)
    tasks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, tasks), daemon=True).start()
    # Tasks may be long in coming; what the first of them needs is loaded meanwhile.
    for module in ("qeclose.checker", "qeclose.decide.strategy", "qeclose.batch.store.cache"):
        import_module(module)
    lock = threading.Lock()

    def tell(message: dict[str, Any]) -> None:
        with lock:
            answers.write(json.dumps(message).encode() + b"\n")
            answers.flush()

    listen(lambda _, doing: tell({"doing": doing}))
    while True:
        task = Task.of_json(json.loads(tasks.get()))
        # The batch times a task from here: not while others are waited for. Loading modules is part of the first one's time.
        seconds = less_start(task.options.timeout)
        tell({"begins": task.number, "seconds": seconds})
        task = replace(task, options=replace(task.options, timeout=seconds))
        tell({"number": task.number, "result": _bounded(task)})


def _bounded(task: Task) -> Result:
    """The result, however Python code may spend its time and memory; the batch ends what is no Python code."""
    bound_addresses(most_mb(task.options.memory_mb))
    try:
        with interrupted_after(task.options.timeout + ALARM_GRACE):
            return solve(task)
    except OutOfTime:
        return failure("time ran out", limit=True)


def _read(stream: BinaryIO, tasks: queue.SimpleQueue[bytes]) -> None:
    for line in stream:
        if line.startswith(FORGET.encode()):
            _forget(tasks, int(line.removeprefix(FORGET.encode())))
        else:
            tasks.put(line)
    # Not sys.exit, which would end this thread only: a check may be going on that nobody waits for.
    os._exit(0)


def _forget(tasks: queue.SimpleQueue[bytes], but: int) -> None:
    """Empty the queue of all tasks but the one of that number, if it is still there."""
    kept = []
    with contextlib.suppress(queue.Empty):
        while True:
            line = tasks.get_nowait()
            if json.loads(line)["number"] == but:
                kept.append(line)
    for line in kept:
        tasks.put(line)
