"""Reads the models SMT solvers print: z3, cvc5, and yices with ``--smt2-model-format``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from qeclose.formula.numbers import AlgebraicNumber, root_between, root_of
from qeclose.formula.parsers.redlog import parse_redlog_polynomial
from qeclose.formula.polynomials import add, from_terms, multiply, power, scale

if TYPE_CHECKING:
    import sympy

    from qeclose.formula.polynomials import Terms

    SExpression = str | list["SExpression"]

__all__ = ["ApproximateValue", "parse_smtlib_model", "s_expressions"]

_BLANK = re.compile(r"\s*(?:;[^\n]*(?:\n\s*|\Z))*")
_TOKEN = re.compile(r"\(|\)|\|[^|]*\||\"(?:[^\"]|\"\")*\"|<[-0-9][^>]*>|[^\s()|;\"]+")
_HIGHEST_POWER = 1000
_INTEGRAL = re.compile(r"-?[0-9]+(\.0)?")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class ApproximateValue(ValueError):
    """The model gives a value that is only a decimal approximation of the real one."""


def s_expressions(text: str) -> list[SExpression]:
    """The S-expressions of the text; atoms are strings. Raises ``ValueError`` on unbalanced parentheses."""
    stack: list[list[SExpression]] = [[]]
    for word in _tokens(text):
        if word == "(":
            stack.append([])
        elif word == ")":
            if len(stack) == 1:
                raise ValueError("a closing parenthesis too many")
            finished = stack.pop()
            stack[-1].append(finished)
        else:
            stack[-1].append(word)
    if len(stack) > 1:
        raise ValueError("a closing parenthesis is missing")
    return stack[0]


def _tokens(text: str) -> Iterator[str]:
    position = 0
    while True:
        blank = _BLANK.match(text, position)
        position = blank.end() if blank else position
        if position == len(text):
            return
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"unexpected {text[position : position + 20]!r}")
        yield match.group()
        position = match.end()


def parse_smtlib_model(
    text: str, *, decimals_are_exact: bool = True
) -> dict[str, Fraction | AlgebraicNumber]:
    """The values of the real constants that a model defines, by name; other words in the text are skipped.

    Yices prints rational values exactly, 4 as ``4.0`` and 1/2 as ``(/ 1 2)``, but irrational ones as decimals
    of six digits: for it, say that decimals are not exact, and those raise ``ApproximateValue``. Raises
    ``ValueError`` on a value of no known form.
    """
    values: dict[str, Fraction | AlgebraicNumber] = {}
    try:
        for name, term in _definitions(s_expressions(text)):
            values[name.strip("|")] = _value(term, decimals_are_exact)
    except ZeroDivisionError:
        raise ValueError("division by zero in a model") from None
    except RecursionError:
        raise ValueError("the model is nested too deeply") from None
    return values


def _definitions(expressions: list[SExpression]) -> Iterator[tuple[str, SExpression]]:
    for expression in expressions:
        match expression:
            case ["define-fun", str(name), [], "Real" | "Int", term]:
                yield name, term
            case list():
                yield from _definitions(expression)


def _value(term: SExpression, decimals_are_exact: bool) -> Fraction | AlgebraicNumber:
    match term:
        case str() if _DECIMAL.fullmatch(term):
            if not decimals_are_exact and not _INTEGRAL.fullmatch(term):
                raise ApproximateValue(f"{term} is only an approximation")
            return Fraction(term)
        case str() if re.fullmatch(r"-?[0-9]+/[0-9]+", term):
            return Fraction(term)
        case ["root-obj", polynomial, str(index)] if index.isdecimal():
            return root_of(_univariate(_polynomial(polynomial)), int(index))
        case ["_", "real_algebraic_number", str(description)]:
            return _real_algebraic_number(description)
        case ["-", argument]:
            return -_fraction(argument, decimals_are_exact)
        case ["/", numerator, denominator]:
            divisor = _fraction(denominator, decimals_are_exact)
            if not divisor:
                raise ValueError("division by zero in a model")
            return _fraction(numerator, decimals_are_exact) / divisor
        case _:
            raise ValueError(f"a value of unknown form: {term}")


def _fraction(term: SExpression, decimals_are_exact: bool) -> Fraction:
    value = _value(term, decimals_are_exact)
    if not isinstance(value, Fraction):
        raise ValueError(f"expected a rational number, not {term}")
    return value


def _polynomial(term: SExpression) -> Terms:
    """The polynomial of a ``root-obj``, in the only variable z3 uses there, ``x``."""
    import sympy

    match term:
        case "x":
            return {((sympy.Symbol("x"), 1),): Fraction(1)}
        case ["^", base, str(exponent)] if exponent.isdecimal() and int(exponent) <= _HIGHEST_POWER:
            return power(_polynomial(base), int(exponent))
        case ["-", argument] if isinstance(argument, list):
            return scale(_polynomial(argument), Fraction(-1))
        case ["+", *summands]:
            total: Terms = {}
            for summand in summands:
                total = add(total, _polynomial(summand))
            return total
        case ["*", *factors]:
            product: Terms = {(): Fraction(1)}
            for factor in factors:
                product = multiply(product, _polynomial(factor))
            return product
        case _:
            value = _fraction(term, decimals_are_exact=True)
            return {(): value} if value else {}


def _univariate(terms: Terms) -> sympy.Poly:
    import sympy

    if any(symbol.name != "x" for monomial in terms for symbol, _ in monomial):
        raise ValueError("a root of a polynomial in other variables than x")
    polynomial = sympy.Poly(from_terms(terms), sympy.Symbol("x"), domain="QQ")
    if polynomial.degree() < 1:
        raise ValueError("a root of a constant polynomial")
    return polynomial


def _real_algebraic_number(description: str) -> Fraction | AlgebraicNumber:
    """The form of cvc5 built with libpoly: ``<1*x^2 + (-2), (5/4, 3/2)>``, polynomial and isolating interval."""
    shape = re.fullmatch(r"<(.*), [(\[]([-0-9/]+), ([-0-9/]+)[)\]]>", description)
    if shape is None:
        raise ValueError(f"a value of unknown form: {description}")
    polynomial = _univariate(parse_redlog_polynomial(shape[1]))
    return root_between(polynomial, Fraction(shape[2]), Fraction(shape[3]))
