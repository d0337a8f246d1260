"""The formulas of a support say what they are said to say."""

from fractions import Fraction
from itertools import product

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from qeclose.formula.builders import (
    AtomShape,
    SetName,
    closure,
    closure_of,
    complement,
    entries,
    frontier,
    frontier_sentence_of,
    membership,
    sentence,
    set_formula,
)
from qeclose.formula.language import And, Atom, Exists, ForAll, Or, Relation
from qeclose.formula.operations import evaluate, free_variables, is_quantifier_free, prenex_parts, variables
from qeclose.formula.symbols import all_symbols
from qeclose.support import Mask, Support
from qeclose.support.bits import bits

LU = Support([[1, 0], [1, 1]], [[1, 0], [1, 1]])
FULL = Support([[1, 1], [1, 1]], [[1, 1], [1, 1]])
a, b, c = sympy.symbols("a b c")

masks = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)).flatmap(
    lambda shape: st.tuples(
        st.lists(
            st.lists(st.integers(0, 1), min_size=shape[2], max_size=shape[2]),
            min_size=shape[0],
            max_size=shape[0],
        ),
        st.lists(
            st.lists(st.integers(0, 1), min_size=shape[2], max_size=shape[2]),
            min_size=shape[1],
            max_size=shape[1],
        ),
    )
)
pairs = masks.map(lambda masks: Support(*masks))
chains = st.lists(st.integers(1, 2), min_size=4, max_size=5).flatmap(
    lambda sizes: st.tuples(
        *(
            st.lists(
                st.lists(st.integers(0, 1), min_size=columns, max_size=columns), min_size=rows, max_size=rows
            )
            for rows, columns in zip(sizes, sizes[1:], strict=False)
        )
    ).map(Support.of_factors)
)
supports = pairs | chains
small = st.fractions(-2, 2, max_denominator=3)


def body_of(formula):
    return formula.body if isinstance(formula, Exists | ForAll) else formula


def positions(mask: Mask):
    return [(i, j) for i, row in enumerate(mask.rows) for j in bits(row)]


def multiply(left, right, columns):
    return [
        [sum((row[k] * right[k][j] for k in range(len(right))), Fraction(0)) for j in range(columns)]
        for row in left
    ]


def draw_point(data, support):
    """Random factors with the right supports, under the documented names, and their product as A."""
    two = len(support.factors) == 2
    matrices, values = [], {}
    for number, mask in enumerate(support.factors):
        rows, columns = mask.shape
        matrix = [[Fraction(0)] * columns for _ in range(rows)]
        for i, j in positions(mask):
            matrix[i][j] = data.draw(small)
            name = (f"x{i + 1}{j + 1}", f"y{j + 1}{i + 1}")[number] if two else f"f{number + 1}{i + 1}{j + 1}"
            values[sympy.Symbol(name)] = matrix[i][j]
        matrices.append(matrix)
    total = matrices[0]
    for matrix, mask in zip(matrices[1:], support.factors[1:], strict=True):
        total = multiply(total, matrix, mask.shape[1])
    target = {entries(support)[i, j]: total[i][j] for i, j in product(*map(range, support.shape))}
    return target, values


@pytest.mark.parametrize("shape", AtomShape)
@settings(deadline=None)
@given(data=st.data(), support=supports)
def test_a_product_of_supported_factors_is_a_member_and_a_perturbed_one_is_not(shape, data, support):
    target, values = draw_point(data, support)
    body = body_of(membership(support, shape=shape))
    assert evaluate(body, {**target, **values})
    entry = data.draw(st.sampled_from(sorted(target, key=str)))
    nudge = data.draw(small.filter(bool))
    assert not evaluate(body, {**target, entry: target[entry] + nudge, **values})


@pytest.mark.parametrize("shape", AtomShape)
@settings(deadline=None)
@given(data=st.data(), support=supports)
def test_the_complement_says_the_opposite_of_membership(shape, data, support):
    target, values = draw_point(data, support)
    entry = data.draw(st.sampled_from(sorted(target, key=str)))
    target[entry] += data.draw(small)
    point = {**target, **values}
    outside, inside = complement(support, shape=shape), membership(support, shape=shape)
    assert evaluate(body_of(outside), point) is not evaluate(body_of(inside), point)
    assert isinstance(outside, ForAll) is isinstance(inside, Exists)


@settings(deadline=None)
@given(data=st.data(), support=supports)
def test_the_closure_asks_for_a_product_nearer_than_epsilon(data, support):
    target, values = draw_point(data, support)
    shifts = {entry: data.draw(small) for entry in target}
    epsilon = data.draw(small)
    point = {
        **{entry: target[entry] + shifts[entry] for entry in target},
        **values,
        sympy.Symbol("eps"): epsilon,
    }
    squares = sum(shift**2 for shift in shifts.values())
    largest = max(map(abs, shifts.values()))
    expected = {AtomShape.SUM_OF_SQUARES: squares < epsilon, AtomShape.EQUATIONS: largest < epsilon}
    for shape, near in expected.items():
        formula = closure(support, shape=shape)
        assert isinstance(formula, ForAll) and formula.variables == (sympy.Symbol("eps"),)
        guard, inner = formula.body.arguments
        assert evaluate(Or((guard, body_of(inner))), point) is (epsilon <= 0 or near)


@given(supports)
def test_free_variables_are_the_entries_of_a_and_none_in_the_sentence(support):
    matrix = set(entries(support).values())
    assert len(matrix) == support.shape[0] * support.shape[1]
    for which in (SetName.E, SetName.COMPLEMENT, SetName.CLOSURE, SetName.FRONTIER):
        assert free_variables(set_formula(support, which)) == matrix
    assert free_variables(set_formula(support, SetName.SENTENCE)) == frozenset()


@given(supports, st.sampled_from(AtomShape))
def test_the_sentence_has_the_published_number_of_variables(support, shape):
    m, n = support.shape
    weights = sum(factor.nnz for factor in support.factors)
    assert len(variables(sentence(support, shape=shape))) == m * n + 2 * weights + 1


def test_the_lu_sentence_has_seventeen_variables_and_three_blocks():
    formula = sentence(LU)
    assert len(variables(formula)) == 17
    prefix, _ = prenex_parts(formula)
    assert [kind for kind, _ in prefix] == ["exists", "forall", "exists"]


def test_no_variable_stands_for_a_position_outside_the_masks():
    names = {symbol.name for symbol in variables(membership(LU))}
    assert names == {"a11", "a12", "a21", "a22", "x11", "x21", "x22", "y11", "y21", "y22"}


def test_entries_that_no_product_reaches_stay_in_the_formula():
    support = Support([[1], [0]], [[1]])
    body = body_of(membership(support, shape=AtomShape.EQUATIONS))
    assert body == And(
        (
            Atom(sympy.Symbol("a11") - sympy.Symbol("x11") * sympy.Symbol("y11"), Relation.EQ),
            Atom(sympy.Symbol("a21"), Relation.EQ),
        )
    )


def test_large_masks_pad_their_indices_so_that_no_two_names_meet():
    support = Support([[1] * 2] * 12, [[1] * 2] * 12)
    names = [symbol.name for symbol in variables(sentence(support))]
    assert len(names) == len(set(names)) == 144 + 2 * 48 + 1
    assert "a0111" in names and "a1101" in names and "x1202" in names


def test_a_support_without_any_weight_has_formulas_too():
    nothing = Support([[0]], [[0]])
    assert evaluate(membership(nothing), {sympy.Symbol("a11"): Fraction(0)})
    assert not evaluate(membership(nothing), {sympy.Symbol("a11"): Fraction(1)})
    assert is_quantifier_free(membership(nothing))


def test_sets_and_shapes_may_be_named_by_their_words():
    assert set_formula(LU, "closure", "equations") == closure(LU, shape=AtomShape.EQUATIONS)
    with pytest.raises(ValueError, match="interior"):
        set_formula(LU, "interior")


def test_the_frontier_is_closure_and_complement_with_variables_of_their_own():
    near, outside = frontier(FULL).arguments
    shared = all_symbols(near) & all_symbols(outside)
    assert near == closure(FULL)
    assert shared == set(entries(FULL).values())


# --- closures of quantifier-free descriptions -----------------------------------------------------------------


@given(st.tuples(small, small), st.tuples(small, small), small)
def test_the_closure_of_a_description_asks_for_a_point_near_by(at, near, epsilon):
    phi = And((Atom(a - b, Relation.EQ), Atom(a, Relation.GT)))
    formula = closure_of(phi, (a, b))
    assert free_variables(formula) == {a, b}
    (eps,) = formula.variables
    guard, inner = formula.body.arguments
    first, second = inner.variables
    point = {a: at[0], b: at[1], first: near[0], second: near[1], eps: epsilon}
    distance = sum((x - y) ** 2 for x, y in zip(at, near, strict=True))
    expected = epsilon <= 0 or (near[0] == near[1] and near[0] > 0 and distance < epsilon)
    assert evaluate(Or((guard, inner.body)), point) is expected


def test_names_already_taken_are_left_alone():
    eps, b1 = sympy.symbols("eps b1")
    formula = closure_of(Atom(eps - b1, Relation.NE), (eps, b1))
    assert free_variables(formula) == {eps, b1}
    assert len(all_symbols(formula)) == 5


def test_a_point_must_hold_every_free_variable():
    with pytest.raises(ValueError, match=r"lacks coordinates.*'b'"):
        closure_of(Atom(a + b, Relation.EQ), (a,))


def test_the_frontier_sentence_of_a_description_is_closed_and_asks_for_a_missing_limit():
    phi = Atom(a, Relation.GT)
    formula = frontier_sentence_of(phi, (a, c))
    assert free_variables(formula) == frozenset()
    assert formula.variables == (a, c)
    near, outside = formula.body.arguments
    assert near == closure_of(phi, (a, c))
    assert outside == Atom(a, Relation.LE)
