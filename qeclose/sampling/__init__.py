"""How often a random mask is ill-posed: samples, estimates with confidence intervals, tables and plots."""

from qeclose.sampling.estimate import Count, Interval, interval
from qeclose.sampling.plan import Plan, parse_densities, parse_fractions
from qeclose.sampling.survey import Survey

__all__ = ["Count", "Interval", "Plan", "Survey", "interval", "parse_densities", "parse_fractions"]
