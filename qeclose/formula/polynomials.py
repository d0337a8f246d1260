"""Exact polynomial arithmetic on sympy expressions, without sympy's slower general machinery.

A polynomial is expanded into a dictionary from monomials to nonzero rational coefficients; a monomial is a
tuple of (symbol, positive exponent) pairs sorted by name. Only sums, products, natural powers, symbols and
rational numbers are polynomials here; anything else raises ``ValueError``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache, reduce
from math import gcd, lcm
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sympy

    Monomial = tuple[tuple[sympy.Symbol, int], ...]
    Terms = dict[Monomial, Fraction]

__all__ = [
    "add",
    "degree",
    "evaluate_polynomial",
    "expand_terms",
    "from_terms",
    "has_fractions",
    "integer_terms",
    "multiply",
    "name_key",
    "natural_order",
    "power",
    "scale",
    "sorted_terms",
]


@lru_cache(maxsize=65536)
def name_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key under which numbers inside names count as numbers: x2 before x10.

    >>> sorted(["x10", "x2", "a"], key=name_key)
    ['a', 'x2', 'x10']
    """
    pieces = re.findall(r"[0-9]+|[^0-9]+", name)
    key = [(1, int(piece), "") if piece.isdecimal() else (2, 0, piece) for piece in pieces]
    return (*key, (0, len(name), name))


def natural_order(symbols: Iterable[sympy.Symbol]) -> tuple[sympy.Symbol, ...]:
    """The symbols sorted by name, numbers inside names counting as numbers."""
    return tuple(sorted(symbols, key=lambda symbol: name_key(symbol.name)))


def add(left: Terms, right: Terms) -> Terms:
    """The sum of two expanded polynomials."""
    total = dict(left)
    for monomial, coefficient in right.items():
        value = total.get(monomial, 0) + coefficient
        if value:
            total[monomial] = Fraction(value)
        else:
            total.pop(monomial, None)
    return total


def scale(terms: Terms, factor: Fraction) -> Terms:
    """A rational multiple of an expanded polynomial."""
    return {monomial: coefficient * factor for monomial, coefficient in terms.items()} if factor else {}


def _monomial_product(left: Monomial, right: Monomial) -> Monomial:
    if not left or not right:
        return left or right
    exponents = dict(left)
    for symbol, exponent in right:
        exponents[symbol] = exponents.get(symbol, 0) + exponent
    return tuple(sorted(exponents.items(), key=lambda item: name_key(item[0].name)))


def multiply(left: Terms, right: Terms) -> Terms:
    """The product of two expanded polynomials."""
    total: dict[Monomial, Fraction] = {}
    for monomial, coefficient in left.items():
        for other, factor in right.items():
            product = _monomial_product(monomial, other)
            total[product] = total.get(product, Fraction(0)) + coefficient * factor
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def power(base: Terms, exponent: int) -> Terms:
    """A natural power of an expanded polynomial."""
    result: Terms = {(): Fraction(1)}
    square = base
    while exponent:
        if exponent & 1:
            result = multiply(result, square)
        exponent >>= 1
        if exponent:
            square = multiply(square, square)
    return result


def expand_terms(polynomial: sympy.Expr) -> Terms:
    """The expanded polynomial. Raises ``ValueError`` if the expression is no polynomial over Q."""
    import sympy

    match polynomial:
        case sympy.Symbol():
            return {((polynomial, 1),): Fraction(1)}
        case sympy.Rational():
            value = Fraction(int(polynomial.p), int(polynomial.q))
            return {(): value} if value else {}
        case sympy.Add():
            total: Terms = {}
            for argument in polynomial.args:
                for monomial, coefficient in expand_terms(argument).items():
                    total[monomial] = total.get(monomial, Fraction(0)) + coefficient
            return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}
        case sympy.Mul():
            return reduce(multiply, (expand_terms(argument) for argument in polynomial.args))
        case sympy.Pow(base=base, exp=sympy.Integer() as exponent) if exponent >= 0:
            return power(expand_terms(base), int(exponent))
        case _:
            raise ValueError(f"not a polynomial with rational coefficients: {polynomial}")


def from_terms(terms: Terms) -> sympy.Expr:
    """The sympy expression of an expanded polynomial."""
    import sympy

    return sympy.Add(
        *(
            sympy.Mul(
                sympy.Rational(coefficient.numerator, coefficient.denominator),
                *(sympy.Pow(symbol, exponent) for symbol, exponent in monomial),
            )
            for monomial, coefficient in terms.items()
        )
    )


def degree(monomial: Monomial) -> int:
    """The total degree of a monomial."""
    return sum(exponent for _, exponent in monomial)


def sorted_terms(terms: Terms) -> list[tuple[Monomial, Fraction]]:
    """The terms in the order in which they are printed: by falling degree, then by the names."""

    def key(item: tuple[Monomial, Fraction]) -> tuple[object, ...]:
        monomial, _ = item
        return (-degree(monomial), [(name_key(symbol.name), -exponent) for symbol, exponent in monomial])

    return sorted(terms.items(), key=key)


def integer_terms(terms: Terms) -> Terms:
    """The positive multiple of a polynomial that has coprime integer coefficients."""
    if not terms:
        return terms
    denominator = lcm(*(coefficient.denominator for coefficient in terms.values()))
    content = gcd(*(int(coefficient * denominator) for coefficient in terms.values()))
    return scale(terms, Fraction(denominator, content))


def has_fractions(polynomial: sympy.Expr) -> bool:
    """Whether a coefficient written in the expression is no integer."""
    import sympy

    return any(not number.is_integer for number in polynomial.atoms(sympy.Rational))


def evaluate_polynomial(polynomial: sympy.Expr, assignment: Mapping[sympy.Symbol, Fraction]) -> Fraction:
    """The exact value at a rational point.

    Raises ``ValueError`` if a variable has no value or the expression is no polynomial over Q.
    """
    import sympy

    match polynomial:
        case sympy.Symbol():
            if polynomial not in assignment:
                raise ValueError(f"no value given for {polynomial}")
            return assignment[polynomial]
        case sympy.Rational():
            return Fraction(int(polynomial.p), int(polynomial.q))
        case sympy.Add():
            return sum(
                (evaluate_polynomial(argument, assignment) for argument in polynomial.args), Fraction(0)
            )
        case sympy.Mul():
            value = Fraction(1)
            for argument in polynomial.args:
                value *= evaluate_polynomial(argument, assignment)
            return value
        case sympy.Pow(base=base, exp=sympy.Integer() as exponent) if exponent >= 0:
            return evaluate_polynomial(base, assignment) ** int(exponent)
        case _:
            raise ValueError(f"not a polynomial with rational coefficients: {polynomial}")
