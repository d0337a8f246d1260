"""Pure functions on formulas: their variables, substitution, evaluation at a rational point."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from qeclose.formula.language import (
    And,
    Atom,
    Exists,
    ForAll,
    Formula,
    Not,
    Or,
    Relation,
    Truth,
)
from qeclose.formula.normal_forms import negate, nnf, prenex, prenex_parts, rename_apart, simplify_truth
from qeclose.formula.polynomials import evaluate_polynomial, natural_order
from qeclose.formula.symbols import all_symbols, free_variables, substitute

if TYPE_CHECKING:
    import sympy

__all__ = [
    "evaluate",
    "free_variables",
    "is_positive_weak",
    "is_prenex",
    "is_quantifier_free",
    "negate",
    "nnf",
    "prenex",
    "prenex_parts",
    "rename_apart",
    "simplify_truth",
    "substitute",
    "variables",
]


def variables(formula: Formula) -> tuple[sympy.Symbol, ...]:
    """Every variable of the formula, free or bound, in natural order of the names."""
    return natural_order(all_symbols(formula))


def is_quantifier_free(formula: Formula) -> bool:
    """Whether no quantifier occurs."""
    match formula:
        case Truth() | Atom():
            return True
        case Not(argument):
            return is_quantifier_free(argument)
        case And(arguments) | Or(arguments):
            return all(map(is_quantifier_free, arguments))
        case Exists() | ForAll():
            return False


def is_prenex(formula: Formula) -> bool:
    """Whether all quantifiers of the formula are in front."""
    while isinstance(formula, Exists | ForAll):
        formula = formula.body
    return is_quantifier_free(formula)


def evaluate(formula: Formula, assignment: Mapping[sympy.Symbol, Fraction]) -> bool:
    """The truth of a quantifier-free formula at a rational point, exactly.

    Raises ``ValueError`` on a quantifier, or if a variable that matters has no value.
    """
    match formula:
        case Truth(value):
            return value
        case Atom(polynomial, relation):
            return relation.holds(evaluate_polynomial(polynomial, assignment))
        case Not(argument):
            return not evaluate(argument, assignment)
        case And(arguments):
            return all(evaluate(argument, assignment) for argument in arguments)
        case Or(arguments):
            return any(evaluate(argument, assignment) for argument in arguments)
        case Exists() | ForAll():
            raise ValueError("a formula with quantifiers has no value at a point")


def is_positive_weak(formula: Formula) -> bool:
    """Whether the formula is, negations pushed to the atoms, built of =, ≤, ≥ atoms by ∧ and ∨ alone.

    Such a formula defines a closed set: the preimages of {0} and of half-lines under polynomials are closed,
    and so are finite unions and intersections. The converse fails: ``False`` says nothing.
    """
    match nnf(formula):
        case Truth():
            return True
        case Atom(_, relation):
            return relation in (Relation.EQ, Relation.LE, Relation.GE)
        case And(arguments) | Or(arguments):
            return all(map(is_positive_weak, arguments))
        case _:
            return False
