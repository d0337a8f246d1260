"""Keeping promises about time and memory: for our own work as for the engines'.

Three layers, each for what the one before cannot reach:

1. ``clock``: long computations ask ``tick`` now and then, and give up in order.
2. ``alarm``: in a process of our own, a signal interrupts Python code that does not ask.
3. ``helper``: that process is watched from outside, and ended if it is in a call that never returns.

``start`` counts the time that starting the program took; ``phases`` tells all of them what was going on.
Nothing here knows of masks, engines or commands.
"""

from qeclose.supervise.clock import OutOfTime, tick, time_left, time_limit
from qeclose.supervise.helper import Ended, Helper
from qeclose.supervise.phases import in_phase, phase

__all__ = ["Ended", "Helper", "OutOfTime", "in_phase", "phase", "tick", "time_left", "time_limit"]
