"""The matrices of a witness at one t: exactly, so that the distance to A is not lost in rounding."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, reduce
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from qeclose.algebra.curve import Laurent
    from qeclose.decide.witness import Matrix, Witness

__all__ = ["TIMES", "UNSEEN", "At", "Numbers", "at", "laurent_of", "value_of"]

TIMES = (Fraction(1, 10), Fraction(1, 100), Fraction(1, 1000))
"""The t at which reports show a curve."""

UNSEEN = "?"
"""Stands in a witness's A for an entry that is not observed (section W)."""

Numbers = tuple[tuple[Fraction, ...], ...]

_TERM = re.compile(
    r"(?P<sign>[+-]?)(?P<number>\d+(?:/\d+)?)?\*?"
    r"(?:(?P<up>t)(?:\^(?P<power>\d+))?|/\(?(?:(?P<below>\d+)\*)?t(?:\^(?P<pole>\d+))?\)?)?"
)


@final
@dataclass(frozen=True, slots=True)
class At:
    """X₁(t), …, X_L(t) on the lines of the witness, their product, its distance to A and their norms (Frobenius)."""

    t: Fraction
    factors: tuple[Numbers, ...]
    product: Numbers
    distance: float
    norms: tuple[float, ...]


def at(witness: Witness, t: Fraction) -> At:
    """The witness at this t. Raises ``ZeroDivisionError`` at a pole."""
    factors = tuple(_evaluated(factor, t) for factor in witness.factors)
    product = reduce(_product, factors)
    rest = tuple(
        tuple(_missed(entry, value, t) for entry, value in zip(*rows, strict=True))
        for rows in zip(witness.A, product, strict=True)
    )
    return At(t, factors, product, _norm(rest), tuple(map(_norm, factors)))


@cache
def laurent_of(text: str) -> Laurent:
    """The exponents and coefficients that ``laurent_text`` wrote.

    >>> laurent_of("1/2 + t - 3*t^2 - 5/(7*t^3)") == {0: Fraction(1, 2), 1: 1, 2: -3, -3: Fraction(-5, 7)}
    True
    """
    found: dict[int, Fraction] = {}
    rest = text.replace(" ", "")
    while rest:
        term = _TERM.match(rest)
        if term is None or not term[0]:
            raise ValueError(f"no Laurent polynomial: {text!r}")
        rest = rest[term.end() :]
        size = Fraction(term["number"] or 1)
        exponent = 0
        if term["up"]:
            exponent = int(term["power"] or 1)
        elif "t" in term[0]:
            exponent = -int(term["pole"] or 1)
            size /= int(term["below"] or 1)
        found[exponent] = found.get(exponent, Fraction()) + (-size if term["sign"] == "-" else size)
    return {exponent: value for exponent, value in found.items() if value}


def value_of(text: str, t: Fraction) -> Fraction:
    """The Laurent polynomial, written as text, at t."""
    return sum((value * t**exponent for exponent, value in laurent_of(text).items()), Fraction())


def _evaluated(matrix: Matrix, t: Fraction) -> Numbers:
    return tuple(tuple(value_of(entry, t) for entry in row) for row in matrix)


def _missed(entry: str, value: Fraction, t: Fraction) -> Fraction:
    """How far a product is from an entry of A; an entry that is not observed is met by anything."""
    return Fraction() if entry == UNSEEN else value_of(entry, t) - value


def _product(left: Numbers, right: Numbers) -> Numbers:
    columns = list(zip(*right, strict=True))
    return tuple(
        tuple(sum((a * b for a, b in zip(row, column, strict=True)), Fraction()) for column in columns)
        for row in left
    )


def _norm(matrix: Sequence[Sequence[Fraction]]) -> float:
    """The Frobenius norm, infinite if it is too large for a float."""
    try:
        return math.sqrt(sum((entry * entry for row in matrix for entry in row), Fraction()))
    except OverflowError:
        return math.inf
