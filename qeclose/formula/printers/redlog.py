"""Formulas in the language of Redlog, the logic package of REDUCE.

Polynomials get integer coefficients; negations are pushed into the relations. REDUCE may fold the case of
names, so names that differ in case alone are told apart.
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

# Constants of REDUCE, its statement keywords and infix words, and the words of Redlog itself.
_RESERVED = """
    e i pi t nil infinity catalan euler_gamma golden_ratio khinchin negative positive
    all and begin bye clear collect comment d define dfsolve div do else end ex eq eqn equal equiv factor
    false foreach for freeof geq goto greaterp if impl in infix input int join leq lessp let lisp match member memq
    mod neq not number of off on operator or order procedure product quit quote quotient repeat repl
    return rlqe scalar set setq showtime step sum symbolic then to true until when where while write ws
"""


def _lower_case(name: str) -> str:
    kept = re.sub(r"[^a-z0-9]", "", name.lower())
    return kept if kept[:1].isalpha() else f"v{kept}"


REDLOG_RULES = NameRules(
    re.compile(r"[a-z][a-z0-9]*"), frozenset(_RESERVED.split()), fold=str.lower, repair=_lower_case
)


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
