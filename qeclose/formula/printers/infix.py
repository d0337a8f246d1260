"""What the printers of infix syntaxes share: polynomials, connectives, line breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, final

from qeclose.formula.language import And, Atom, Exists, ForAll, Formula, Not, Or, Relation, Truth
from qeclose.formula.polynomials import (
    degree,
    expand_terms,
    from_terms,
    has_fractions,
    integer_terms,
    name_key,
    natural_order,
    sorted_terms,
)

if TYPE_CHECKING:
    import sympy

    from qeclose.formula.names import Names

__all__ = [
    "PolynomialStyle",
    "Style",
    "clear_fractions",
    "expanded_text",
    "formula_text",
    "infix_atom",
    "operands_in_order",
    "wrap",
]


def _slash(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"({value.numerator}/{value.denominator})"


def _caret(base: str, exponent: int) -> str:
    return f"{base}^{exponent}"


@final
@dataclass(frozen=True)
class PolynomialStyle:
    """How a syntax writes products, powers and (nonnegative) rational numbers."""

    times: str = "*"
    power: Callable[[str, int], str] = _caret
    number: Callable[[Fraction], str] = _slash


@final
@dataclass(frozen=True)
class Style:
    """How a syntax writes formulas.

    ``atom`` receives the polynomial's text; ``group`` wraps an argument that is itself built by a connective,
    and one that begins with a quantifier where that needs it.
    """

    polynomial: PolynomialStyle
    atom: Callable[[str, Relation], str]
    true: str
    false: str
    conjunction: Callable[[list[str]], str]
    disjunction: Callable[[list[str]], str]
    negation: Callable[[str], str]
    exists: Callable[[list[str], str], str]
    for_all: Callable[[list[str], str], str]
    group: Callable[[str], str]
    group_quantifiers: bool = False


def infix_atom(symbols: Mapping[Relation, str]) -> Callable[[str, Relation], str]:
    """The usual shape of an atom, ``polynomial relation 0``; ``symbols`` holds the unusual relations."""
    return lambda polynomial, relation: f"{polynomial} {symbols.get(relation, relation.value)} 0"


def formula_text(formula: Formula, style: Style, names: Names) -> str:
    """The formula in the syntax of ``style``; every connective and quantifier inside another is grouped."""
    match formula:
        case Truth(value):
            return style.true if value else style.false
        case Atom(polynomial, relation):
            return style.atom(polynomial_text(polynomial, style.polynomial, names), relation)
        case Not(argument):
            return style.negation(_grouped(argument, style, names))
        case And(arguments) | Or(arguments) if len(arguments) == 1:
            return formula_text(arguments[0], style, names)
        case And(()):
            return style.true
        case Or(()):
            return style.false
        case And(arguments):
            return style.conjunction([_grouped(argument, style, names) for argument in arguments])
        case Or(arguments):
            return style.disjunction([_grouped(argument, style, names) for argument in arguments])
        case Exists(bound, body) | ForAll(bound, body) if not bound:
            return formula_text(body, style, names)
        case Exists(bound, body):
            return style.exists([names[symbol] for symbol in bound], formula_text(body, style, names))
        case ForAll(bound, body):
            return style.for_all([names[symbol] for symbol in bound], formula_text(body, style, names))


def _grouped(formula: Formula, style: Style, names: Names) -> str:
    text = formula_text(formula, style, names)
    match formula:
        case Truth() | Atom():
            return text
        case Exists(bound, _) | ForAll(bound, _) if bound and not style.group_quantifiers:
            return text
        case _:
            return style.group(text)


def polynomial_text(polynomial: sympy.Expr, style: PolynomialStyle, names: Names) -> str:
    """The polynomial as it is built, unexpanded, its summands in natural order of their variables."""
    import sympy

    summands = operands_in_order(polynomial) if isinstance(polynomial, sympy.Add) else [polynomial]
    return _signed_sum(summands, style, names)


def operands_in_order(expression: sympy.Expr) -> list[sympy.Expr]:
    """The summands of a sum, or factors of a product, or the expression alone, those without a minus first."""
    import sympy

    match expression:
        case sympy.Add() | sympy.Mul():
            return sorted(expression.args, key=_operand_key)
        case _:
            return [expression]


def _operand_key(operand: sympy.Expr) -> tuple[object, ...]:
    symbols = natural_order(operand.free_symbols)
    is_negative = bool(operand.as_coeff_Mul()[0] < 0)
    return (not symbols, is_negative, [name_key(symbol.name) for symbol in symbols], str(operand))


def _signed_sum(summands: list[sympy.Expr], style: PolynomialStyle, names: Names) -> str:
    pieces: list[str] = []
    for summand in summands:
        coefficient, rest = summand.as_coeff_Mul()
        sign = "-" if coefficient < 0 else "+"
        body = _product(Fraction(int(abs(coefficient.p)), int(coefficient.q)), rest, style, names)
        pieces.append(f" {sign} {body}" if pieces else ("-" + body if sign == "-" else body))
    return "".join(pieces)


def _product(coefficient: Fraction, rest: sympy.Expr, style: PolynomialStyle, names: Names) -> str:
    texts = [] if rest == 1 else [_factor(factor, style, names) for factor in operands_in_order(rest)]
    if coefficient != 1 or not texts:
        texts.insert(0, style.number(coefficient))
    return style.times.join(texts)


def _factor(factor: sympy.Expr, style: PolynomialStyle, names: Names) -> str:
    import sympy

    match factor:
        case sympy.Symbol():
            return names[factor]
        case sympy.Pow(base=base, exp=sympy.Integer() as exponent) if exponent >= 0:
            return style.power(_factor(base, style, names), int(exponent))
        case sympy.Add():
            return f"({polynomial_text(factor, style, names)})"
        case _:
            raise ValueError(f"not a polynomial with rational coefficients: {factor}")


def expanded_text(polynomial: sympy.Expr, style: PolynomialStyle, names: Names) -> str:
    """The polynomial multiplied out and scaled by a positive number to coprime integer coefficients."""
    pieces: list[str] = []
    for monomial, coefficient in sorted_terms(integer_terms(expand_terms(polynomial))):
        sign = "-" if coefficient < 0 else "+"
        factors = [
            names[symbol] if exponent == 1 else style.power(names[symbol], exponent)
            for symbol, exponent in monomial
        ]
        if abs(coefficient) != 1 or not degree(monomial):
            factors.insert(0, style.number(abs(coefficient)))
        body = style.times.join(factors)
        pieces.append(f" {sign} {body}" if pieces else ("- " + body if sign == "-" else body))
    return "".join(pieces) or "0"


def clear_fractions(formula: Formula) -> Formula:
    """The equivalent formula without fractions: atoms that hold one are expanded and scaled up."""
    match formula:
        case Atom(polynomial, relation) if has_fractions(polynomial):
            return Atom(from_terms(integer_terms(expand_terms(polynomial))), relation)
        case Truth() | Atom():
            return formula
        case Not(argument):
            return Not(clear_fractions(argument))
        case And(arguments):
            return And(tuple(map(clear_fractions, arguments)))
        case Or(arguments):
            return Or(tuple(map(clear_fractions, arguments)))
        case Exists(bound, body):
            return Exists(bound, clear_fractions(body))
        case ForAll(bound, body):
            return ForAll(bound, clear_fractions(body))


def wrap(text: str, width: int = 200) -> str:
    """The text broken into lines of at most ``width`` characters, at blanks only."""
    lines: list[str] = []
    for line in text.split("\n"):
        current = ""
        for word in line.split(" "):
            if current and len(current) + 1 + len(word) > width:
                lines.append(current)
                current = word
            else:
                current = f"{current} {word}" if current else word
        lines.append(current)
    return "\n".join(lines)
