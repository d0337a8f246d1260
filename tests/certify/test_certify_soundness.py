"""No mask has both certificates, and the search agrees with engines that know nothing of it."""

from __future__ import annotations

import itertools
import random
import time
from fractions import Fraction

import pytest
from deciding import decide
from hypothesis import given, settings
from hypothesis import strategies as st
from line_types import classes, multisets, shuffled, support_of_types, transposed

import qeclose
from qeclose import Support
from qeclose.certify.compact.pair import prove_normal_form
from qeclose.certify.cover.pair import explore_full
from qeclose.certify.effort import PAIR_ROUNDS
from qeclose.certify.frontier.numeric import Approximation
from qeclose.certify.frontier.pair_curves import find_frontier
from qeclose.certify.pairs.block import settle
from qeclose.certify.refute.elimination import Exhausted, membership
from qeclose.engine.protocol import Limits
from qeclose.engine.registry import find_engine
from qeclose.formula import builders
from qeclose.formula.symbols import substitute
from qeclose.presolve import reduce
from qeclose.problem import Problem
from qeclose.support import Mask

PAIRS_OF_TWO = list(itertools.product(multisets(2), repeat=2))
THREE = classes(3, 3)


def in_seconds(seconds: float) -> float:
    return time.monotonic() + seconds


def without_empty_terms(support: Support) -> Problem:
    whole = Problem.of(support)
    return whole.part(k for k, term in whole.terms.items() if term.rows and term.columns)


def small_masks(rng: random.Random, of_two: int, of_three: int) -> list[Support]:
    return [
        *(support_of_types(*pair, 2) for pair in rng.sample(PAIRS_OF_TWO, of_two)),
        *(support_of_types(*pair, 3) for pair in rng.sample(THREE, of_three)),
    ]


def look_for_both(masks: list[Support], curves: int) -> tuple[int, int]:
    """Search the unreduced masks for the certificate they must not have; how many are closed and how many not."""
    closed = ill_posed = 0
    for support in masks:
        problem = without_empty_terms(support)
        rng = random.Random(0)
        if decide(support).closed:
            closed += 1
            origin = {k: k for k in problem.terms}
            found = find_frontier(problem, origin, rng, tries=curves, deadline=in_seconds(20))
            assert found is None, support.name
        else:
            ill_posed += 1
            for whole in (problem, *(block.core for block in reduce(problem).blocks())):
                explored = explore_full(
                    whole, {k: k for k in whole.terms}, rng, regions=40, patience=60, deadline=in_seconds(20)
                )
                proofs = [prove_normal_form(whole), explored.proof]
                # One block of several may be closed; the whole mask and an only block may not.
                if whole is problem or sum(1 for _ in reduce(problem).blocks()) == 1:
                    assert proofs == [None, None], support.name
    return closed, ill_posed


@pytest.fixture
def every_point_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Points that floating-point numbers say are in E go on to the refutation, which must not succeed."""
    monkeypatch.setattr(Approximation, "finds", lambda self, point: False)


@pytest.mark.slow
@pytest.mark.usefixtures("every_point_refuted")
def test_no_mask_of_a_sample_has_both_certificates() -> None:
    closed, ill_posed = look_for_both(small_masks(random.Random(1), 40, 40), curves=4)
    assert min(closed, ill_posed) > 10


@pytest.mark.slow
@pytest.mark.usefixtures("every_point_refuted")
def test_no_mask_of_a_large_sample_has_both_certificates() -> None:
    closed, ill_posed = look_for_both(small_masks(random.Random(2), 121, 150), curves=15)
    assert min(closed, ill_posed) > 50


@pytest.mark.slow
def test_what_is_found_without_presolve_agrees_with_the_decision() -> None:
    settled_either_way = {True: 0, False: 0}
    for support in small_masks(random.Random(3), 50, 30):
        problem = without_empty_terms(support)
        if not problem.terms:
            continue
        origin = {k: k for k in problem.terms}
        settled = settle(problem, origin, PAIR_ROUNDS[0], seed=1, deadline=in_seconds(2))
        if settled is not None:
            closed = settled.frontier is None
            assert decide(support).closed == closed, support.name
            settled_either_way[closed] += 1
    assert min(settled_either_way.values()) > 10


def random_membership(rng: random.Random) -> tuple[Support, dict[tuple[int, int], Fraction]]:
    """A mask and a matrix with small entries inside the support of its products."""
    m, n, r = rng.choice((2, 3, 3)), rng.choice((2, 3, 3)), rng.choice((1, 2, 2, 3))
    sides = [
        Mask(tuple(rng.randrange(1 << r) | rng.randrange(1 << r) for _ in range(side)), r) for side in (m, n)
    ]
    support = Support(*sides)
    entries = rng.choice(((0, 1), (0, 0, 1, -1), (1, 2, -1, 3)))
    return support, {p: Fraction(rng.choice(entries)) for p in Problem.of(support).positions()}


def refutes(support: Support, point: dict[tuple[int, int], Fraction]) -> bool | None:
    problem = without_empty_terms(support)
    try:
        return membership(problem, point, {k: k for k in problem.terms}).refutation(400) is not None
    except Exhausted:
        return None


def z3_refutes(support: Support, point: dict[tuple[int, int], Fraction]) -> bool | None:
    values = {
        symbol: point.get(place, Fraction(0)).numerator for place, symbol in builders.entries(support).items()
    }
    inside = builders.membership(support, shape=builders.AtomShape.EQUATIONS)
    try:
        outcome = find_engine("z3").satisfy(substitute(inside, values), Limits(5, 1000))
    except qeclose.errors.OutOfTime:
        return None
    return None if outcome.value is None else outcome.value is False


def compare_with_z3(seed: int, count: int) -> dict[bool, int]:
    rng = random.Random(seed)
    compared = {True: 0, False: 0}
    for _ in range(count):
        support, point = random_membership(rng)
        if not point:
            continue
        ours, theirs = refutes(support, point), z3_refutes(support, point)
        if ours is not None and theirs is not None:
            assert ours == theirs, (support, point)
            compared[ours] += 1
    return compared


@pytest.mark.slow
def test_a_matrix_is_refuted_if_and_only_if_z3_says_so() -> None:
    compared = compare_with_z3(1, 40)
    assert sum(compared.values()) > 30
    assert min(compared.values()) > 5


@pytest.mark.slow
def test_many_matrices_are_refuted_if_and_only_if_z3_says_so() -> None:
    compared = compare_with_z3(2, 500)
    assert sum(compared.values()) > 400
    assert min(compared.values()) > 80


@pytest.mark.slow
def test_qepcad_agrees_on_the_sentences_of_reduced_blocks() -> None:
    asked = {"well-posed": 0, "ill-posed": 0}
    for rows, columns in [(r, c) for r, c in PAIRS_OF_TWO if r <= c]:
        support = support_of_types(rows, columns, 2)
        reduction = reduce(Problem.of(support))
        positions = sum(1 for block in reduction.blocks() for _ in block.core.positions())
        if positions > 4:  # more is out of QEPCAD's reach
            continue
        found = qeclose.check(support, engines=["qepcad"], method="sentence", presolve=True, timeout=20)
        if found.verdict != "undecided":
            assert (found.verdict == "well-posed") == decide(support).closed, support.name
            asked[found.verdict] += bool(found.engines)
    assert asked["ill-posed"] > 5


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "largest", "least"), [("qepcad", 4, 20), ("z3", 6, 8)])
def test_engines_agree_on_masks_without_presolve(engine: str, largest: int, least: int) -> None:
    # Z3 only recognises the full space; it decides no sentence in reasonable time.
    agreed = 0
    for rows, columns in [(r, c) for r, c in PAIRS_OF_TWO if r <= c and len(r) * len(c) <= largest]:
        support = support_of_types(rows, columns, 2)
        found = qeclose.check(support, engines=[engine], method="staged", presolve=False, timeout=10)
        if found.verdict != "undecided":
            assert (found.verdict == "well-posed") == decide(support).closed, support.name
            assert found.engines or "no engine was needed" in found.reason
            agreed += 1
    assert agreed > least


@st.composite
def masks(draw: st.DrawFn) -> Support:
    """Masks with two terms and up to five lines a side, or three terms and up to three; empty lines included."""
    r, most = draw(st.sampled_from(((2, 5), (3, 3))))
    lines = st.lists(st.integers(0, 2**r - 1), min_size=1, max_size=most)
    return Support(Mask(tuple(draw(lines)), r), Mask(tuple(draw(lines)), r))


@given(masks(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=40)
def test_the_verdict_does_not_depend_on_names_or_orientation(support: Support, rng: random.Random) -> None:
    closed = decide(support).closed
    assert decide(shuffled(support, rng)).closed == closed
    assert decide(transposed(support)).closed == closed


@given(masks(), st.integers(0, 4), st.integers(0, 4))
@settings(deadline=None, max_examples=40)
def test_a_mask_without_one_line_is_closed_if_the_mask_is(support: Support, row: int, column: int) -> None:
    def without(mask: Mask, line: int) -> Mask:
        rows = list(mask.rows)
        if len(rows) > 1:
            del rows[line % len(rows)]
        return Mask(tuple(rows), mask.n_cols)

    if decide(support).closed:
        assert decide(Support(without(support.I, row), without(support.J, column))).closed
