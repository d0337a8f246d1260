"""Functions on formulas keep their meaning."""

from fractions import Fraction

import pytest
import sympy
from formula_strategies import SYMBOLS, formulas, points, polynomials, quantifier_free, rationals, truth
from hypothesis import given

from qeclose.formula.language import FALSE, TRUE, And, Atom, Exists, ForAll, Formula, Not, Or, Relation
from qeclose.formula.operations import (
    evaluate,
    free_variables,
    is_positive_weak,
    is_quantifier_free,
    negate,
    nnf,
    prenex,
    prenex_parts,
    rename_apart,
    simplify_truth,
    substitute,
    variables,
)
from qeclose.formula.polynomials import (
    evaluate_polynomial,
    expand_terms,
    from_terms,
    has_fractions,
    integer_terms,
    natural_order,
)

x, y, z = sympy.symbols("x y z")


def equation(polynomial: sympy.Expr) -> Atom:
    return Atom(polynomial, Relation.EQ)


def nodes(formula: Formula) -> list[Formula]:
    match formula:
        case Not(argument):
            return [formula, *nodes(argument)]
        case And(arguments) | Or(arguments):
            return [formula, *(node for argument in arguments for node in nodes(argument))]
        case Exists(_, body) | ForAll(_, body):
            return [formula, *nodes(body)]
        case _:
            return [formula]


@given(formulas, points)
def test_negation_is_the_opposite_and_leaves_no_not(formula, point):
    negated = negate(formula)
    assert truth(negated, point) is not truth(formula, point)
    assert not any(isinstance(node, Not) for node in nodes(negated))


@given(formulas, points)
def test_negation_normal_form_means_the_same(formula, point):
    assert truth(nnf(formula), point) is truth(formula, point)


@given(formulas, points)
def test_simplification_means_the_same_and_leaves_no_constant_inside(formula, point):
    simple = simplify_truth(formula)
    assert truth(simple, point) is truth(formula, point)
    inside = nodes(simple)[1:]
    assert TRUE not in inside and FALSE not in inside
    assert simplify_truth(simple) == simple


@given(formulas, points)
def test_prenex_form_means_the_same_with_all_quantifiers_in_front(formula, point):
    assert truth(prenex(formula), point) is truth(formula, point)
    prefix, matrix = prenex_parts(formula)
    assert is_quantifier_free(matrix)
    kinds = [kind for kind, _ in prefix]
    assert all(kind != following for kind, following in zip(kinds, kinds[1:], strict=False))


@given(formulas, points)
def test_renaming_apart_means_the_same_and_binds_no_name_twice(formula, point):
    apart = rename_apart(formula)
    assert truth(apart, point) is truth(formula, point)
    assert free_variables(apart) == free_variables(formula)
    bound = [
        symbol for node in nodes(apart) if isinstance(node, Exists | ForAll) for symbol in node.variables
    ]
    assert len(bound) == len(set(bound))
    assert not free_variables(formula) & set(bound)


def test_parallel_prefixes_are_merged_into_few_blocks():
    left = ForAll((x,), Exists((y,), equation(x - y)))
    right = ForAll((z,), equation(z))
    prefix, _ = prenex_parts(And((left, right)))
    assert prefix == (("forall", (x, z)), ("exists", (y,)))


def test_a_prefix_that_starts_late_waits_for_the_other():
    left = Exists((y,), equation(y))
    right = ForAll((x,), Exists((z,), equation(x - z)))
    prefix, _ = prenex_parts(Or((left, right)))
    assert prefix == (("forall", (x,)), ("exists", (y, z)))


@given(formulas, points, polynomials)
def test_substitution_is_evaluation_at_the_substituted_value(formula, point, replacement):
    target = SYMBOLS[0]
    moved = {**point, target: evaluate_polynomial(replacement, point)}
    assert truth(substitute(formula, {target: replacement}), point) is truth(formula, moved)


def test_substitution_is_simultaneous():
    assert substitute(equation(x - 2 * y), {x: y, y: x}) == equation(y - 2 * x)


def test_substitution_captures_no_variable():
    result = substitute(Exists((x,), equation(x - y)), {y: x})
    assert free_variables(result) == {x}


def test_variables_come_in_natural_order_free_and_bound():
    a2, a10 = sympy.symbols("a2 a10")
    formula = And((equation(a10 + x), Exists((a2,), equation(y - a2))))
    assert variables(formula) == (a2, a10, x, y)
    assert free_variables(formula) == {a10, x, y}


def test_a_name_that_is_free_elsewhere_stays_free():
    assert free_variables(And((Exists((x,), equation(x)), equation(x)))) == {x}


@given(polynomials, points)
def test_expansion_keeps_the_value_and_integer_terms_keep_the_sign(polynomial, point):
    value = evaluate_polynomial(polynomial, point)
    terms = expand_terms(polynomial)
    assert evaluate_polynomial(from_terms(terms), point) == value
    scaled = from_terms(integer_terms(terms))
    assert not has_fractions(scaled)
    scaled_value = evaluate_polynomial(scaled, point)
    assert (scaled_value > 0, scaled_value < 0) == (value > 0, value < 0)


@given(polynomials)
def test_expansion_agrees_with_sympy(polynomial):
    assert sympy.expand(from_terms(expand_terms(polynomial)) - polynomial) == 0


@pytest.mark.parametrize(
    "expression", [sympy.sqrt(x), 1 / x, sympy.sin(x), x**y, sympy.pi * x, sympy.Float(0.5)]
)
def test_what_is_no_polynomial_over_the_rationals_is_refused(expression):
    with pytest.raises(ValueError, match="not a polynomial"):
        expand_terms(expression)
    with pytest.raises(ValueError, match="not a polynomial"):
        evaluate_polynomial(expression, {x: Fraction(2), y: Fraction(2)})


@given(rationals)
def test_relations_compare_with_zero_and_negate_each_other(value):
    expected = {
        "=": value == 0,
        "!=": value != 0,
        "<": value < 0,
        "<=": value <= 0,
        ">": value > 0,
        ">=": value >= 0,
    }
    for relation in Relation:
        assert relation.holds(value) is expected[relation.value]
        assert relation.negation.holds(value) is not relation.holds(value)


def test_evaluation_refuses_quantifiers_and_missing_values():
    with pytest.raises(ValueError, match="quantifiers"):
        evaluate(Exists((x,), equation(x)), {})
    with pytest.raises(ValueError, match="no value given for y"):
        evaluate(equation(x + y), {x: Fraction(0)})


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (equation(x), True),
        (And((equation(x), Or((Atom(y, Relation.LE), Atom(y, Relation.GE))))), True),
        (Not(Atom(x, Relation.LT)), True),
        (Not(And((Atom(x, Relation.NE), Atom(y, Relation.GT)))), True),
        (TRUE, True),
        (FALSE, True),
        (Atom(x, Relation.LT), False),
        (Atom(x, Relation.NE), False),
        (Not(equation(x)), False),
        (And((equation(x), Atom(y, Relation.GT))), False),
        (Exists((x,), equation(x - y)), False),
        (Not(ForAll((x,), Atom(x - y, Relation.NE))), False),
    ],
)
def test_only_positive_combinations_of_weak_atoms_are_called_closed(formula, expected):
    assert is_positive_weak(formula) is expected


@given(quantifier_free)
def test_quantifier_free_formulas_are_recognised(formula):
    assert is_quantifier_free(formula)
    assert not is_quantifier_free(And((formula, Exists((x,), formula))))


def test_natural_order_reads_numbers_as_numbers():
    names = ["x10", "x2", "a", "x2_1", "x02"]
    assert [symbol.name for symbol in natural_order(map(sympy.Symbol, names))] == [
        "a",
        "x2",
        "x02",
        "x2_1",
        "x10",
    ]
