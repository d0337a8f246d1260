"""Local methods for min ‖A − X₁…X_L‖² with fixed supports: alternating least squares, then Levenberg–Marquardt.

For problems without an algorithm. Alternating steps come close quickly and then slow down, and Levenberg–Marquardt goes on
from there. Both are started many times. On an ill-posed mask the loss may fall for ever while factors grow; a run that does
so is stopped, and says so.
"""

from qeclose.fitting.local.alternating import alternate
from qeclose.fitting.local.starts import best_of_starts, descend, starting_factors
from qeclose.fitting.local.target import DIVERGING, Descent, Penalty, Target

__all__ = [
    "DIVERGING",
    "Descent",
    "Penalty",
    "Target",
    "alternate",
    "best_of_starts",
    "descend",
    "starting_factors",
]
