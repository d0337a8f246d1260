"""The batch's own work on an item (reading, ordering, moving results back), within the item's limit of time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from qeclose.supervise.alarm import interrupted_after
from qeclose.supervise.clock import OutOfTime, time_limit
from qeclose.supervise.phases import phase

__all__ = ["ran_out", "within"]


@contextmanager
def within(seconds: float, doing: str) -> Iterator[None]:
    """Raise ``OutOfTime`` in the block after that time; what it does is part of the error.

    Python code is interrupted on the main thread only, which owns the alarm; elsewhere it has to ask the clock.
    """
    main = threading.current_thread() is threading.main_thread()
    alarm = interrupted_after(seconds) if main else nullcontext()
    with phase(doing), time_limit(time.monotonic() + seconds), alarm:
        yield


def ran_out(error: OutOfTime) -> str:
    """What is said of an item whose time ran out."""
    return f"time ran out while {error.phase}"
