"""Values of polynomials at points, and along lines."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from qeclose.certify.system import Polynomial, rational_terms
from qeclose.presolve.curve import ZERO, Laurent, add, multiply

__all__ = ["along", "evaluate"]


def evaluate(polynomial: Polynomial, value: Mapping[int, Fraction]) -> Fraction:
    """The value of a polynomial that contains only variables whose indices ``value`` has."""
    total = Fraction(0)
    for monomial, term in rational_terms(polynomial):
        for a, e in enumerate(monomial):
            if e:
                term *= value[a] ** e
        total += term
    return total


def along(polynomial: Polynomial, line: Mapping[int, Laurent]) -> Laurent:
    """A polynomial in the entries of A along a line, as a polynomial in t."""
    total: Laurent = ZERO
    for monomial, coefficient in rational_terms(polynomial):
        term: Laurent = {0: coefficient}
        for a, e in enumerate(monomial):
            for _ in range(e):
                term = multiply(term, line[a])
        total = add(total, term)
    return total
