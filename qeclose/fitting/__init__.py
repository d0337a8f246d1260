"""Factors for one matrix: the optimum where there is an algorithm, else the best that local methods find, with a bound."""

from qeclose.decide.algorithm import algorithm
from qeclose.fitting.fitting import fit
from qeclose.fitting.result import Fit

__all__ = ["Fit", "algorithm", "fit"]
