"""Interrupting Python code that does not look at the clock; for processes of our own only, which own their signals."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from qeclose.supervise.clock import OutOfTime

__all__ = ["interrupted_after"]

_AGAIN = 0.2


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Raise ``OutOfTime`` in the block after that time, and again and again should somebody swallow it.

    On the main thread only. A call into C that does not return to Python is not interrupted.
    """
    inside = True

    def ring(_signum: int, _frame: FrameType | None) -> None:
        # The last signal may arrive when the block is over.
        if inside:
            raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), _AGAIN)
    try:
        yield
    finally:
        inside = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
