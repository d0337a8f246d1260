"""The search for ill-posed sub-masks: small ones, and two terms with the others taken out."""

from __future__ import annotations

import itertools
import random
import time

import pytest
from deciding import accepted, decide
from line_types import multisets, support_of_types
from width_two_rule import closed_by_the_theorem

import qeclose
from qeclose import Support
from qeclose.certify import Certified, certify
from qeclose.certify.pairs.obstructions import Scan
from qeclose.certify.pairs.padding import find_padding
from qeclose.certify.pairs.submasks import Around, Small, light_pairs
from qeclose.problem import Problem
from qeclose.support import families
from qeclose.support.bits import bits


def whole(support: Support) -> Problem:
    return Problem.of(support)


def padded_pairs(support: Support) -> list[tuple[int, int]]:
    """The pairs of terms that some padding leaves alone with an obstruction of theirs."""
    problem = whole(support)
    around = Around(problem)
    return [
        (k, l)
        for k, l in light_pairs(problem, 100)
        for rows, columns in around.pair_alone(k, l)
        if find_padding(problem, (k, l), rows, columns) is not None
    ]


def test_two_terms_alone_are_ill_posed_on_the_lines_chosen_for_them() -> None:
    chosen = 0
    for rows, columns in itertools.product(multisets(2), repeat=2):
        problem = whole(support_of_types(rows, columns, 2))
        places = list(Around(problem).pair_alone(0, 1)) if light_pairs(problem, 1) else []
        one, other = problem.terms.values()
        assert bool(places) != closed_by_the_theorem((one.rows, one.columns), (other.rows, other.columns))
        for place in places:
            parts = [(term.rows, term.columns) for term in problem.restricted(*place).terms.values()]
            assert not closed_by_the_theorem(*parts)
            chosen += 1
    assert chosen > 20


def test_what_padding_calls_ill_posed_is_so_by_other_means_as_well() -> None:
    # With three terms the classification of all masks decides, without any padding.
    rng = random.Random(1)
    confirmed = 0
    for seed in range(60):
        support = families.random_support(5, 5, 3, rng.choice((0.3, 0.4, 0.5)), seed=seed)
        if padded_pairs(support):
            assert not decide(support).closed, seed
            confirmed += 1
    assert confirmed > 10


@pytest.mark.parametrize("density", [0.3, 0.5, 0.6])
def test_dense_random_masks_of_few_terms_are_ill_posed(density: float) -> None:
    support = families.random_support(300, 300, 90, density, seed=1)
    result = decide(support, seconds=30)
    assert not result.closed
    assert result.certificate["proof"]["refutation"]["kind"] == "padded"
    assert result.obstruction is not None
    part = whole(support).restricted(
        sum(1 << i for i in result.obstruction.rows), sum(1 << j for j in result.obstruction.columns)
    )
    assert set(part.terms) >= set(result.obstruction.terms)


def test_the_lines_of_a_padded_obstruction_are_ill_posed_by_themselves() -> None:
    support = families.random_support(80, 80, 24, 0.6, seed=2)
    found = Scan(whole(support), 0).run(time.monotonic() + 20)
    assert found is not None
    assert found.padding is not None
    rows, columns, _ = found.place
    left, right = support.I.to_lists(), support.J.to_lists()
    result = decide(Support([left[i] for i in rows], [right[j] for j in columns]), seconds=20)
    assert not result.closed


def test_the_reason_says_how_many_terms_are_taken_out() -> None:
    verdict = qeclose.check(families.random_support(300, 300, 90, 0.5, seed=1), timeout=30)
    assert verdict.verdict == "ill-posed"
    assert verdict.reason.endswith("; 88 terms are taken out by a row and a column of their own")


def test_full_masks_have_no_padding() -> None:
    for support in (families.full(12, 12, 4), families.hodlr(3, 4, 2), families.butterfly_pair(16, 2)):
        assert padded_pairs(support) == []


def test_pads_are_lines_of_their_terms_that_meet_the_kept_ones_on_one_side_at_most() -> None:
    problem = whole(families.random_support(100, 80, 30, 0.4, seed=3))
    around = Around(problem)
    found = 0
    for pair in light_pairs(problem, 10):
        for rows, columns in around.pair_alone(*pair):
            padding = find_padding(problem, pair, rows, columns)
            if padding is None:
                continue
            found += 1
            part = problem.restricted(padding.all_rows, padding.all_columns)
            assert set(part.terms) - set(pair) <= padding.pads.keys()
            lines = list(zip(*padding.pads.values(), strict=True))
            assert all(len(set(side)) == len(padding.pads) for side in lines)
            for m, (i, j) in padding.pads.items():
                assert problem.terms[m].rows >> i & 1
                assert problem.terms[m].columns >> j & 1
                assert not (padding.rows >> i & 1 or padding.columns >> j & 1)
                kept = [problem.terms[k] for k in pair]
                assert not (any(t.rows >> i & 1 for t in kept) and any(t.columns >> j & 1 for t in kept))
    assert found > 10


def test_light_pairs_overlap_and_come_small_ones_first() -> None:
    problem = whole(families.random_support(40, 40, 12, 0.4, seed=4))
    pairs = light_pairs(problem, 30)
    sizes = []
    for k, l in pairs:
        one, other = problem.terms[k], problem.terms[l]
        assert one.rows & other.rows
        assert one.columns & other.columns
        sizes.append((one.rows | other.rows).bit_count() + (one.columns | other.columns).bit_count())
    assert sizes == sorted(sizes)
    assert len(set(pairs)) == len(pairs) == 30


def test_small_masks_are_searched_completely() -> None:
    small = Small(whole(families.lu(4)))
    assert small.complete
    assert (0b1111, 0b1111) in set(small)
    large = Small(whole(families.lu(40)))
    assert not large.complete
    assert all(rows.bit_count() <= 4 and columns.bit_count() <= 4 for rows, columns in large)


def test_sub_masks_around_an_overlap_meet_both_rectangles() -> None:
    problem = whole(families.lu(30))
    for rows, columns in Around(problem).pair(3, 7):
        for k in (3, 7):
            assert problem.terms[k].rows & rows
            assert problem.terms[k].columns & columns
        assert len(list(bits(rows))) <= 5


def test_the_same_obstruction_is_found_again() -> None:
    support = families.random_support(100, 100, 30, 0.5, seed=5)
    first, second = (certify(support, deadline=time.monotonic() + 30, seed=7) for _ in range(2))
    assert isinstance(first, Certified)
    assert isinstance(second, Certified)
    assert first.certificate == second.certificate
    accepted(first.certificate, support)
