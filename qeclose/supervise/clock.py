"""A moment at which long computations give up, so that a check of a huge mask ends on time as well.

The moment is ambient: whoever computes for long asks ``tick`` now and then, and only whoever sets the limit knows of it.
Engine processes end by it too (``qeclose.engine.process``), be it for a question or for their version.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["OutOfTime", "tick", "time_left", "time_limit"]

_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)


class OutOfTime(Exception):
    """The moment has come; ``phase`` is what was being done then, as far as somebody said so."""

    phase: str = ""


@contextmanager
def time_limit(deadline: float) -> Iterator[None]:
    """Inside, ``tick`` raises ``OutOfTime`` after ``deadline`` (of ``time.monotonic``), or an earlier limit around it."""
    token = _deadline.set(min(deadline, _deadline.get()))
    try:
        yield
    finally:
        _deadline.reset(token)


def tick() -> None:
    """Raise ``OutOfTime`` if it is late."""
    if time.monotonic() > _deadline.get():
        raise OutOfTime


def time_left() -> float:
    """The seconds until the moment; infinite without one."""
    return _deadline.get() - time.monotonic()
