"""Numbers as files have them, read by one grammar: whether one is zero is decided on its digits, its value is exact."""

from __future__ import annotations

import re
from fractions import Fraction

__all__ = [
    "NOT_FINITE",
    "NUMBER",
    "NUMBER_KINDS",
    "UNOBSERVED",
    "exact_number",
    "is_hole",
    "is_nonzero",
    "may_underflow",
    "not_a_number",
]

NUMBER_KINDS = "a number such as 2, -1/2, 0.25 or 1e-3"
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)

UNOBSERVED = "what is not observed is marked in a section W: of the mask"
_HOLES = frozenset({"", "?", "na", "n/a", "#n/a", "nan", "null", "none", "-nan(ind)"})

_FRACTION = re.compile(r"[+-]?[0-9]+/[0-9]+")
# Far beyond the digits and exponents of floating-point numbers.
_MAX_LENGTH = 1000
_MAX_EXPONENT = 1000
# The smallest positive float is near 5e-324.
_TINY = re.compile(r"[eE]-0*[1-9][0-9]{2}")
_ZEROS = "0" * 300


def is_nonzero(number: str) -> bool | None:
    """Whether a decimal number is nonzero; None if it is no finite number.

    Decided on the digits, since 1e-400 as a float would be 0; so for a mask a number may be as long as it likes.
    """
    match = NUMBER.fullmatch(number)
    return None if match is None else match[1].strip("0.") != ""


def exact_number(text: str) -> Fraction | None:
    """The decimal number or the fraction written in ``text``, exactly; None if it is none, or absurdly long.

    >>> exact_number("-1.5e-2"), exact_number("2/6"), exact_number("nan"), exact_number("1/0")
    (Fraction(-3, 200), Fraction(1, 3), None, None)
    """
    if len(text) > _MAX_LENGTH:
        return None
    match = NUMBER.fullmatch(text)
    if match is None and not _FRACTION.fullmatch(text):
        return None
    # A large exponent would be written out in full.
    if match is not None and match[2] and abs(int(match[2][1:])) > _MAX_EXPONENT:
        return None
    try:
        return Fraction(text)
    except ZeroDivisionError:
        return None


def is_hole(word: str) -> bool:
    """Whether a word stands for no number: nothing, ``?``, ``NA``, ``NaN``, ``null``, …, in any case of letters."""
    return word.lower() in _HOLES


def may_underflow(text: str) -> bool:
    """Whether a number written in ``text`` may be so small that as a float it is 0, though its digits are not all."""
    return _TINY.search(text) is not None or _ZEROS in text


def not_a_number(word: str) -> str:
    """What to say of a word that stands where a number should."""
    shown = word if len(word) <= 40 else f"{word[:40]}…"
    return f"{shown!r} is not a number"
