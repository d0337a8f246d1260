"""Curves X(t), Y(t) of factors, the raw material of witnesses: entries are Laurent polynomials over Q."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import final

from qeclose.problem import Problem

__all__ = ["ZERO", "Curve", "Laurent", "add", "constant", "multiply", "scale", "series_quotient"]

Laurent = Mapping[int, Fraction]
"""A Laurent polynomial in t: exponent ↦ nonzero coefficient."""

ZERO: Laurent = {}


def constant(value: Fraction | int) -> Laurent:
    """The series ``value``·t⁰."""
    return {0: Fraction(value)} if value else ZERO


def add(p: Laurent, q: Laurent) -> Laurent:
    """p + q."""
    result = dict(p)
    for exponent, coefficient in q.items():
        total = result.get(exponent, Fraction(0)) + coefficient
        if total:
            result[exponent] = total
        else:
            result.pop(exponent, None)
    return result


def scale(p: Laurent, factor: Fraction | int) -> Laurent:
    """``factor``·p."""
    return {exponent: coefficient * factor for exponent, coefficient in p.items()} if factor else ZERO


def multiply(p: Laurent, q: Laurent) -> Laurent:
    """p·q."""
    result: Laurent = ZERO
    for exponent, coefficient in p.items():
        result = add(result, {exponent + other: coefficient * value for other, value in q.items()})
    return result


def series_quotient(p: Laurent, q: Laurent, order: int) -> Laurent:
    """The Laurent series of p/q at t = 0 up to and including t^order. Raises ``ZeroDivisionError`` if q is 0."""
    if not q:
        raise ZeroDivisionError("the denominator of a Laurent series is zero")
    low = min(q)
    rest = {e: c for e, c in q.items() if e != low}
    quotient: dict[int, Fraction] = {}
    remainder = dict(p)
    while remainder and min(remainder) - low <= order:
        exponent = min(remainder) - low
        quotient[exponent] = remainder.pop(min(remainder)) / q[low]
        remainder = dict(add(remainder, multiply({exponent: -quotient[exponent]}, rest)))
    return quotient


@final
@dataclass(frozen=True, slots=True)
class Curve:
    """Factors along a curve: ``x[i, id]`` and ``y[j, id]``, entries left out are zero."""

    x: Mapping[tuple[int, int], Laurent]
    y: Mapping[tuple[int, int], Laurent]

    @property
    def transposed(self) -> Curve:
        """The curve of the transposed product: X and Y exchanged."""
        return Curve(self.y, self.x)

    def product(self, problem: Problem, i: int, j: int) -> Laurent:
        """Entry (i, j) of X(t) Y(t)ᵀ over the terms of ``problem``."""
        total: Laurent = ZERO
        for k in problem.terms_at(i, j):
            total = add(total, multiply(self.x.get((i, k), ZERO), self.y.get((j, k), ZERO)))
        return total
