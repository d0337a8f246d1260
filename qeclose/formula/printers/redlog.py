"""Formulas in the language of Redlog, the logic package of REDUCE.

Polynomials get integer coefficients; negations are pushed into the relations. Every variable is called by a letter
and digits, or a letter alone: no word of REDUCE looks like that.
"""

from __future__ import annotations

import re

from qeclose.formula.language import Formula, Relation
from qeclose.formula.names import NameRules, Names
from qeclose.formula.normal_forms import nnf
from qeclose.formula.printers.infix import (
    PolynomialStyle,
    Style,
    clear_fractions,
    formula_text,
    infix_atom,
    wrap,
)
from qeclose.formula.symbols import all_symbols

__all__ = ["REDLOG_RULES", "redlog_names", "to_redlog"]

# REDUCE keeps some hundred and fifty words for itself, several of them silently: a variable called plus, minus or
# times gives a wrong formula, trst an endless loop, and printf comes back as another name. None of them is one letter
# followed by digits. Of the single letters, these have been seen to be harmless in recorded sessions.
_SAFE = re.compile(r"[a-z][0-9]+|[abcdhkpqsuvwxyz]")


def _letter_and_digits(name: str) -> str:
    letter = re.search(r"[a-z]", name.lower())
    return (letter[0] if letter else "v") + re.sub(r"[^0-9]", "", name)


REDLOG_RULES = NameRules(_SAFE, repair=_letter_and_digits, number=lambda stem, number: f"{stem}{number}")


def _quantifier(word: str, variables: list[str], body: str) -> str:
    return f"{word}({{{', '.join(variables)}}}, {body})"


_STYLE = Style(
    polynomial=PolynomialStyle(),
    atom=infix_atom({Relation.NE: "<>"}),
    true="true",
    false="false",
    conjunction=" and ".join,
    disjunction=" or ".join,
    negation=lambda text: f"not {text}",
    exists=lambda variables, body: _quantifier("ex", variables, body),
    for_all=lambda variables, body: _quantifier("all", variables, body),
    group=lambda text: f"({text})",
)


def redlog_names(formula: Formula) -> Names:
    """The names ``to_redlog`` gives to the variables of the formula."""
    return Names.choose(all_symbols(formula), REDLOG_RULES)


def to_redlog(formula: Formula) -> str:
    """The formula as one REDUCE expression, in lines of at most 200 characters."""
    return wrap(formula_text(clear_fractions(nnf(formula)), _STYLE, redlog_names(formula)))
