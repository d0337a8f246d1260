"""What is being done just now, in words that complete "time ran out while …"."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from qeclose.supervise.clock import OutOfTime

__all__ = ["Listener", "announce", "in_phase", "listen", "phase"]

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

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
    """Inside, this thread is ``doing`` something; an ``OutOfTime`` or ``MemoryError`` is marked with the innermost."""
    outer = getattr(_here, "doing", "")
    _change(doing)
    try:
        yield
    except (OutOfTime, MemoryError) as error:
        vars(error).setdefault("phase", doing)
        raise
    finally:
        _change(outer)


def announce(doing: str) -> None:
    """This thread is ``doing`` something else from here on, until the phase around it ends."""
    _change(doing)


def in_phase(doing: str, work: Callable[..., _T], *arguments: Any, **options: Any) -> _T:
    """``work(*arguments, **options)``, and what it does."""
    with phase(doing):
        return work(*arguments, **options)


def _change(doing: str) -> None:
    _here.doing = doing
    if doing:
        _log.debug("%s", doing)
    if _listener is not None:
        _listener(threading.get_ident(), doing)
