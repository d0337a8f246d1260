"""Laws of presolve: curves lift, the fixed point is one, graphs are what scipy says they are."""

from __future__ import annotations

import itertools
import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from presolve_problems import all_positions, moving_curve, problems
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, maximum_bipartite_matching

from qeclose.algebra.curve import ZERO, Curve, add, multiply, scale, series_quotient
from qeclose.presolve import Reduction, reduce
from qeclose.presolve.absorption import find_absorption, find_absorptions
from qeclose.presolve.direct_sum import direct_summands
from qeclose.presolve.empty import find_empty_terms
from qeclose.presolve.splitting import components, find_splits
from qeclose.presolve.step import Step
from qeclose.presolve.twins import find_twins
from qeclose.problem import Problem, Rectangle
from qeclose.problem.matching import maximum_matching, minimum_vertex_cover
from qeclose.support.bits import bits

seeds = st.integers(0, 2**32 - 1)


def has_limit(series: object) -> bool:
    return min(series, default=0) >= 0  # type: ignore[call-overload, no-any-return]


def supports_are_respected(curve: Curve, problem: Problem) -> bool:
    in_rows = all(problem.terms[k].rows >> i & 1 for (i, k), value in curve.x.items() if value)
    return in_rows and all(problem.terms[k].columns >> j & 1 for (j, k), value in curve.y.items() if value)


def steps_that_apply(problem: Problem) -> list[Step]:
    fresh = itertools.count(max(problem.terms, default=-1) + 1)
    absorption = find_absorption(problem)
    found: list[Step] = [*find_empty_terms(problem), *find_splits(problem, fresh), *find_twins(problem)]
    return found if absorption is None else [*found, absorption]


def lifts_a_curve_with_its_product(step: Step, before: Problem, seed: int) -> bool:
    after = step.apply(before)
    curve = moving_curve(after, random.Random(seed))
    lifted = step.lift(curve, before)
    products = {(i, j): lifted.product(before, i, j) for i, j in before.positions()}
    return (
        supports_are_respected(lifted, before)
        and all(map(has_limit, products.values()))
        and all(products[i, j] == curve.product(after, i, j) for i, j in after.positions())
    )


@given(problems(free=True), seeds)
def test_one_step_lifts_a_curve_with_its_product(before: Problem, seed: int) -> None:
    for step in steps_that_apply(before):
        assert lifts_a_curve_with_its_product(step, before, seed)


@given(problems(lines=4, terms=5, free=True), seeds)
def test_absorptions_found_together_may_follow_one_another(problem: Problem, seed: int) -> None:
    for step in find_absorptions(problem):
        assert lifts_a_curve_with_its_product(step, problem, seed)
        problem = step.apply(problem)


@given(problems(lines=5, terms=5), seeds)
def test_a_curve_of_a_block_lifts_to_the_whole_mask(before: Problem, seed: int) -> None:
    reduction = reduce(before)
    for block in reduction.blocks():
        curve = moving_curve(block.core, random.Random(seed))
        lifted = reduction.lift(block, curve)
        assert supports_are_respected(lifted, before)
        # A mask has no free positions: the lifted product must have a limit everywhere.
        for i, j in all_positions(before):
            product = lifted.product(before, i, j)
            assert has_limit(product)
            if block.core.rows.get(i, 0) >> j & 1:
                assert product == curve.product(block.core, i, j)


def test_the_random_curves_do_have_poles() -> None:
    # Otherwise the two laws above would say little.
    two = Problem({0: Rectangle(0b111, 0b111), 1: Rectangle(0b111, 0b111)}, {})
    curves = [moving_curve(two, random.Random(seed)) for seed in range(20)]
    assert any(not has_limit(entry) for curve in curves for entry in curve.y.values())
    assert any(not has_limit(multiply({0: 1}, entry)) for curve in curves for entry in curve.y.values())


@given(problems(lines=5, terms=5, free=True))
def test_no_rule_applies_to_what_is_left(before: Problem) -> None:
    for block in reduce(before).blocks():
        assert steps_that_apply(block.core) == []
        assert len(direct_summands(block.core)) == 1


@given(problems(lines=5, terms=5, free=True))
def test_the_steps_lead_from_the_problem_to_its_cores(before: Problem) -> None:
    def replay(reduction: Reduction) -> None:
        problem = reduction.before
        for step in reduction.steps:
            problem = step.apply(problem)
        assert problem == reduction.core
        if reduction.summands:
            assert [summand.before for summand in reduction.summands] == direct_summands(problem)
        for summand in reduction.summands:
            replay(summand)

    replay(reduce(before))


@given(problems(lines=5, terms=5, free=True))
def test_reduction_only_takes_away(before: Problem) -> None:
    reduction = reduce(before)
    for block in reduction.blocks():
        for i, j in block.core.positions():
            assert before.rows[i] >> j & 1
        for k, term in block.core.terms.items():
            origin = before.terms[reduction.origins([k])[k]]
            assert not term.rows & ~origin.rows and not term.columns & ~origin.columns


@given(problems(lines=4, terms=4, free=True), seeds)
def test_absorbed_terms_do_fill_their_positions(before: Problem, seed: int) -> None:
    step = find_absorption(before)
    if step is None:
        return
    part = Problem({k: before.terms[k] for k in step.ids}, before.free)
    rng = random.Random(seed)
    # Whatever another term, put on top of the positions, makes there is cancelled.
    whole = Rectangle(2**4 - 1, 2**4 - 1)
    top = max(before.terms) + 1
    disturbed = Problem({**part.terms, top: whole}, before.free)
    noise = Curve(
        {(i, top): {0: rng.randint(1, 9), 1: 1} for i in range(4)},  # type: ignore[dict-item]
        {(j, top): {0: rng.randint(1, 9)} for j in range(4)},  # type: ignore[dict-item]
    )
    lifted = step.lift(noise, disturbed)
    for i, j in part.positions():
        assert not lifted.product(disturbed, i, j)


bipartite = st.lists(st.integers(0, 2**5 - 1), min_size=1, max_size=5).map(lambda rows: dict(enumerate(rows)))


def matrix_of(neighbours: dict[int, int], width: int = 5) -> csr_array:
    return csr_array(
        np.array(
            [[row >> j & 1 for j in range(width)] for _, row in sorted(neighbours.items())], dtype=np.int8
        )
    )


@given(bipartite)
def test_a_matching_is_as_large_as_scipys(neighbours: dict[int, int]) -> None:
    matching = maximum_matching(neighbours)
    assert len(set(matching.values())) == len(matching)
    assert all(neighbours[left] >> right & 1 for left, right in matching.items())
    expected = maximum_bipartite_matching(matrix_of(neighbours), perm_type="column")
    assert len(matching) == int((expected >= 0).sum())


@given(bipartite)
def test_a_minimum_cover_is_as_large_as_a_maximum_matching(neighbours: dict[int, int]) -> None:
    rows, columns = minimum_vertex_cover(neighbours)
    assert all(rows >> left & 1 or not around & ~columns for left, around in neighbours.items())
    assert rows.bit_count() + columns.bit_count() == len(maximum_matching(neighbours))


@given(st.lists(st.integers(0, 2**3 - 1), min_size=1, max_size=3).map(lambda rows: dict(enumerate(rows))))
def test_no_cover_is_smaller_by_brute_force(neighbours: dict[int, int]) -> None:
    sizes = [
        rows.bit_count() + columns.bit_count()
        for rows, columns in itertools.product(range(2 ** len(neighbours)), range(2**3))
        if all(rows >> left & 1 or not around & ~columns for left, around in neighbours.items())
    ]
    rows, columns = minimum_vertex_cover(neighbours)
    assert rows.bit_count() + columns.bit_count() == min(sizes)


@given(problems(terms=1, free=True))
def test_components_are_those_of_scipy(before: Problem) -> None:
    (term,) = before.terms.values()
    found = components(term, before.free)
    lines = list(bits(term.rows)), list(bits(term.columns))
    places = {**{("row", i): p for p, i in enumerate(lines[0])}}
    places |= {("column", j): len(lines[0]) + p for p, j in enumerate(lines[1])}
    adjacency = np.zeros((len(places), len(places)), dtype=np.int8)
    for i, j in before.positions():
        adjacency[places["row", i], places["column", j]] = 1
    expected: dict[int, set[tuple[str, int]]] = {}
    if places:
        _, labels = connected_components(csr_array(adjacency), directed=False)
        for line, place in places.items():
            expected.setdefault(int(labels[place]), set()).add(line)
    groups = {frozenset(lines) for lines in expected.values() if len(lines) > 1}
    assert {
        frozenset({("row", i) for i in bits(part.rows)} | {("column", j) for j in bits(part.columns)})
        for part in found
    } == groups
    assert len(found) == len(groups)


@given(problems(terms=5, free=True))
def test_summands_are_the_components_of_the_terms_that_meet(before: Problem) -> None:
    ids = sorted(before.terms)
    meets = np.array(
        [
            [any({k, l} <= set(before.terms_at(i, j)) for i, j in before.positions()) for l in ids]
            for k in ids
        ],
        dtype=np.int8,
    )
    _, labels = connected_components(csr_array(meets), directed=False)
    expected = {frozenset(k for k, label in zip(ids, labels, strict=True) if label == c) for c in set(labels)}
    assert {frozenset(part.terms) for part in direct_summands(before)} == expected


laurents = st.dictionaries(
    st.integers(-3, 3), st.fractions(-3, 3, max_denominator=3).filter(bool), max_size=4
)


@given(laurents, laurents.filter(bool), st.integers(-2, 4))
def test_a_series_quotient_times_the_divisor_gives_the_dividend_back(p, q, order) -> None:  # type: ignore[no-untyped-def]
    quotient = series_quotient(p, q, order)
    remainder = add(p, scale(multiply(quotient, q), -1))
    assert min(remainder, default=order + min(q) + 1) > order + min(q)
    assert max(quotient, default=order) <= order


@given(problems(lines=4, terms=4, free=True))
@settings(max_examples=50)
def test_transposing_twice_is_nothing(before: Problem) -> None:
    assert before.transposed.transposed.terms == before.terms
    assert dict(before.transposed.transposed.rows) == dict(before.rows)
    assert set(before.transposed.positions()) == {(j, i) for i, j in before.positions()}
    assert ZERO == {}


@given(problems(free=True))
def test_steps_taken_together_leave_what_they_leave_one_after_the_other(before: Problem) -> None:
    for keep_set in (False, True):
        parts = [reduce(before, keep_set=keep_set)]
        while parts:
            reduction = parts.pop()
            problem = reduction.before
            for step in reduction.steps:
                problem = step.apply(problem)
            assert problem == reduction.core
            assert list(problem.terms) == list(reduction.core.terms)
            parts += reduction.summands
