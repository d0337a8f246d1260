"""What a helper is given to do in the tests: work that fails, hangs or grows in every way."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from qeclose.errors import InputError
from qeclose.supervise import phase, tick
from qeclose.supervise.parts import hand_over


def add(a: int, b: int) -> int:
    return a + b


def own_pid() -> int:
    return os.getpid()


def malformed() -> None:
    raise InputError("masks.txt", 3, 7, "a row is missing")


def mistaken() -> None:
    raise ZeroDivisionError("an oversight\nof two lines")


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def looking_at_the_clock() -> None:
    with phase("looking at the clock"):
        while True:
            tick()
            time.sleep(0.01)


def in_python() -> None:
    with phase("counting"):
        while True:
            time.sleep(0.01)


def swallowing() -> None:
    with phase("swallowing"):
        while True:
            try:
                time.sleep(0.01)
            except Exception:  # noqa: S112
                continue


def in_c() -> None:
    """A call that neither returns nor lets Python have a look."""
    with phase("calling into C"):
        ctypes.PyDLL(None).sleep(600)
        ctypes.PyDLL(None).sleep(600)
        while True:
            ctypes.PyDLL(None).sleep(600)


def deaf() -> None:
    with phase("being deaf"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGALRM})
        while True:
            time.sleep(0.01)


def growing() -> None:
    held = []
    with phase("growing"):
        while True:
            held.append(bytearray(os.urandom(2**10)) * 2**13)


def asking_too_much() -> bytearray:
    with phase("asking for the moon"):
        return bytearray(2**60)


def crashing() -> None:
    with phase("crashing"):
        faulthandler.disable()
        os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(60)


def with_an_engine(program: str) -> None:
    from pathlib import Path

    from qeclose.engine.process import Program, run
    from qeclose.engine.protocol import Limits

    run(Program("standin", Path(program)), "", Limits(600, 300))


def hanging_beside_an_engine(program: str) -> None:
    from pathlib import Path

    from qeclose.engine.process import Process, Program
    from qeclose.engine.protocol import Limits

    with Process(Program("standin", Path(program)), Limits(600, 300)), phase("hanging beside an engine"):
        in_c()


def watched(watch: Callable[..., Any]) -> str:
    with watch("z3", "decide", 1.5):
        return "done"


def counting_then_in_c(count: int) -> None:
    for number in range(count):
        hand_over(("number", number))
    in_c()
