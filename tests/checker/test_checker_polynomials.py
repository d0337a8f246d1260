"""The checker's own polynomial arithmetic, against sympy."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from qeclose.checker.polynomial import (
    MAX_EXPONENT,
    Monomial,
    Polynomial,
    TooLarge,
    Variable,
    add,
    as_constant,
    coefficients_in,
    divide,
    is_unit,
    multiply,
    ratio,
    read_polynomial,
    scaled,
    substitute,
)
from qeclose.checker.reading import Path, Rational
from qeclose.errors import CertificateError

NAMES: list[Variable] = [("f", 0, 1, 0), ("f", 1, 0, 2), ("x'", 3, 1), ("a", 0, 0)]
SYMBOLS = dict(zip(NAMES, sympy.symbols("p q r s"), strict=True))


@st.composite
def polynomials(draw: st.DrawFn, terms: int = 4) -> Polynomial:
    p: dict[Monomial, Rational] = {}
    for _ in range(draw(st.integers(0, terms))):
        exponents = draw(st.lists(st.integers(0, 2), min_size=4, max_size=4))
        monomial = tuple(sorted((v, e) for v, e in zip(NAMES, exponents, strict=True) if e))
        numerator, denominator = draw(st.integers(1, 5)), draw(st.sampled_from([1, 2, -3]))
        p[monomial] = numerator if denominator == 1 else Fraction(numerator, denominator)
    return p


def to_sympy(p: Polynomial) -> sympy.Expr:
    return sympy.Add(
        *(
            sympy.Rational(c.numerator, c.denominator) * sympy.Mul(*(SYMBOLS[v] ** e for v, e in monomial))
            for monomial, c in p.items()
        )
    )


def equal(p: Polynomial, expression: sympy.Expr) -> bool:
    return sympy.expand(to_sympy(p) - expression) == 0


@given(polynomials(), polynomials())
def test_sums_and_products_are_those_of_sympy(p: Polynomial, q: Polynomial) -> None:
    assert equal(add(p, q), to_sympy(p) + to_sympy(q))
    assert equal(multiply(p, q), to_sympy(p) * to_sympy(q))
    assert equal(add(p, scaled(p, -1)), sympy.Integer(0))


@given(polynomials(), polynomials(), polynomials())
def test_products_distribute_and_equal_polynomials_are_equal_dictionaries(
    p: Polynomial, q: Polynomial, r: Polynomial
) -> None:
    assert multiply(p, add(q, r)) == add(multiply(p, q), multiply(p, r))
    assert multiply(p, q) == multiply(q, p)
    assert all(add(p, q).values())


@given(polynomials(), st.sampled_from(NAMES), polynomials(2), polynomials(2))
def test_substitution_clears_the_denominator_to_the_degree(
    p: Polynomial, v: Variable, numerator: Polynomial, denominator: Polynomial
) -> None:
    degree = max(coefficients_in(p, v), default=0)
    # The value at v = n/d, as the homogenised polynomial, so that d = 0 needs no special case.
    n, d = to_sympy(numerator), to_sympy(denominator)
    expected = sum(to_sympy(c) * n**e * d ** (degree - e) for e, c in coefficients_in(p, v).items())
    assert equal(substitute(p, v, numerator, denominator), sympy.sympify(expected))


@given(polynomials(), st.sampled_from(NAMES))
def test_coefficients_in_a_variable_are_free_of_it_and_add_up(p: Polynomial, v: Variable) -> None:
    parts = coefficients_in(p, v)
    assert equal(p, sum((to_sympy(c) * SYMBOLS[v] ** e for e, c in parts.items()), sympy.Integer(0)))
    assert all(SYMBOLS[v] not in to_sympy(c).free_symbols for c in parts.values())


@given(polynomials(), polynomials(2))
def test_division_inverts_multiplication(p: Polynomial, q: Polynomial) -> None:
    assert divide(multiply(p, q), q) == (p if q else None)


@given(polynomials(3), polynomials(2), st.sampled_from(NAMES))
def test_no_coefficient_is_rounded(p: Polynomial, q: Polynomial, v: Variable) -> None:
    results = [multiply(p, q), substitute(p, v, q, p), divide(multiply(p, q), q) or {}]
    assert all(type(value) in (int, Fraction) for result in results for value in result.values())


def test_integers_are_divided_without_rounding() -> None:
    large = 3**80
    assert ratio(large, 3) == 3**79
    assert ratio(1, 3) == Fraction(1, 3)
    assert ratio(Fraction(large, 2), Fraction(1, 2)) == large


@given(polynomials(3), polynomials(2))
@settings(max_examples=60)
def test_division_is_exact_just_when_sympy_says_so(p: Polynomial, q: Polynomial) -> None:
    if q:
        remainder = sympy.Poly(to_sympy(p), *SYMBOLS.values()).rem(sympy.Poly(to_sympy(q), *SYMBOLS.values()))
        assert (divide(p, q) is not None) is remainder.is_zero


@given(st.lists(polynomials(2).filter(bool), min_size=1, max_size=3), st.data())
@settings(max_examples=50)
def test_products_of_units_are_units(units: list[Polynomial], data: st.DataObject) -> None:
    product = as_constant(Fraction(-2, 3))
    for u in data.draw(st.lists(st.sampled_from(units), max_size=3)):
        product = multiply(product, u)
    assert is_unit(product, units)


def variable(number: int) -> Polynomial:
    return {((NAMES[number], 1),): Fraction(1)}


def test_units_with_common_factors_need_no_lucky_order() -> None:
    a, b, c, d = (variable(number) for number in range(4))
    units = [multiply(b, c), multiply(a, b), multiply(c, d)]
    assert is_unit(multiply(multiply(a, b), multiply(c, d)), units)
    assert not is_unit(multiply(a, d), units)


def test_zero_and_sums_of_units_are_no_units() -> None:
    a, b = variable(0), variable(1)
    assert not is_unit({}, [a, b, {}])
    assert not is_unit(add(a, b), [a, b])
    assert is_unit(as_constant(5), [])
    assert not is_unit(a, [multiply(a, b)])


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([["0", []]], "never 0"),
        ([["1", []], ["2", []]], "listed twice"),
        ([["1", [[["x", 0], 1], [["x", 0], 2]]]], "listed twice"),
        ([["1", [[["x", 0], 0]]]], "exponent"),
        ([["1", [[["x", 0], MAX_EXPONENT + 1]]]], "exponent"),
        ([["1", [[["x", True], 1]]]], "index"),
        ([["1", [[[], 1]]]], "name"),
        ([["1/0", []]], "denominator 0"),
        ([["1.5", []]], "rational"),
        ([[1, []]], "rational"),
        ([["nan", []]], "rational"),
        ([["1" * 5000, []]], "rational"),
        ([["١", []]], "rational"),
        ({}, "list"),
        ([["1"]], "2 entries"),
    ],
)
def test_a_polynomial_that_is_none_is_refused(value: object, problem: str) -> None:
    with pytest.raises(CertificateError, match=problem):
        read_polynomial(value, Path.root() / "p")


def test_arithmetic_that_explodes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qeclose.checker.polynomial._MAX_PRODUCTS", 10_000)
    p = add(add(variable(0), variable(1)), add(variable(2), variable(3)))
    with pytest.raises(TooLarge):
        for _ in range(10):
            p = multiply(p, p)
    with pytest.raises(TooLarge):
        substitute({((NAMES[0], 10**9),): Fraction(1)}, NAMES[0], p, as_constant(1))


def test_searches_and_sums_that_take_too_long_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    p, q, *_ = ({((v, 1),): 1} for v in NAMES)
    assert is_unit(multiply(p, q), [p, q])
    monkeypatch.setattr("qeclose.checker.polynomial._MAX_TRIALS", 1)
    with pytest.raises(TooLarge):
        is_unit(multiply(p, q), [p, q])
    monkeypatch.setattr("qeclose.checker.polynomial.MAX_TERMS", 1)
    with pytest.raises(TooLarge):
        add(p, q)
