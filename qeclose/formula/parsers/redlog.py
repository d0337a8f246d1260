"""Reads formulas as Redlog prints them under ``off nat``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qeclose.formula.language import Exists, ForAll, Formula, Relation
from qeclose.formula.names import Names
from qeclose.formula.parsers.infix import Grammar, Parser, parse_infix, parse_polynomial

if TYPE_CHECKING:
    from qeclose.formula.polynomials import Terms

__all__ = ["parse_redlog", "parse_redlog_polynomial"]

_OPERATORS = (
    {relation.value: relation.value for relation in Relation if relation is not Relation.NE}
    | {"<>": "!=", "neq": "!=", "**": "^"}
    | {operator: operator for operator in "+-*/^"}
    | {word: word for word in ("and", "or", "not", "impl", "repl", "equiv")}
)


def _quantified(parser: Parser) -> Formula | None:
    word = parser.peek()
    if word not in ("ex", "all") or parser.peek(1) != "(":
        return None
    parser.take()
    parser.take("(")
    bound = []
    if parser.peek() == "{":
        parser.take()
        bound.append(parser.symbol())
        while parser.peek() == ",":
            parser.take()
            bound.append(parser.symbol())
        parser.take("}")
    else:
        bound.append(parser.symbol())
    parser.take(",")
    body = parser.formula()
    parser.take(")")
    return Exists(tuple(bound), body) if word == "ex" else ForAll(tuple(bound), body)


_GRAMMAR = Grammar(
    token=re.compile(r"[0-9]+|[A-Za-z][A-Za-z0-9_]*|\*\*|<>|<=|>=|[-+*/^=<>(),{}]"),
    operators=_OPERATORS,
    brackets={"(": ")"},
    true="true",
    false="false",
    juxtaposition=False,
    prefix=_quantified,
)


def parse_redlog(text: str, names: Names | None = None) -> Formula:
    """The formula Redlog printed, without the ``$`` that ends an answer.

    ``names`` translates names back into symbols. Raises ``ValueError`` on anything that is no formula.
    """
    return parse_infix(text, _GRAMMAR, names)


def parse_redlog_polynomial(text: str) -> Terms:
    """The polynomial, expanded. Raises ``ValueError`` on anything that is no polynomial over Q."""
    return parse_polynomial(text, _GRAMMAR)
