"""Formulas as a Python program that builds them with sympy.

sympy knows no quantifiers: the program defines two boolean functions, ``Exists(Tuple(x, …), body)`` and
``ForAll(Tuple(x, …), body)``, that sympy carries along unevaluated, and binds the formula to ``formula``.
"""

from __future__ import annotations

import keyword
import re
from fractions import Fraction

from qeclose.formula.language import Formula, Relation
from qeclose.formula.names import NameRules, Names
from qeclose.formula.operations import is_quantifier_free
from qeclose.formula.printers.infix import PolynomialStyle, Style, formula_text, wrap
from qeclose.formula.symbols import all_symbols

__all__ = ["SYMPY_RULES", "to_sympy"]

_IMPORTED = ("And", "Eq", "Ge", "Gt", "Le", "Lt", "Ne", "Not", "Or", "Rational", "S", "Tuple", "symbols")
_RELATIONS = {
    Relation.EQ: "Eq",
    Relation.NE: "Ne",
    Relation.LT: "Lt",
    Relation.LE: "Le",
    Relation.GT: "Gt",
    Relation.GE: "Ge",
}
SYMPY_RULES = NameRules(
    re.compile(r"[A-Za-z][A-Za-z0-9_]*"),
    frozenset({*keyword.kwlist, *_IMPORTED, "BooleanFunction", "Exists", "ForAll", "formula"}),
)


def _power(base: str, exponent: int) -> str:
    return f"{base}**{exponent}"


def _number(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return f"Rational({value.numerator}, {value.denominator})"


_STYLE = Style(
    polynomial=PolynomialStyle(power=_power, number=_number),
    atom=lambda polynomial, relation: f"{_RELATIONS[relation]}({polynomial}, 0)",
    true="S.true",
    false="S.false",
    conjunction=lambda parts: f"And({', '.join(parts)})",
    disjunction=lambda parts: f"Or({', '.join(parts)})",
    negation=lambda text: f"Not({text})",
    exists=lambda variables, body: f"Exists(Tuple({', '.join(variables)}), {body})",
    for_all=lambda variables, body: f"ForAll(Tuple({', '.join(variables)}), {body})",
    group=lambda text: text,
)
_QUANTIFIERS = """
class Exists(BooleanFunction):
    nargs = 2


class ForAll(BooleanFunction):
    nargs = 2

"""


def to_sympy(formula: Formula) -> str:
    """A Python program that imports what it needs and binds ``formula``; its symbols are real."""
    names = Names.choose(all_symbols(formula), SYMPY_RULES)
    lines = [f"from sympy import {', '.join(_IMPORTED)}"]
    if not is_quantifier_free(formula):
        lines += ["from sympy.logic.boolalg import BooleanFunction", _QUANTIFIERS]
    lines += [f'{name} = symbols("{name}", real=True)' for name in names.of_symbol.values()]
    lines.append(f"formula = (\n{wrap(formula_text(formula, _STYLE, names), 100)}\n)")
    return "\n".join(lines) + "\n"
