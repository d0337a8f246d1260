"""Formulas as arguments of Maple's ``QuantifierElimination:-QuantifierEliminate`` (Maple 2023 and later).

Connectives are the inert ``And``, ``Or``, ``Not``; the quantifiers are ``exists`` and
``forall`` with a list of names. Maple refuses to bind a name again inside its own scope, so bound variables are renamed apart.
"""

from __future__ import annotations

import re

from qeclose.formula.language import Formula, Relation
from qeclose.formula.names import NameRules, Names
from qeclose.formula.normal_forms import rename_apart
from qeclose.formula.printers.infix import PolynomialStyle, Style, formula_text, infix_atom, wrap
from qeclose.formula.symbols import all_symbols

__all__ = ["MAPLE_RULES", "to_maple"]

_RESERVED = """
    and assuming break by catch D description do done elif else end error export fi finally for from
    global gamma I if implies in infinity intersect local minus mod module NULL next not O od option options or Pi proc
    quit read return save stop subset then to true false FAIL try undefined union until use uses while xor And
    Or Not Catalan Zeta GAMMA Psi Beta Digits Order exists forall
"""
MAPLE_RULES = NameRules(re.compile(r"[A-Za-z][A-Za-z0-9_]*"), frozenset(_RESERVED.split()))

_STYLE = Style(
    polynomial=PolynomialStyle(),
    atom=infix_atom({Relation.NE: "<>"}),
    true="true",
    false="false",
    conjunction=lambda parts: f"And({', '.join(parts)})",
    disjunction=lambda parts: f"Or({', '.join(parts)})",
    negation=lambda text: f"Not({text})",
    exists=lambda variables, body: f"exists([{', '.join(variables)}], {body})",
    for_all=lambda variables, body: f"forall([{', '.join(variables)}], {body})",
    group=lambda text: text,
)


def to_maple(formula: Formula) -> str:
    """The formula as one Maple expression, in lines of at most 200 characters."""
    apart = rename_apart(formula)
    return wrap(formula_text(apart, _STYLE, Names.choose(all_symbols(apart), MAPLE_RULES)))
