"""Closure questions about a described set: relaxation and lines."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from qeclose.decide.closure import line_leaves, relaxation_exceeds, relaxed, right_germ
from qeclose.formula.language import FALSE, TRUE, And, Atom, Exists, Formula, Or, Relation
from qeclose.formula.operations import evaluate, is_positive_weak, negate

A, B, DA, DB = sympy.symbols("a b da db")
NONZERO_A = Atom(A, Relation.NE)

small = st.integers(-3, 3).map(Fraction)
polynomials = st.builds(
    lambda c: sum((k * m for k, m in zip(c, (1, A, B, A * B, A**2, B**2), strict=True)), sympy.Integer(0)),
    st.tuples(*[st.integers(-2, 2)] * 6),
)
atoms = st.builds(Atom, polynomials, st.sampled_from(Relation))
formulas = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(lambda x, y: And((x, y)), inner, inner), st.builds(lambda x, y: Or((x, y)), inner, inner)
    ),
    max_leaves=4,
)


@given(formulas, small, small)
def test_the_relaxation_holds_wherever_the_formula_holds_and_is_weak(phi: Formula, a: Fraction, b: Fraction):
    weak = relaxed(phi)
    assert is_positive_weak(weak)
    assert not evaluate(phi, {A: a, B: b}) or evaluate(weak, {A: a, B: b})


@given(formulas, small, small, small, small)
def test_the_germ_is_the_truth_at_points_very_near_along_the_direction(
    phi: Formula, a: Fraction, b: Fraction, da: Fraction, db: Fraction
):
    # All numbers here are integers below 100, so that no polynomial in t changes sign in (0, 1/1000].
    t = Fraction(1, 10**6)
    near = evaluate(phi, {A: a + t * da, B: b + t * db})
    assert evaluate(right_germ(phi, {A: DA, B: DB}), {A: a, B: b, DA: da, DB: db}) == near


def test_the_plane_without_a_line_has_a_segment_that_leaves_it():
    system = line_leaves(NONZERO_A)
    names = {symbol.name: symbol for symbol in system_symbols(system)}
    moved = names["av1"]
    assert evaluate(system, {A: Fraction(0), moved: Fraction(1)})
    assert not evaluate(system, {A: Fraction(1), moved: Fraction(1)})


def test_the_relaxation_of_a_weak_formula_adds_nothing():
    phi = And((Atom(A, Relation.GE), Atom(A * B, Relation.EQ)))
    point = {A: Fraction(0), B: Fraction(2)}
    assert relaxed(phi) == phi
    assert not evaluate(relaxation_exceeds(phi), point)


def test_relaxing_an_inequation_gives_everything():
    assert relaxed(NONZERO_A) == TRUE
    assert relaxation_exceeds(NONZERO_A) == Atom(A, Relation.EQ)


def test_a_false_description_has_no_frontier():
    assert relaxation_exceeds(FALSE) == FALSE
    assert line_leaves(FALSE) == FALSE


@pytest.mark.parametrize("question", [relaxed, lambda phi: right_germ(phi, {})])
def test_a_quantifier_is_refused(question):
    with pytest.raises(ValueError, match="quantifier-free"):
        question(Exists((A,), NONZERO_A))


def test_the_two_questions_never_both_say_yes_of_an_open_and_a_closed_half_line():
    opened, closed = Atom(A, Relation.GT), negate(Atom(A, Relation.LT))
    moved = sympy.Symbol("av1")
    at_end = {A: Fraction(0), moved: Fraction(1)}
    assert evaluate(line_leaves(opened), at_end)
    assert evaluate(relaxation_exceeds(opened), at_end)
    assert not evaluate(line_leaves(closed), at_end)
    assert relaxation_exceeds(closed) != TRUE
    assert not evaluate(relaxation_exceeds(closed), at_end)


def system_symbols(system: Formula) -> set[sympy.Symbol]:
    from qeclose.formula.operations import free_variables

    return set(free_variables(system))
