"""A worker whose tasks do what their method says, for the tests of the pool."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from qeclose.batch.workers import worker
from qeclose.batch.workers.task import Result, Task, failure


def _solve(task: Task) -> Result:
    behaviour, _, argument = task.options.method.partition(":")
    match behaviour:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "die-once":
            if not Path(argument).exists():
                Path(argument).touch()
                os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            os._exit(3)
        case "sleep":
            Path(argument).write_text(str(os.getpid()))
            time.sleep(600)
        case "print":
            sys.stdout.write("a library says hello\n")
            sys.stdout.flush()
            os.system("echo so does a program")  # noqa: S605, S607
        case "limit":
            return {**failure("", limit=True), "why": [str(task.options.timeout)]}
        case "pause":
            time.sleep(float(argument))
        case "talk":
            return {**failure("", limit=True), "why": ["x" * int(argument)]}
    return {**failure("", limit=True), "verdict": "well-posed", "why": [f"{behaviour} {os.getpid()}"]}


def main() -> None:
    worker.solve = _solve
    worker.main()
