"""What is being done just now, in words that complete "time ran out while …"."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from qeclose.supervise.clock import OutOfTime

__all__ = ["Listener", "listen", "phase"]

Listener = Callable[[int, str], None]
"""Told of every change: the thread, and what it does from here on ("" for nothing in particular)."""

_listener: Listener | None = None
_here = threading.local()


def listen(listener: Listener | None) -> None:
    """Tell ``listener`` of every phase of this process from here on; None tells nobody."""
    global _listener
    _listener = listener


@contextmanager
def phase(doing: str) -> Iterator[None]:
    """Inside, this thread is ``doing`` something; an ``OutOfTime`` from the innermost phase is marked with it."""
    outer = getattr(_here, "doing", "")
    _change(doing)
    try:
        yield
    except OutOfTime as error:
        error.phase = error.phase or doing
        raise
    finally:
        _change(outer)


def _change(doing: str) -> None:
    _here.doing = doing
    if _listener is not None:
        _listener(threading.get_ident(), doing)
