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
    rational, rest = _split(polynomial)
    positions = {
        1 + smaller + int(rest.count_roots(None, _as_sympy(root))): root
        for smaller, root in enumerate(rational)
    }
    if index in positions:
        return positions[index]
    before = sum(position < index for position in positions)
    intervals = rest.intervals(sqf=True) if rest.degree() > 0 else []
    if not 1 <= index - before <= len(intervals):
        raise ValueError(f"{polynomial.as_expr()} has no real root number {index}")
    low, high = map(_fraction, intervals[index - before - 1])
    return AlgebraicNumber(rest, low, high)


def root_between(polynomial: sympy.Poly, low: Fraction, high: Fraction) -> Fraction | AlgebraicNumber:
    """The root of a univariate polynomial over Q in [low, high].

    Raises ``ValueError`` unless the interval holds exactly one.
    """
    rational, rest = _split(polynomial)
    inside: list[Fraction | AlgebraicNumber] = [root for root in rational if low <= root <= high]
    if low <= high:
        irrational = int(rest.count_roots(_as_sympy(low), _as_sympy(high)))
        inside += [AlgebraicNumber(rest, low, high)] * irrational
    if len(inside) != 1:
        raise ValueError(f"{polynomial.as_expr()} has not exactly one root in [{low}, {high}]")
    return inside[0]


def _split(polynomial: sympy.Poly) -> tuple[list[Fraction], sympy.Poly]:
    """The rational roots in increasing order, and a squarefree polynomial with the other roots.

    No rational number is a root of the latter: the ends of its isolating intervals never are.
    """
    rational = []
    rest = polynomial.one
    for factor, _ in polynomial.factor_list()[1]:
        if factor.degree() == 1:
            rational.append(_fraction(-factor.nth(0) / factor.nth(1)))
        else:
            rest *= factor
    return sorted(rational), rest


def _as_sympy(value: Fraction) -> sympy.Rational:
    import sympy

    return sympy.Rational(value.numerator, value.denominator)


def _fraction(value: sympy.Rational) -> Fraction:
    return Fraction(int(value.p), int(value.q))
