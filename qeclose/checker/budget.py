"""How much work one check may take, decided before the work is done.

Work is counted in *steps*: one for an operation on short numbers or small sets (a few microseconds), and for numbers of b
bits together b²/2²⁰ more, which is what arithmetic with fractions of that size takes. A check may take ``BASE`` steps and
``A_VALUE`` more for every value of its certificate and every 128 characters (docs/certificates.md, "Limits"). What is read
once is not counted: it takes time in proportion to the certificate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import Any, Final

__all__ = [
    "MAX_BITS",
    "MAX_VALUES",
    "TOO_LARGE",
    "Rational",
    "TooLarge",
    "allowed",
    "bits_of",
    "charge",
    "grown",
    "limited",
    "power",
    "product",
    "size",
    "spend",
    "total",
    "widest",
]

Rational = int | Fraction
"""An exact number: whole ones may be plain integers, which are quicker. Never divided by ``/``, which would round."""

BASE: Final = 3_000_000
A_VALUE: Final = 50
MAX_BITS: Final = 2**17
"""The bits of numerator and denominator of any number that is made."""
MAX_VALUES: Final = 50_000_000
TOO_LARGE: Final = "the polynomials or numbers grow too large to be checked, or take too much work"
_FREE_BITS: Final = 1024


class TooLarge(Exception):
    """The check would outgrow the limits."""


_left: ContextVar[list[int] | None] = ContextVar("steps left", default=None)


@contextmanager
def limited(steps: int) -> Iterator[None]:
    """Let what is done inside take so many steps; ``TooLarge`` is raised where it would take more."""
    token = _left.set([steps])
    try:
        yield
    finally:
        _left.reset(token)


def allowed(certificate: Any) -> int:
    """The steps that the check of this JSON value may take.

    Raises ``TooLarge`` for one of more than ``MAX_VALUES`` values. No recursion: values may be nested deeply.
    """
    return BASE + A_VALUE * size(certificate)


def size(value: Any) -> int:
    """The number of values in a JSON value, and of characters in its strings, 128 of them counted as one."""
    values = characters = 0
    pending = [value]
    while pending:
        entry = pending.pop()
        values += 1
        if type(entry) is str:
            characters += len(entry)
        elif type(entry) is list:
            pending += entry
        elif type(entry) is dict:
            pending += entry.values()
        if values + len(pending) > MAX_VALUES:
            raise TooLarge
    return values + (characters >> 7)


def spend(steps: int) -> None:
    """Count steps. Raises ``TooLarge`` if none are left."""
    left = _left.get()
    if left is not None:
        left[0] -= steps
        if left[0] < 0:
            raise TooLarge


def charge(bits: int, times: int = 1) -> None:
    """Count so many operations on numbers that have ``bits`` bits together. Raises ``TooLarge``."""
    if bits > MAX_BITS:
        raise TooLarge
    spend(times * (1 + (bits * bits >> 20)))


def bits_of(value: Rational) -> int:
    """The length of the value: binary digits above and below the line."""
    return value.numerator.bit_length() + value.denominator.bit_length()


def widest(values: Mapping[Any, Rational]) -> int:
    """The largest number of bits among the values."""
    return max(map(bits_of, values.values()), default=0)


def grown(value: Rational) -> Rational:
    """A number just made by an addition; sums of fractions grow by their denominators."""
    if (bits := bits_of(value)) > _FREE_BITS:
        charge(bits)
    return value


def total(a: Fraction, b: Fraction) -> Fraction:
    """A sum that is paid for. Raises ``TooLarge``."""
    charge(bits_of(a) + bits_of(b))
    return a + b


def product(a: Fraction, b: Fraction) -> Fraction:
    """A product that is paid for. Raises ``TooLarge``."""
    charge(bits_of(a) + bits_of(b))
    return a * b


def power(base: Fraction, exponent: int) -> Fraction:
    """``base**exponent``, the base not 0 if the exponent is negative; refused before it is too large to be computed."""
    charge(bits_of(base) * abs(exponent))
    return base**exponent
