"""Elimination by linear algebra, and simplification of what it gives."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import qeclose
from qeclose.decide.linear_description import linear_description
from qeclose.decide.method import Question
from qeclose.decide.methods.staged import missed_point
from qeclose.engine.protocol import Limits
from qeclose.errors import EngineNotFound
from qeclose.formula.builders import AtomShape, entries, membership
from qeclose.formula.cases import StopWork
from qeclose.formula.language import FALSE, TRUE, And, Atom, Exists, Formula, Not, Or, Relation
from qeclose.formula.linear import eliminate_linear
from qeclose.formula.operations import evaluate, is_positive_weak, is_quantifier_free, substitute
from qeclose.formula.simplify import simplify_description

A, B, C, X, Y = sympy.symbols("a b c x y")

masks = st.builds(
    lambda left, right: qeclose.Support(left, right),
    st.lists(st.lists(st.integers(0, 1), min_size=2, max_size=2), min_size=2, max_size=2),
    st.lists(st.lists(st.integers(0, 1), min_size=2, max_size=2), min_size=3, max_size=3),
)
polynomials = st.builds(
    lambda c: sum((k * m for k, m in zip(c, (1, A, B, A * B, A**2, B**2), strict=True)), sympy.Integer(0)),
    st.tuples(*[st.integers(-2, 2)] * 6),
)
factored = st.builds(lambda p, q: p * q, polynomials, st.one_of(polynomials, st.just(A), st.just(A - B)))
atoms = st.builds(Atom, st.one_of(polynomials, factored), st.sampled_from(Relation))
formulas = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(lambda x, y: And((x, y)), inner, inner),
        st.builds(lambda x, y: Or((x, y)), inner, inner),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)
PLANE = [Fraction(k, 2) for k in range(-4, 5)]


def equation(polynomial: sympy.Expr) -> Atom:
    return Atom(polynomial, Relation.EQ)


def test_a_variable_that_occurs_linearly_is_solved_for_by_cases():
    phi = eliminate_linear(Exists((X,), And((equation(A * X - B), equation(C * X - 1)))))
    assert phi is not None
    for a, b, c in itertools.product((-1, 0, 1, 2), repeat=3):
        solvable = c != 0 and Fraction(a, c) == b
        assert evaluate(phi, {A: Fraction(a), B: Fraction(b), C: Fraction(c)}) == solvable


def test_a_variable_with_inequations_only_exists_unless_one_of_them_is_zero_everywhere():
    phi = eliminate_linear(Exists((X,), And((Atom(A * X + B, Relation.NE), Atom(X, Relation.NE)))))
    assert phi is not None
    assert not evaluate(phi, {A: Fraction(0), B: Fraction(0)})
    assert evaluate(phi, {A: Fraction(1), B: Fraction(0)})
    assert evaluate(phi, {A: Fraction(0), B: Fraction(1)})


def test_what_is_not_linear_keeps_its_quantifier():
    phi = eliminate_linear(Exists((X, Y), And((equation(X**2 - A), equation(Y - X)))))
    assert phi is not None
    assert not is_quantifier_free(phi)
    assert isinstance(phi, Exists)
    assert len(phi.variables) == 1


def test_contradictory_equations_are_false():
    assert eliminate_linear(Exists((X,), And((equation(X), equation(X - 1))))) == FALSE


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="conjunctions"):
        eliminate_linear(Exists((X,), Or((equation(X), equation(A)))))


def test_work_that_is_stopped_gives_no_half_answer():
    def stop() -> None:
        raise StopWork

    with pytest.raises(StopWork):
        eliminate_linear(Exists((X,), equation(A * X - B)), stop)


def test_too_many_cases_give_no_answer():
    assert eliminate_linear(Exists((X,), equation(A * X - B)), most_cases=1) is None


@settings(max_examples=30, deadline=None)
@given(masks, st.integers(0, 2**16))
def test_every_product_of_factors_satisfies_the_description(support: qeclose.Support, seed: int):
    question = Question(support)
    found = linear_description(question, 60.0)
    assert found is not None
    assert missed_point(found.raw, question, seed) is None
    assert missed_point(found.simple, question, seed) is None


@settings(max_examples=25, deadline=None)
@given(masks, st.lists(st.sampled_from([0, 0, 1, -1, 2]), min_size=6, max_size=6))
def test_echelon_form_and_simplification_change_no_description(support: qeclose.Support, values: list[int]):
    found = linear_description(Question(support), 60.0)
    plain = eliminate_linear(membership(support, shape=AtomShape.EQUATIONS))
    assert found is not None
    assert plain is not None
    point = {symbol: Fraction(v) for symbol, v in zip(entries(support).values(), values, strict=True)}
    assert evaluate(plain, point) == evaluate(found.raw, point) == evaluate(found.simple, point)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lu-2", "arrow-2-first", "full-2x2-r1"])
def test_a_solver_agrees_at_every_small_matrix(name: str):
    from qeclose.engine.registry import find_engine

    try:
        solver = find_engine("z3")
    except EngineNotFound:
        pytest.skip("needs z3")
    path = Path(__file__).parents[2] / "supports" / f"{name}.txt"
    support = qeclose.read(path)[0] if path.exists() else qeclose.Support([[1], [1]], [[1], [1]])
    assert isinstance(support, qeclose.Support)
    found = linear_description(Question(support), 60.0)
    assert found is not None
    element = membership(support, shape=AtomShape.EQUATIONS)
    symbols = list(entries(support).values())
    for values in itertools.product((0, 1), repeat=len(symbols)):
        point = {symbol: sympy.Integer(value) for symbol, value in zip(symbols, values, strict=True)}
        model = solver.satisfy(substitute(element, point), Limits(30, 2000)).value
        exact = {symbol: Fraction(int(value)) for symbol, value in point.items()}
        assert evaluate(found.simple, exact) == (model is not False)


def description(rows: list[list[int]], columns: list[list[int]]) -> Formula:
    found = linear_description(Question(qeclose.Support(rows, columns)), 60.0)
    assert found is not None
    return found.simple


@pytest.mark.parametrize(("m", "n", "r"), [(2, 2, 1), (2, 3, 1), (3, 3, 1), (3, 3, 2)])
def test_masks_without_zeros_are_seen_to_be_closed_by_the_shape_of_their_description(m: int, n: int, r: int):
    assert is_positive_weak(description([[1] * r] * m, [[1] * r] * n))


def test_the_description_of_rank_one_is_its_determinant():
    phi = description([[1], [1]], [[1], [1]])
    names = {symbol.name: symbol for symbol in phi.polynomial.free_symbols}
    assert phi == equation(sympy.expand(names["a11"] * names["a22"] - names["a12"] * names["a21"]))


def test_enough_terms_fill_the_space():
    assert description([[1, 1], [1, 1]], [[1, 1], [1, 1]]) == TRUE


def test_an_ill_posed_mask_keeps_a_strict_condition():
    assert not is_positive_weak(description([[1, 0], [1, 1]], [[1, 0], [1, 1]]))


@settings(max_examples=60, deadline=None)
@given(formulas)
def test_a_simplified_formula_is_true_at_the_same_points(phi: Formula):
    simple = simplify_description(phi)
    for a, b in itertools.product(PLANE, repeat=2):
        assert evaluate(simple, {A: a, B: b}) == evaluate(phi, {A: a, B: b})


@given(formulas, st.integers(1, 40))
@settings(max_examples=25, deadline=None)
def test_a_simplification_that_is_stopped_is_still_equivalent(phi: Formula, steps: int):
    left = steps

    def tick() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise StopWork

    simple = simplify_description(phi, tick)
    for a, b in itertools.product(PLANE[::2], repeat=2):
        assert evaluate(simple, {A: a, B: b}) == evaluate(phi, {A: a, B: b})


def test_needless_inequations_are_left_out():
    phi = Or((And((Atom(A, Relation.NE), equation(A * B))), equation(A)))
    assert is_positive_weak(simplify_description(phi))


def test_a_quantifier_is_refused():
    with pytest.raises(ValueError, match="quantifier-free"):
        simplify_description(Exists((X,), equation(X * A)))
