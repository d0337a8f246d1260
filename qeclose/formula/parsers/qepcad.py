"""Reads formulas in the language QEPCAD B answers in."""

from __future__ import annotations

import re

from qeclose.formula.language import Exists, ForAll, Formula, Relation
from qeclose.formula.names import Names
from qeclose.formula.parsers.infix import Grammar, Parser, parse_infix

__all__ = ["parse_qepcad"]

_OPERATORS = (
    {relation.value: relation.value for relation in Relation if relation is not Relation.NE}
    | {"/=": "!=", "/\\": "and", "\\/": "or", "~": "not", "==>": "impl", "<==": "repl", "<==>": "equiv"}
    | {operator: operator for operator in "+-*/^"}
)


def _quantified(parser: Parser) -> Formula | None:
    is_quantifier = (
        parser.peek() == "("
        and parser.peek(1) in ("A", "E")
        and parser.peek(2)[:1].isalpha()
        and parser.peek(3) == ")"
    )
    if not is_quantifier:
        return None
    parser.take("(")
    kind = parser.take()
    bound = parser.symbol()
    parser.take(")")
    body = parser.formula()
    quantifier = Exists if kind == "E" else ForAll
    if isinstance(body, quantifier):
        return quantifier((bound, *body.variables), body.body)
    return quantifier((bound,), body)


_GRAMMAR = Grammar(
    token=re.compile(r"[0-9]+|[A-Za-z][A-Za-z0-9]*|<==>|==>|<==|/\\|\\/|/=|<=|>=|[-+*/^=<>~()\[\]]"),
    operators=_OPERATORS,
    brackets={"(": ")", "[": "]"},
    true="TRUE",
    false="FALSE",
    juxtaposition=True,
    prefix=_quantified,
)


def parse_qepcad(text: str, names: Names | None = None) -> Formula:
    """The formula QEPCAD printed; ``names`` translates names back into symbols.

    Raises ``ValueError`` on anything that is no formula, and on an answer in the extended language, whose
    ``_root_`` expressions are no polynomials.
    """
    if "_root_" in text:
        raise ValueError("the answer is in QEPCAD's extended language (_root_ expressions)")
    return parse_infix(text, _GRAMMAR, names)
