"""Factors for one matrix: the optimum where there is an algorithm, else the best that local methods find, with a bound."""

from qeclose.decide.algorithm import algorithm
from qeclose.fitting.fitting import fit
from qeclose.fitting.result import Fit
from qeclose.fitting.survey import FitSurvey, fit_many, fit_random

__all__ = ["Fit", "FitSurvey", "algorithm", "fit", "fit_many", "fit_random"]
