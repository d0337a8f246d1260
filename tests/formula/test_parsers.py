"""Answers of engines are read exactly, and what is no answer is refused."""

import re
from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from qeclose.formula.language import FALSE, TRUE, And, Atom, Exists, ForAll, Or, Relation
from qeclose.formula.names import Names
from qeclose.formula.numbers import AlgebraicNumber, root_between, root_of
from qeclose.formula.operations import evaluate
from qeclose.formula.parsers import ApproximateValue, parse_qepcad, parse_redlog, parse_smtlib_model
from qeclose.formula.printers.redlog import REDLOG_RULES

a, b, c, d, x, y = sympy.symbols("a b c d x y")
GRID = [Fraction(value) for value in (-2, 0, 1)]


def test_a_qepcad_answer_in_several_lines():
    text = "x > 0 /\\ x - 4 /= 0 /\\\n[ x - 4 > 0 \\/ 2 x^2 y - 1 < 0 ]"
    assert parse_qepcad(text) == And(
        (
            Atom(x, Relation.GT),
            Atom(x - 4, Relation.NE),
            Or((Atom(x - 4, Relation.GT), Atom(2 * x**2 * y - 1, Relation.LT))),
        )
    )


def test_qepcad_truth_values():
    assert parse_qepcad(" TRUE\n") == TRUE
    assert parse_qepcad("FALSE") == FALSE


@pytest.mark.parametrize(
    ("connective", "table"),
    [
        ("==>", {(0, 0): True, (0, 1): True, (1, 0): False, (1, 1): True}),
        ("<==>", {(0, 0): True, (0, 1): False, (1, 0): False, (1, 1): True}),
        ("<==", {(0, 0): True, (0, 1): False, (1, 0): True, (1, 1): True}),
        ("/\\", {(0, 0): False, (0, 1): False, (1, 0): False, (1, 1): True}),
        ("\\/", {(0, 0): False, (0, 1): True, (1, 0): True, (1, 1): True}),
    ],
)
def test_every_qepcad_connective_has_its_truth_table(connective, table):
    formula = parse_qepcad(f"[ x = 1 {connective} y = 1 ]")
    read = {point: evaluate(formula, {x: Fraction(point[0]), y: Fraction(point[1])}) for point in table}
    assert read == table


def test_a_qepcad_negation_reaches_over_its_bracket_only():
    formula = parse_qepcad("[ ~ [ x = 0 ] ] /\\ y = 0")
    assert evaluate(formula, {x: Fraction(1), y: Fraction(0)})
    assert not evaluate(formula, {x: Fraction(1), y: Fraction(1)})


def test_qepcad_products_may_hold_parentheses():
    assert parse_qepcad("2 (x - 1) (x + 1)^2 y = 0") == Atom(
        sympy.expand(2 * (x - 1) * (x + 1) ** 2 * y), Relation.EQ
    )


def test_a_prenex_qepcad_formula():
    formula = parse_qepcad("(E x) (E y) (A a)[ x y - a /= 0 ]")
    assert formula == Exists((x, y), ForAll((a,), Atom(x * y - a, Relation.NE)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "x + = 0",
        "x = 0 /\\",
        "[ x = 0",
        "x = 0 ]",
        "x = 0 y = 0",
        "TRUE x = 0",
        "x = y = 0",
        "x $ 0",
        "x^y = 0",
        "x^99999 = 0",
        "x / 0 = 0",
        "x / y = 0",
        "(x = 0) + 1 = 0",
        "~ x",
        "Error GETCID: This command is not active here.",
        "[" * 100_000 + "x = 0" + "]" * 100_000,
    ],
)
def test_what_is_no_qepcad_formula_is_refused(text):
    with pytest.raises(ValueError):
        parse_qepcad(text)


def test_an_extended_qepcad_answer_is_refused_by_name():
    with pytest.raises(ValueError, match="extended language"):
        parse_qepcad("x > _root_2 y^2 - x")


RECORDED = {
    "d = 0 and c = 0 and b = 0 and a = 0 or d <> 0 and b <> 0 and a*d - b*c = 0 or c \n<> 0 and a <> 0 and"
    " a*d - b*c = 0 or b = 0 and a = 0 or b <> 0 and a*d - b*c = 0\n or a <> 0 and a*d - b*c = 0": (
        # Which of the entries of a 2×2 matrix admit x·y = a, x·w = b, z·y = c, z·w = d: rank at most one.
        lambda p: p[a] * p[d] == p[b] * p[c]
    ),
    "b < 0 or b = 0 and a < 0 or b > 0 and 4*a**3 + 27*b**2 <= 0": (
        # Whether x³ + ax + b has a positive root: for b > 0 iff the least positive value is not above 0.
        lambda p: p[b] < 0 or (p[b] == 0 and p[a] < 0) or (p[b] > 0 and 4 * p[a] ** 3 + 27 * p[b] ** 2 <= 0)
    ),
    "c = 0 or b = 0 or a <> 0": lambda p: p[c] == 0 or p[b] == 0 or p[a] != 0,
    "true": lambda p: True,
    "false": lambda p: False,
}


@pytest.mark.parametrize("answer", RECORDED)
def test_answers_as_redlog_gives_them(answer):
    formula = parse_redlog(answer)
    for values in ((p, q, r, s) for p in GRID for q in GRID for r in GRID for s in GRID):
        point = dict(zip((a, b, c, d), values, strict=True))
        assert evaluate(formula, point) is RECORDED[answer](point)


def test_redlog_connectives_bind_and_before_or_before_implication():
    formula = parse_redlog("not a = 0 and b = 0 or c = 0 impl d = 0")
    for values in ((p, q, r, s) for p in GRID for q in GRID for r in GRID for s in GRID):
        p, q, r, s = values
        expected = not ((p != 0 and q == 0) or r == 0) or s == 0
        assert evaluate(formula, dict(zip((a, b, c, d), values, strict=True))) is expected


@pytest.mark.parametrize(
    ("connective", "expected"),
    [("impl", lambda p, q: not p or q), ("repl", lambda p, q: p or not q), ("equiv", lambda p, q: p is q)],
)
def test_redlog_implications(connective, expected):
    formula = parse_redlog(f"(a = 1) {connective} (b = 1)")
    for first in GRID:
        for second in GRID:
            value = evaluate(formula, {a: first, b: second})
            assert value is bool(expected(first == 1, second == 1))


def test_redlog_quantifiers_with_one_variable_or_a_list():
    body = Atom(x * y - a, Relation.LE)
    assert parse_redlog("ex(x, all({y,a}, x*y - a <= 0))") == Exists((x,), ForAll((y, a), body))


def test_names_are_translated_back():
    t = sympy.Symbol("t")
    names = Names.choose([t], REDLOG_RULES)
    assert parse_redlog("t1 + a = 0", names) == Atom(t + a, Relation.EQ)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "***** Too few right parentheses",
        "Declare foo operator ?  (Y or N)",
        "+++ Run out of memory",
        "foo(x) - 1 = 0",
        "a = 0 and",
        "a = 0 or or b = 0",
        "ex({}, a = 0)",
        "ex({1}, a = 0)",
        "ex(and, a = 0)",
        "a = 0 b = 0",
        "true and 1",
        "sqrt(2)*a = 0",
        "a = 1.5",
    ],
)
def test_what_is_no_redlog_formula_is_refused(text):
    with pytest.raises(ValueError):
        parse_redlog(text)


Z3_MODEL = """sat
(
  (define-fun z () Real
    (root-obj (+ (^ x 3) (* (- 1) x) (- 5)) 1))
  (define-fun x () Real
    (root-obj (+ (^ x 2) (- 2)) 1))
  (define-fun w () Real
    (root-obj (+ (* 9 (^ x 2)) (- 8)) 2))
  (define-fun y_1 () Real
    (- (/ 3.0 2.0)))
)
"""


def decimal(value: Fraction | AlgebraicNumber) -> float:
    if isinstance(value, Fraction):
        return float(value)
    (root,) = [
        root for root in value.polynomial.nroots(n=30) if root.is_real and value.low <= root <= value.high
    ]
    return float(root)


def test_a_z3_model_with_algebraic_values():
    model = parse_smtlib_model(Z3_MODEL)
    assert {name: round(decimal(value), 6) for name, value in model.items()} == {
        "z": 1.904161,
        "x": -1.414214,
        "w": 0.942809,
        "y_1": -1.5,
    }
    assert model["y_1"] == Fraction(-3, 2)


def test_models_of_cvc5_and_yices():
    cvc5 = "(\n(define-fun x () Real 0.0)\n(define-fun |y 1| () Real (/ (- 3) 2))\n)"
    assert parse_smtlib_model(cvc5) == {"x": Fraction(0), "y 1": Fraction(-3, 2)}
    yices = "(model\n  (define-fun x () Real 0.0)\n  (define-fun u () Real (/ 1 2))\n  (define-fun v () Real (- 4.0)))"
    assert parse_smtlib_model(yices, decimals_are_exact=False) == {
        "x": Fraction(0),
        "u": Fraction(1, 2),
        "v": Fraction(-4),
    }


def test_a_real_algebraic_number_of_cvc5():
    (value,) = parse_smtlib_model(
        "((define-fun x () Real (_ real_algebraic_number <1*x^2 + (-2), (5/4, 3/2)>)))"
    ).values()
    assert decimal(value) == pytest.approx(2**0.5)


def test_the_rounded_decimals_of_yices_are_not_taken_for_values():
    text = "(model (define-fun x () Real -1.414214))"
    with pytest.raises(ApproximateValue, match=re.escape("-1.414214")):
        parse_smtlib_model(text, decimals_are_exact=False)
    assert parse_smtlib_model(text) == {"x": Fraction(-1414214, 1000000)}


def test_a_rational_root_of_z3_becomes_a_fraction():
    text = "((define-fun x () Real (root-obj (+ (* 4 (^ x 3)) (* (- 1) x)) 3)))"
    assert parse_smtlib_model(text) == {"x": Fraction(1, 2)}


@pytest.mark.parametrize(
    "text",
    [
        "((define-fun x () Real (root-obj (+ (^ x 2) 2) 1)))",
        "((define-fun x () Real (root-obj (+ (^ x 2) (- 2)) 3)))",
        "((define-fun x () Real (root-obj 5 1)))",
        "((define-fun x () Real (/ 1 0)))",
        "((define-fun x () Real nonsense))",
        "((define-fun x () Real (ite true 1 2)))",
        "((define-fun x () Real 1)",
        "(define-fun x () Real 1))",
        "((define-fun x () Real (_ real_algebraic_number <1*x^2 + (-2), (-2, 2)>)))",
        "((define-fun x () Real (_ real_algebraic_number <oops>)))",
    ],
)
def test_a_broken_model_is_refused(text):
    with pytest.raises(ValueError):
        parse_smtlib_model(text)


def test_functions_and_booleans_in_a_model_are_no_values():
    text = "((define-fun p () Bool true) (define-fun f ((x Real)) Real 1) (define-fun x () Real 2))"
    assert parse_smtlib_model(text) == {"x": Fraction(2)}


@given(st.lists(st.fractions(-5, 5, max_denominator=6), min_size=1, max_size=4))
def test_roots_are_counted_in_increasing_order_without_repetition(roots):
    polynomial = sympy.Poly(
        sympy.prod([x - sympy.Rational(root.numerator, root.denominator) for root in roots]) ** 2,
        x,
        domain="QQ",
    )
    found = [root_of(polynomial, index) for index in range(1, len(set(roots)) + 1)]
    assert found == sorted(set(roots))
    with pytest.raises(ValueError, match="no real root number"):
        root_of(polynomial, len(found) + 1)
    assert root_between(polynomial, found[0], found[0]) == found[0]


@given(
    st.sets(st.fractions(-3, 3, max_denominator=4), max_size=3),
    st.sets(st.sampled_from([2, 3, 5, 7]), max_size=2),
)
def test_irrational_roots_are_told_from_rational_neighbours(rational, squares):
    factors = [x - sympy.Rational(root.numerator, root.denominator) for root in rational]
    factors += [x**2 - square for square in squares]
    polynomial = sympy.Poly(sympy.prod(factors) * (x**2 + 1), x, domain="QQ")
    expected = sorted(
        [*map(float, rational), *(sign * square**0.5 for square in squares for sign in (-1, 1))]
    )
    found = [root_of(polynomial, index) for index in range(1, len(expected) + 1)]
    assert [decimal(root) for root in found] == pytest.approx(expected)
    assert [root for root in found if isinstance(root, Fraction)] == sorted(rational)


@pytest.mark.parametrize(("low", "high"), [(-2, 2), (0, 1), (3, 4), (2, 1)])
def test_an_interval_must_hold_exactly_one_root(low, high):
    polynomial = sympy.Poly((x**2 - 2) * (x - 1) * x, x, domain="QQ")
    with pytest.raises(ValueError, match="exactly one root"):
        root_between(polynomial, Fraction(low), Fraction(high))


def test_a_double_root_is_one_root():
    assert root_between(sympy.Poly((x - 1) ** 2, x, domain="QQ"), Fraction(0), Fraction(2)) == 1
