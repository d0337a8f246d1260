"""Numbers as tables hold them: whole, decimal, with an exponent, or fractions."""

from __future__ import annotations

import re
from fractions import Fraction

from qeclose.files.decimals import NUMBER

__all__ = ["NUMBER_KINDS", "exact_number"]

NUMBER_KINDS = "a number such as 2, -1/2, 0.25 or 1e-3"

_NUMBER = re.compile(rf"[+-]?[0-9]+/[0-9]+|{NUMBER.pattern}")
# Far beyond the digits and exponents of floating-point numbers.
_MAX_LENGTH = 1000
_MAX_EXPONENT = 1000


def exact_number(text: str) -> Fraction | None:
    """The number written in ``text``, exactly; None if it is none, or absurdly long.

    >>> exact_number("-1.5e-2"), exact_number("2/6"), exact_number("nan"), exact_number("1/0")
    (Fraction(-3, 200), Fraction(1, 3), None, None)
    """
    if len(text) > _MAX_LENGTH or not _NUMBER.fullmatch(text):
        return None
    exponent = text.lower().partition("e")[2]
    # A large exponent would be written out in full.
    if exponent and abs(int(exponent)) > _MAX_EXPONENT:
        return None
    try:
        return Fraction(text)
    except ZeroDivisionError:
        return None
