"""Formulas as Mathematica expressions, ready for ``Resolve[…, Reals]`` or ``Reduce``.

Names that begin with a capital belong to the system, and an underscore makes a pattern: both are avoided.
"""

from __future__ import annotations

import re

from qeclose.formula.language import Formula, Relation
from qeclose.formula.names import NameRules, Names
from qeclose.formula.printers.infix import PolynomialStyle, Style, formula_text, infix_atom, wrap
from qeclose.formula.symbols import all_symbols

__all__ = ["MATHEMATICA_RULES", "to_mathematica"]


def _begin_small(name: str) -> str:
    kept = re.sub(r"[^A-Za-z0-9]", "", name)
    return kept if kept[:1].islower() else f"v{kept}"


MATHEMATICA_RULES = NameRules(re.compile(r"[a-z][A-Za-z0-9]*"), repair=_begin_small)

_STYLE = Style(
    polynomial=PolynomialStyle(),
    atom=infix_atom({Relation.EQ: "=="}),
    true="True",
    false="False",
    conjunction=" && ".join,
    disjunction=" || ".join,
    negation=lambda text: f"!{text}" if text.startswith("(") else f"!({text})",
    exists=lambda variables, body: f"Exists[{{{', '.join(variables)}}}, {body}]",
    for_all=lambda variables, body: f"ForAll[{{{', '.join(variables)}}}, {body}]",
    group=lambda text: f"({text})",
)


def to_mathematica(formula: Formula) -> str:
    """The formula as one Mathematica expression, in lines of at most 200 characters."""
    names = Names.choose(all_symbols(formula), MATHEMATICA_RULES)
    return wrap(formula_text(formula, _STYLE, names))
