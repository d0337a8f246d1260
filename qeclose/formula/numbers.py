"""Real algebraic numbers, as solvers name them in models."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    import sympy

__all__ = ["AlgebraicNumber", "root_between", "root_of"]


@final
@dataclass(frozen=True, slots=True)
class AlgebraicNumber:
    """A real algebraic number: the only root of ``polynomial`` (univariate over Q) in [low, high]."""

    polynomial: sympy.Poly
    low: Fraction
    high: Fraction


def root_of(polynomial: sympy.Poly, index: int) -> Fraction | AlgebraicNumber:
    """The ``index``-th distinct real root of a univariate polynomial over Q, in increasing order from 1.

    Raises ``ValueError`` if there are fewer roots.
    """
    squarefree = polynomial.sqf_part()
    intervals = squarefree.intervals(sqf=True)
    if not 1 <= index <= len(intervals):
        raise ValueError(f"{polynomial.as_expr()} has no real root number {index}")
    return _number(squarefree, *map(_fraction, intervals[index - 1]))


def root_between(polynomial: sympy.Poly, low: Fraction, high: Fraction) -> Fraction | AlgebraicNumber:
    """The root of a univariate polynomial over Q in [low, high].

    Raises ``ValueError`` unless the interval holds exactly one.
    """
    import sympy

    squarefree = polynomial.sqf_part()
    ends = [sympy.Rational(end.numerator, end.denominator) for end in (low, high)]
    if low > high or squarefree.count_roots(*ends) != 1:
        raise ValueError(f"{polynomial.as_expr()} has not exactly one root in [{low}, {high}]")
    return _number(squarefree, low, high)


def _number(squarefree: sympy.Poly, low: Fraction, high: Fraction) -> Fraction | AlgebraicNumber:
    """The root in [low, high], as a fraction if it is rational."""
    for factor, _ in squarefree.factor_list()[1]:
        if factor.degree() != 1:
            continue
        root = _fraction(-factor.nth(0) / factor.nth(1))
        if low <= root <= high:
            return root
    return AlgebraicNumber(squarefree, low, high)


def _fraction(value: sympy.Rational) -> Fraction:
    return Fraction(int(value.p), int(value.q))
