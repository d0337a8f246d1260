"""How a command ends: whatever happens is an exit status of ``docs/exit-status.md`` and at most one line."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

import click

from qeclose.cli.terminal import complain
from qeclose.errors import CertificateError, EngineError, InputError, LimitReached, QecloseError, Unforeseen

__all__ = ["Terminated", "ending_of", "give_up_stdout", "say", "signals_raise", "status_of"]

_BAD_USAGE = 2
_UNDECIDED = 3
_FAILURE = 4
_INTERRUPTED = 128 + signal.SIGINT
_TERMINATED = 128 + signal.SIGTERM
_BROKEN_PIPE = 128 + signal.SIGPIPE


class Terminated(BaseException):
    """SIGTERM arrived: unwind like Ctrl-C, so that engines are killed and finished results are kept."""


def status_of(error: QecloseError) -> int:
    """The exit status a typed error stands for."""
    match error:
        case LimitReached():
            return _UNDECIDED
        case EngineError() | Unforeseen() | CertificateError():
            return _FAILURE
        case _:
            return _BAD_USAGE


def ending_of(error: BaseException) -> tuple[int, str]:
    """The exit status that an error stands for, and the line that says so, if any."""
    match error:
        case KeyboardInterrupt() | click.Abort():
            return _INTERRUPTED, "qeclose: interrupted"
        case Terminated():
            return _TERMINATED, "qeclose: terminated"
        case InputError():
            # file:line:column: problem, as editors read it.
            return _BAD_USAGE, str(error)
        case QecloseError():
            return status_of(error), f"qeclose: {error}"
        case BrokenPipeError():
            return _BROKEN_PIPE, ""
        case _ if _lacks_memory(error):
            return _UNDECIDED, "qeclose: memory ran out"
        case OSError():
            # A full disk, most of all: Python's own status 1 would say ill-posed.
            closed = error.errno == errno.EBADF and error.filename is None
            problem = "standard output is closed" if closed else error.strerror or str(error)
            return _BAD_USAGE, f"qeclose: {error.filename or 'output'}: {problem}"
        case RecursionError():
            return _FAILURE, "qeclose: the input is nested too deeply"
        case _:
            return _FAILURE, f"qeclose: {Unforeseen.of(error)}"


def _lacks_memory(error: BaseException) -> bool:
    """Also a library that could not be loaded for want of memory, or a process that could not be forked."""
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or (isinstance(error, ImportError) and "allocate memory" in str(error))
    )


def say(line: str) -> None:
    """One line on standard error, if anybody can still hear it."""
    if line:
        with suppress(OSError, ValueError):
            complain(line)


def give_up_stdout() -> None:
    """Drop what cannot be written: Python flushes stdout once more at exit, and would complain again."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def signals_raise() -> Iterator[None]:
    """Inside, SIGTERM raises ``Terminated`` as Ctrl-C raises ``KeyboardInterrupt``, each once: unwinding is not disturbed."""
    before = {}
    with suppress(ValueError):  # not on the main thread
        for number in (signal.SIGINT, signal.SIGTERM):
            if number == signal.SIGTERM or signal.getsignal(number) is signal.default_int_handler:
                before[number] = signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(signum: int, _frame: FrameType | None) -> NoReturn:
    # A second signal during the unwinding would leave engines behind.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt if signum == signal.SIGINT else Terminated
