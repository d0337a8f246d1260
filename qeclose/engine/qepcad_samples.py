"""Reads the sample points QEPCAD prints for its witness cells.

A point is written over an algebraic number alpha::

    alpha = the unique root of x^2 - 2 between 181/128 and 1449/1024
          = 1.4142135624-

    Coordinate 1 = alpha
                 = 1.4142135624-
    Coordinate 2 = the unique root of x^2 - alpha between 1 and 2
                 = the unique root of x^4 - 2 between 1 and 2
                 = 1.1892071150+

Each coordinate becomes a number of its own, a fraction if it is rational.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from qeclose.formula.language import Atom
from qeclose.formula.numbers import AlgebraicNumber, root_between
from qeclose.formula.parsers.qepcad import parse_qepcad

if TYPE_CHECKING:
    import sympy

    Number = Fraction | AlgebraicNumber

__all__ = ["parse_witness"]

_CELL = re.compile(r"-{5,} Information about the cell")
_ALPHA = re.compile(r"\nalpha = ([^\n]*)")
_COORDINATE = re.compile(r"\nCoordinate ([0-9]+) = ([^\n]*(?:\n {8,}= [^\n]*)*)")
_ROOT = re.compile(r"the unique root of (.*) between ([-0-9/]+) and ([-0-9/]+)")


def parse_witness(text: str) -> list[Number]:
    """The coordinates of the first cell of a ``d-witness-list``; none if there is no cell.

    Raises ``ValueError`` on a value of unknown form.
    """
    cells = _CELL.split(text)
    if len(cells) < 2:
        return []
    try:
        return _point(cells[1].replace("\r", ""))
    except ZeroDivisionError:
        raise ValueError("division by zero in a witness") from None


def _point(cell: str) -> list[Number]:
    alpha = _ALPHA.search(cell)
    number = _unique_root(alpha[1]) if alpha else Fraction(0)
    point: list[Number] = []
    for match in _COORDINATE.finditer(cell):
        if int(match[1]) != len(point) + 1:
            raise ValueError(f"coordinate {match[1]} is out of order")
        point.append(_coordinate([part.strip() for part in match[2].split("\n")], number))
    if not point:
        raise ValueError("the witness cell has no sample point")
    return point


def _coordinate(readings: list[str], alpha: Number) -> Number:
    """The number behind the readings of one coordinate, of which the last is a decimal."""
    readings = [reading.removeprefix("= ") for reading in readings]
    if not readings[0].startswith("the unique root"):
        return _image(_polynomial(readings[0]), alpha)
    for reading in readings:
        if "alpha" not in reading and reading.startswith("the unique root"):
            return _unique_root(reading)
    raise ValueError(f"a root over another root only: {readings[0]}")


def _unique_root(text: str) -> Number:
    import sympy

    match = _ROOT.match(text)
    if match is None:
        raise ValueError(f"a value of unknown form: {text}")
    expression = _polynomial(match[1])
    if len(expression.free_symbols) != 1:
        raise ValueError(f"not univariate: {match[1]}")
    return root_between(sympy.Poly(expression, domain="QQ"), Fraction(match[2]), Fraction(match[3]))


def _polynomial(text: str) -> sympy.Expr:
    formula = parse_qepcad(f"{text} = 0")
    if not isinstance(formula, Atom):
        raise ValueError(f"not a polynomial: {text}")
    return formula.polynomial


def _image(polynomial: sympy.Expr, alpha: Number) -> Number:
    """The value of a polynomial at alpha."""
    import sympy

    if not polynomial.free_symbols:
        return _fraction(sympy.Rational(polynomial))
    symbol = sympy.Symbol("alpha")
    if polynomial.free_symbols != {symbol}:
        raise ValueError(f"not a number: {polynomial}")
    if isinstance(alpha, Fraction):
        return _fraction(
            sympy.Rational(polynomial.subs(symbol, sympy.Rational(alpha.numerator, alpha.denominator)))
        )
    value = sympy.Symbol("x")
    (old,) = alpha.polynomial.gens
    defining = alpha.polynomial.as_expr().subs(old, symbol)
    image = sympy.Poly(sympy.resultant(defining, value - polynomial, symbol), value, domain="QQ").sqf_part()
    return _isolate(image, sympy.Poly(polynomial, symbol, domain="QQ"), alpha)


def _isolate(image: sympy.Poly, polynomial: sympy.Poly, alpha: AlgebraicNumber) -> Number:
    """The root of ``image`` that is the value of ``polynomial`` at alpha: alpha is refined until it is alone."""
    low, high = (_rational(end) for end in (alpha.low, alpha.high))
    for bits in range(8, 4096, 32):
        low, high = alpha.polynomial.refine_root(low, high, eps=_rational(Fraction(1, 2**bits)))
        start, end = _bounds(polynomial, low, high)
        if image.count_roots(start, end) == 1:
            return root_between(image, _fraction(start), _fraction(end))
    raise ValueError(f"cannot tell the value of {polynomial.as_expr()} from its neighbours")


def _bounds(
    polynomial: sympy.Poly, low: sympy.Rational, high: sympy.Rational
) -> tuple[sympy.Rational, sympy.Rational]:
    """An interval that holds all values of the polynomial on [low, high], by Horner's rule."""
    start = end = _rational(Fraction(0))
    for coefficient in polynomial.all_coeffs():
        products = [a * b for a in (start, end) for b in (low, high)]
        start, end = min(products) + coefficient, max(products) + coefficient
    return start, end


def _rational(value: Fraction) -> sympy.Rational:
    import sympy

    return sympy.Rational(value.numerator, value.denominator)


def _fraction(value: sympy.Rational) -> Fraction:
    return Fraction(int(value.p), int(value.q))
