"""The ambient moment at which long computations give up; it is kept in ``qeclose.supervise.clock``."""

from __future__ import annotations

from qeclose.supervise.clock import OutOfTime, tick, time_limit

__all__ = ["OutOfTime", "tick", "time_limit"]
