"""The memory of our own processes: how much they hold, and the kernel's backstop."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import Literal

__all__ = [
    "LEAST_MB",
    "MOST_MB",
    "MOST_SECONDS",
    "bound_addresses",
    "die_with_parent",
    "inherited_mb",
    "most_mb",
    "resident_mb",
]

LEAST_MB = 256
"""Our own work may always hold so much: the interpreter with the libraries is some ``_OWN_MB`` by itself."""

MOST_MB = 10**9
"""No machine has more; the kernel's own limits end somewhere above."""

MOST_SECONDS = 1e8
"""Three years; the kernel's clocks end somewhere above."""

_OWN_MB = 150

_PR_SET_PDEATHSIG = 1
_TICK = 0.5


def most_mb(memory_mb: int) -> int:
    """What a process of ours may hold if an engine may hold ``memory_mb``."""
    return max(memory_mb, LEAST_MB)


def resident_mb(pid: int) -> float:
    """The megabytes of memory that a process holds; 0 where there is no /proc, or no such process."""
    return _statm_mb(pid, 1)


def _statm_mb(pid: int, field: Literal[0, 1]) -> float:
    """Megabytes of addresses (field 0) or of resident memory (1) of a process."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123
            return int(file.read().split()[field]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError, ValueError):
        return 0.0


def inherited_mb() -> float:
    """What a fork of this process holds of it that is not ours: in a notebook, say, the user's own data and libraries."""
    return max(0.0, resident_mb(os.getpid()) - _OWN_MB)


def bound_addresses(memory_mb: int) -> None:
    """Let the kernel refuse absurd amounts, so that MemoryError comes before the machine is full; no core dumps.

    A backstop only: libraries reserve more addresses than they use, and what counts is resident memory. What is reserved
    already comes on top: a fork of a process that uses a GPU has tens of gigabytes of them.
    """
    with suppress(ImportError, OSError, ValueError):
        import resource

        for what, wanted in (
            (resource.RLIMIT_AS, (4 * memory_mb + 8192 + int(_statm_mb(os.getpid(), 0))) * 2**20),
            (resource.RLIMIT_CORE, 0),
        ):
            _, hard = resource.getrlimit(what)
            bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(what, (bound, hard))


def die_with_parent(parent: int) -> None:
    """End this process when ``parent``, which started it, ends, however suddenly."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_TICK)
    os._exit(1)
