"""What a proof of closedness speaks about: rectangles modulo free positions; bipartite matching; the clock of a search."""

from qeclose.problem.clock import OutOfTime, tick, time_limit
from qeclose.problem.problem import Problem, Rectangle, without_free
from qeclose.problem.transposition import transpose_bits

__all__ = ["OutOfTime", "Problem", "Rectangle", "tick", "time_limit", "transpose_bits", "without_free"]
