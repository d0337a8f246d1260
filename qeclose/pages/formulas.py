"""Formulas in MathML: rationals, Laurent polynomials, matrices, and the polynomials of certificates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from qeclose.decide.evaluation import UNSEEN, laurent_of
from qeclose.pages.markup import Child, Markup, element, joined

if TYPE_CHECKING:
    from qeclose.algebra.curve import Laurent

__all__ = ["equation", "identifier", "laurent", "math", "matrix", "polynomial", "variable"]


def math(*children: Child, block: bool = False) -> Markup:
    """A formula, in the line or on its own."""
    return element("math", element("mrow", *children), display="block" if block else None)


def identifier(name: str, *below: int) -> Markup:
    """A letter, with indices from 1."""
    letter = element("mi", name)
    indices = [element("mn", index) for index in below]
    commas = [item for index in indices for item in (element("mo", ","), index)][1:]
    return element("msub", letter, element("mrow", *commas)) if indices else letter


def equation(left: Child, right: Child) -> Markup:
    """left = right, in MathML."""
    return element("mrow", left, element("mo", "="), right)


def laurent(text: str) -> Markup:
    """What ``laurent_text`` wrote."""
    value: Laurent = laurent_of(text)
    return _sum([(value[exponent], _power(exponent)) for exponent in sorted(value)])


def matrix(rows: Sequence[Sequence[str]]) -> Markup:
    """A matrix of Laurent polynomials or rationals."""
    cells = [element("mtr", *(element("mtd", _entry(entry)) for entry in row)) for row in rows]
    return element("mrow", element("mo", "("), element("mtable", *cells), element("mo", ")"))


def _entry(text: str) -> Markup:
    return element("mtext", text) if text == UNSEEN else laurent(text)


def variable(value: Any) -> Markup:
    """A variable of a certificate (docs/certificates.md)."""
    match value:
        case ["f", 0, int(i), int(k)]:
            return identifier("x", i + 1, k + 1)
        case ["f", 1, int(k), int(j)]:
            return identifier("y", j + 1, k + 1)
        case [str(name), *indices]:
            return identifier(name, *(int(index) + 1 for index in indices))
        case _:
            return element("mtext", str(value))


def polynomial(value: Sequence[Any], name: Callable[[Any], Markup] = variable) -> Markup:
    """A polynomial of a certificate: a list of [coefficient, [[variable, exponent], …]]."""
    return _sum(
        [
            (Fraction(coefficient), joined(_raised(name(v), exponent) for v, exponent in monomial))
            for coefficient, monomial in value
        ]
    )


def _raised(base: Markup, exponent: int) -> Markup:
    return base if exponent == 1 else element("msup", base, element("mn", exponent))


def _power(exponent: int) -> Markup:
    if exponent == 0:
        return Markup("")
    if exponent == 1:
        return element("mi", "t")
    sign = element("mo", "−") if exponent < 0 else None
    return element("msup", element("mi", "t"), element("mrow", sign, element("mn", abs(exponent))))


def _sum(terms: Sequence[tuple[Fraction, Markup]]) -> Markup:
    if not terms:
        return element("mn", 0)
    parts: list[Child] = []
    for number, (coefficient, rest) in enumerate(terms):
        if number or coefficient < 0:
            parts.append(element("mo", "−" if coefficient < 0 else "+"))
        size = abs(coefficient)
        parts += [_number(size)] if size != 1 or not rest else []
        parts.append(rest)
    return element("mrow", *parts)


def _number(value: Fraction) -> Markup:
    if value.denominator == 1:
        return element("mn", value.numerator)
    return element("mfrac", element("mn", value.numerator), element("mn", value.denominator))
