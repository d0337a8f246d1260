"""Formulas in the language of QEPCAD B.

QEPCAD reads prenex formulas whose polynomials have integer coefficients; a blank multiplies, names are runs
of letters and digits. It has no truth constants, so they are written as ``0 = 0`` and ``1 = 0``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from qeclose.formula.language import And, Atom, Formula, Or, Relation, Truth
from qeclose.formula.names import NameRules, Names
from qeclose.formula.normal_forms import prenex_parts, put_first
from qeclose.formula.polynomials import natural_order
from qeclose.formula.printers.infix import PolynomialStyle, expanded_text, wrap
from qeclose.formula.symbols import all_symbols, free_variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sympy

    from qeclose.formula.normal_forms import Prefix

__all__ = ["QEPCAD_RULES", "QepcadProblem", "qepcad_problem", "qepcad_script", "to_qepcad"]

# A, E, F, G, C and X open quantifiers: as names they would make the text ambiguous to a reader.
QEPCAD_RULES = NameRules(
    re.compile(r"[A-Za-z][A-Za-z0-9]*"), frozenset({"A", "C", "E", "F", "G", "X", "TRUE", "FALSE"})
)
_POLYNOMIAL = PolynomialStyle(times=" ")
_RELATIONS = {relation: relation.value for relation in Relation} | {Relation.NE: "/="}
_QUANTIFIERS = {"exists": "E", "forall": "A"}


@final
@dataclass(frozen=True)
class QepcadProblem:
    """A question to QEPCAD.

    ``text`` is the input up to and including the full stop after the formula, ending in a newline; ``order``
    lists the variables as QEPCAD sees them, the first ``free`` of them free; ``names`` translates back.
    """

    text: str
    names: Names
    order: tuple[sympy.Symbol, ...]
    free: int


def to_qepcad(formula: Formula) -> str:
    """The prenex formula alone, on one line: quantifiers and bracketed matrix, without the full stop."""
    prefix, matrix = prenex_parts(formula)
    return _prenex_text(prefix, matrix, _names(formula, prefix))


def qepcad_problem(
    formula: Formula, description: str = "qeclose", first: Sequence[str] = ()
) -> QepcadProblem:
    """The formula as a QEPCAD input without the final ``finish``; no line is longer than 200 characters.

    Free variables come first, those named ``first`` before the others in natural order; then the bound ones,
    outermost first.
    """
    prefix, matrix = prenex_parts(formula)
    free = put_first(natural_order(free_variables(formula)), first)
    if not free and not prefix:
        prefix = (("exists", (_any_symbol(),)),)
    names = _names(formula, prefix)
    order = (*free, *(symbol for _, block in prefix for symbol in block))
    title = re.sub(r"[^ -~]", " ", description).replace("[", "(").replace("]", ")")[:120]
    variables = ", ".join(names[symbol] for symbol in order)
    body = wrap(f"{_prenex_text(prefix, matrix, names)}.")
    return QepcadProblem(
        f"[{title}]\n{wrap(f'({variables})')}\n{len(free)}\n{body}\n", names, order, len(free)
    )


def qepcad_script(formula: Formula, first: Sequence[str] = ()) -> str:
    """A complete input of QEPCAD, to be piped into it."""
    return f"{qepcad_problem(formula, first=first).text}finish\n"


def _any_symbol() -> sympy.Symbol:
    # QEPCAD insists on at least one variable.
    import sympy

    return sympy.Symbol("x")


def _names(formula: Formula, prefix: Prefix) -> Names:
    bound = {symbol for _, block in prefix for symbol in block}
    return Names.choose(all_symbols(formula) | bound, QEPCAD_RULES)


def _prenex_text(prefix: Prefix, matrix: Formula, names: Names) -> str:
    quantifiers = " ".join(
        f"({_QUANTIFIERS[kind]} {names[symbol]})" for kind, block in prefix for symbol in block
    )
    text = _matrix_text(matrix, names)
    return " ".join(filter(None, (quantifiers, text if text.startswith("[") else f"[ {text} ]")))


def _matrix_text(formula: Formula, names: Names) -> str:
    match formula:
        case Truth(value):
            return "0 = 0" if value else "1 = 0"
        case Atom(polynomial, relation):
            return f"{expanded_text(polynomial, _POLYNOMIAL, names)} {_RELATIONS[relation]} 0"
        case And(arguments):
            return _bracketed(" /\\ ", arguments, names)
        case Or(arguments):
            return _bracketed(" \\/ ", arguments, names)
        case _:
            raise AssertionError("the matrix of a prenex formula has no quantifier and no Not")


def _bracketed(connective: str, arguments: tuple[Formula, ...], names: Names) -> str:
    return f"[ {connective.join(_matrix_text(argument, names) for argument in arguments)} ]"
