"""Decimal numbers as they are written: whether one is zero is decided on its digits."""

from __future__ import annotations

import re

__all__ = ["NOT_FINITE", "NUMBER", "is_nonzero", "may_underflow", "not_a_number"]

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# The smallest positive float is near 5e-324.
_TINY = re.compile(r"[eE]-0*[1-9][0-9]{2}")
_ZEROS = "0" * 300
NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def is_nonzero(number: str) -> bool | None:
    """Whether a decimal number is nonzero; None if it is no finite number.

    Decided on the digits, since 1e-400 as a float would be 0.
    """
    match = NUMBER.fullmatch(number)
    return None if match is None else match[1].strip("0.") != ""


def may_underflow(text: str) -> bool:
    """Whether a number written in ``text`` may be so small that as a float it is 0, though its digits are not all."""
    return _TINY.search(text) is not None or _ZEROS in text


def not_a_number(word: str) -> str:
    """What to say of a word that stands where a number should."""
    shown = word if len(word) <= 40 else f"{word[:40]}…"
    return f"{shown!r} is not a number"
