"""Readers of what quantifier eliminators and solvers answer; every one raises ``ValueError`` on other text."""

from qeclose.formula.parsers.qepcad import parse_qepcad
from qeclose.formula.parsers.redlog import parse_redlog
from qeclose.formula.parsers.smtlib import ApproximateValue, parse_smtlib_model

__all__ = ["ApproximateValue", "parse_qepcad", "parse_redlog", "parse_smtlib_model"]
