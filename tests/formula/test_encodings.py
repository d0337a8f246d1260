"""Every encoding of the sentence says what the published one says."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
import sympy
from formula_real import answer_of
from hypothesis import given, settings
from hypothesis import strategies as st
from test_builders import LU, draw_point, supports

from qeclose.engine.registry import ENGINE_NAMES
from qeclose.formula.builders import AtomShape, SetName, sentence
from qeclose.formula.encodings import ENCODINGS, Epsilon, encoded, encoded_sentence
from qeclose.formula.language import And, Exists, ForAll
from qeclose.formula.operations import evaluate, free_variables, prenex_parts, variables
from qeclose.formula.symbols import all_symbols
from qeclose.support import Support, bits

small = st.fractions(-2, 2, max_denominator=3)
names = st.sampled_from(sorted(ENCODINGS))


def outer_values(support, everywhere, values):
    """The same values with 0 for every entry outside the supports, where an encoding has variables for these."""
    if not everywhere:
        return values
    zeros = {}
    two = len(support.factors) == 2
    for number, mask in enumerate(support.factors):
        for i, j in product(range(len(mask.rows)), range(mask.n_cols)):
            name = (f"x{i + 1}{j + 1}", f"y{j + 1}{i + 1}")[number] if two else f"f{number + 1}{i + 1}{j + 1}"
            zeros[sympy.Symbol(name)] = Fraction(0)
    return {**zeros, **values}


def matrix_of(formula):
    return prenex_parts(formula)[1]


@settings(deadline=None)
@given(data=st.data(), support=supports, name=names)
def test_the_complement_holds_at_a_point_exactly_if_the_product_is_another_matrix(data, support, name):
    encoding = ENCODINGS[name]
    target, values = draw_point(data, support)
    entry = data.draw(st.sampled_from(sorted(target, key=str)))
    nudge = data.draw(small)
    point = {**target, entry: target[entry] + nudge, **outer_values(support, encoding.everywhere, values)}
    outside = matrix_of(encoded(support, SetName.COMPLEMENT, encoding))
    assert evaluate(outside, point) is (nudge != 0)
    assert evaluate(matrix_of(encoded(support, SetName.E, encoding)), point) is (nudge == 0)


@settings(deadline=None)
@given(data=st.data(), support=supports, name=names)
def test_the_closure_asks_for_a_product_near_the_matrix(data, support, name):
    encoding = ENCODINGS[name]
    product_, values = draw_point(data, support)
    shifts = {entry: data.draw(small) for entry in product_}
    number = data.draw(small)
    near = encoded(support, SetName.CLOSURE, encoding)
    point = {**outer_values(support, encoding.everywhere, values)}
    if encoding.epsilon is Epsilon.SCALE:
        # N·A differs from the product by the shifts: A is (product + shifts) / N.
        number = number or Fraction(1)
        shifts, bound = {entry: shift * number for entry, shift in shifts.items()}, Fraction(1)
        point |= {entry: (product_[entry] + shifts[entry]) / number for entry in product_}
        point[sympy.Symbol("scale")] = number
        excepted = False
    else:
        bound, excepted = number, number <= 0
        point |= {entry: product_[entry] + shifts[entry] for entry in product_}
        point[sympy.Symbol("eps")] = number
    squares = encoding.near is AtomShape.SUM_OF_SQUARES
    distance = sum(s**2 for s in shifts.values()) if squares else max(map(abs, shifts.values()))
    assert evaluate(matrix_of(near), point) is (excepted or distance < bound)


@settings(deadline=None)
@given(support=supports, name=names)
def test_a_variable_outside_the_supports_must_be_zero(support, name):
    encoding = replace(ENCODINGS[name], everywhere=True, prenex=False)
    inside = encoded(support, SetName.E, replace(encoding, everywhere=False))
    extra = sorted(all_symbols(encoded(support, SetName.E, encoding)) - all_symbols(inside), key=str)
    outside = sum(mask.n_cols - sum(1 for _ in bits(row)) for mask in support.factors for row in mask.rows)
    assert len(extra) == outside
    for symbol in extra:
        point = dict.fromkeys(all_symbols(encoded(support, SetName.E, encoding)), Fraction(0))
        assert evaluate(matrix_of(encoded(support, SetName.E, encoding)), point)
        point[symbol] = Fraction(1)
        assert not evaluate(matrix_of(encoded(support, SetName.E, encoding)), point)


@settings(deadline=None)
@given(support=supports, name=names)
def test_a_sentence_has_no_free_variables_and_the_published_blocks_of_quantifiers(support, name):
    formula = encoded_sentence(support, ENCODINGS[name])
    assert free_variables(formula) == frozenset()
    if not ENCODINGS[name].everywhere and not ENCODINGS[name].prenex:  # prenex drops idle variables
        assert len(variables(formula)) == len(variables(sentence(support)))


def test_the_published_encoding_is_the_published_sentence():
    assert encoded_sentence(LU, ENCODINGS["published"]) == sentence(LU)


def test_prenex_has_all_quantifiers_in_front():
    formula = encoded_sentence(LU, ENCODINGS["prenex"])
    while isinstance(formula, Exists | ForAll):
        formula = formula.body
    assert formula == prenex_parts(formula)[1]
    assert isinstance(formula, And)


TINY = {
    "line": (Support([[1]], [[1]]), False),
    "two-lines": (Support([[1, 0]], [[1, 1], [0, 1]]), False),
    "lu-2": (LU, True),
}
"""Supports with the truth of their sentence, which the theorems prove."""


@pytest.mark.slow
@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_no_engine_contradicts_the_truth_in_any_encoding_and_the_smallest_is_answered(engine, name):
    support, truth = TINY["line"]
    answer = answer_of(engine, encoded_sentence(support, ENCODINGS[name]), seconds=5)
    assert answer in (truth, None)


@pytest.mark.campaign
@pytest.mark.parametrize("case", TINY)
@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_engines_agree_with_the_theorems_in_every_encoding_and_answer_some(engine, case):
    support, truth = TINY[case]
    answers = [answer_of(engine, encoded_sentence(support, e), seconds=10) for e in ENCODINGS.values()]
    assert (not truth) not in answers
    assert truth in answers or (engine, case) in {("cvc5", "lu-2"), ("qepcad", "lu-2")}
