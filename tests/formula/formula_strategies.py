"""Random formulas, and their truth over a finite domain.

Laws of first-order logic hold in every structure with more than nothing in it, so an equivalence that the
code claims is tested by letting the quantifiers range over a few rational numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product

import sympy
from hypothesis import strategies as st

from qeclose.formula.language import And, Atom, Exists, ForAll, Formula, Not, Or, Relation, Truth
from qeclose.formula.operations import evaluate

# Names that some syntax reserves, forbids, or might confuse with another one.
SYMBOLS = tuple(map(sympy.Symbol, ("x11", "x1_1", "e", "E", "Xy", "t")))
DOMAIN = (Fraction(-1), Fraction(0), Fraction(3, 2))

rationals = st.fractions(min_value=-3, max_value=3, max_denominator=4)
points = st.fixed_dictionaries(dict.fromkeys(SYMBOLS, rationals))


def _as_sympy(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


polynomials = st.recursive(
    st.sampled_from(SYMBOLS) | rationals.map(_as_sympy),
    lambda inner: (
        st.tuples(inner, inner).map(lambda pair: sympy.Add(*pair))
        | st.tuples(inner, inner).map(lambda pair: sympy.Mul(*pair))
        | st.tuples(inner, st.integers(2, 3)).map(lambda pair: sympy.Pow(*pair))
    ),
    max_leaves=5,
)
atoms = st.builds(Atom, polynomials, st.sampled_from(Relation))


def _connected(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    several = st.lists(inner, max_size=3).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, inner)


quantifier_free = st.recursive(atoms | st.builds(Truth, st.booleans()), _connected, max_leaves=6)


def _quantified(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    bound = st.lists(st.sampled_from(SYMBOLS), min_size=1, max_size=2, unique=True).map(tuple)
    return _connected(inner) | st.builds(Exists, bound, inner) | st.builds(ForAll, bound, inner)


def _cheap(formula: Formula) -> bool:
    return _bound_count(formula) <= 5


def _bound_count(formula: Formula) -> int:
    match formula:
        case Not(argument):
            return _bound_count(argument)
        case And(arguments) | Or(arguments):
            return sum(map(_bound_count, arguments))
        case Exists(bound, body) | ForAll(bound, body):
            return len(bound) + _bound_count(body)
        case _:
            return 0


formulas = st.recursive(atoms | st.builds(Truth, st.booleans()), _quantified, max_leaves=5).filter(_cheap)


def truth(formula: Formula, assignment: Mapping[sympy.Symbol, Fraction]) -> bool:
    """The truth of a formula whose quantifiers range over ``DOMAIN``."""
    match formula:
        case Truth() | Atom():
            return evaluate(formula, assignment)
        case Not(argument):
            return not truth(argument, assignment)
        case And(arguments):
            return all(truth(argument, assignment) for argument in arguments)
        case Or(arguments):
            return any(truth(argument, assignment) for argument in arguments)
        case Exists(bound, body):
            return any(truth(body, {**assignment, **chosen}) for chosen in choices(bound))
        case ForAll(bound, body):
            return all(truth(body, {**assignment, **chosen}) for chosen in choices(bound))


def choices(bound: tuple[sympy.Symbol, ...]) -> list[dict[sympy.Symbol, Fraction]]:
    """Every way to give the bound variables values of ``DOMAIN``."""
    return [dict(zip(bound, values, strict=True)) for values in product(DOMAIN, repeat=len(bound))]
