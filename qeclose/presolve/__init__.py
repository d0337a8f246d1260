"""Presolve: theorems that shrink the question without changing its answer (theory section 2)."""

from qeclose.presolve.clock import OutOfTime, tick, time_limit
from qeclose.presolve.curve import Curve
from qeclose.presolve.fixpoint import Reduction, reduce
from qeclose.presolve.problem import Problem, Rectangle

__all__ = ["Curve", "OutOfTime", "Problem", "Rectangle", "Reduction", "reduce", "tick", "time_limit"]
