"""The time it took to start the program, which is part of the first ``--timeout``."""

from __future__ import annotations

import os
import time
from pathlib import Path

__all__ = ["less_start", "note_start"]

_spent = 0.0


def note_start() -> None:
    """Count from the start of this process on; elsewhere than on Linux from now on."""
    global _spent
    try:
        # Clock ticks since boot, behind the program's name in parentheses.
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        _spent = max(0.0, now - ticks / os.sysconf("SC_CLK_TCK")) - time.monotonic()
    except (OSError, AttributeError, ValueError, IndexError):
        _spent = -time.monotonic()


def less_start(timeout: float) -> float:
    """What is left of a limit that began when the program did; at least half of it. Later limits begin later."""
    global _spent
    if _spent == 0.0:
        return timeout
    spent, _spent = _spent + time.monotonic(), 0.0
    return timeout - min(spent, timeout / 2)
