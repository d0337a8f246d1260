"""Chains by cases: everything, everything of low rank, or a frontier point that only the equations of all factors refute."""

import json
import random
from fractions import Fraction
from functools import reduce
from time import monotonic

import pytest
from chain_samples import chain, confirmed, masks_of, settled
from hypothesis import given, settings
from hypothesis import strategies as st

from qeclose.certify import Certified, certify
from qeclose.certify.chains.decide import CertifiedChain
from qeclose.certify.cover.chain import explore_chain, is_dense
from qeclose.certify.frontier.chain_curves import product
from qeclose.certify.refute.chain import ChainFrontier, refute_chain
from qeclose.checker.verify import verify
from qeclose.errors import CertificateError
from qeclose.proof.certificate import relabel
from qeclose.proof.ill_posed import TreeRefutation
from qeclose.support import Support
from qeclose.support.bits import bits
from qeclose.support.mask import product_mask
from qeclose.support.relabelling import Relabelling

# Frontier points that every cut of the chain into two factors reaches

HIDDEN = [
    ("101 101 010", "100 111 111", "111 011 011"),
    ("101 101 010", "100 111 011", "111 011 011"),
]
"""The first column of B = X₂X₃ is that of X₂'s times one number, which is 0 if the first row of B begins with 0 and is not 0.

X₁ makes two rows of A from rows 1 and 3 of B, so that they begin with 0 if those do, and row 2 comes after them.
"""


@pytest.mark.parametrize(
    "masks",
    [
        *HIDDEN,
        pytest.param(("101 101 101 010", "100 111 111", "111 011 011"), marks=pytest.mark.slow),
    ],
)
def test_a_chain_whose_frontier_no_cut_shows_gets_a_certificate(masks):
    support = chain(*masks)
    result = settled(support, 60)
    assert isinstance(result, CertifiedChain) and not result.closed
    assert confirmed(result, support).claim == "ill-posed"
    assert result.certificate["proof"]["refutation"]["kind"] == "tree"


@pytest.mark.parametrize("masks", HIDDEN)
def test_both_cuts_of_a_hidden_chain_are_everything(masks):
    first, middle, last = chain(*masks).factors
    for pair in ((first, product_mask(middle, last)), (product_mask(first, middle), last)):
        result = certify(Support.of_factors(pair), deadline=monotonic() + 10)
        assert isinstance(result, Certified) and result.closed
        assert all(row == 0b111 for row in product_mask(*pair).rows)


@pytest.mark.parametrize("masks", HIDDEN)
def test_a_hidden_frontier_point_is_refuted_by_the_equations_of_all_factors(masks):
    support = chain(*masks)
    point = {(0, 1): Fraction(1), (1, 2): Fraction(1), (2, 0): Fraction(1)}
    refutation = refute_chain(support.factors, point)
    assert isinstance(refutation, TreeRefutation)
    nearby = {**point, (1, 0): Fraction(1, 1000)}
    assert refute_chain(support.factors, nearby) is None


@settings(max_examples=60, deadline=None)
@given(masks_of(), st.integers(0, 10**6))
def test_a_product_of_factors_is_never_refuted(support, seed):
    rng = random.Random(seed)
    total = None
    for mask in support.factors:
        factor = {
            (i, j): {0: Fraction(rng.choice((0, 0, 1, 1, -1, 2)))}
            for i, row in enumerate(mask.rows)
            for j in bits(row)
        }
        factor = {place: value for place, value in factor.items() if value[0]}
        total = factor if total is None else product(total, factor)
    point = {place: value[0] for place, value in total.items() if value.get(0)}
    assert refute_chain(support.factors, point) is None


# Everything, by cases


@pytest.mark.parametrize(
    "masks", [("10 11", "11 01", "10 11"), ("11 01", "10 11", "11 01"), ("10 11", "11 01", "10 11", "11 01")]
)
def test_lower_times_upper_times_lower_of_order_two_is_everything(masks):
    support = chain(*masks)
    result = settled(support)
    assert isinstance(result, CertifiedChain) and result.closed
    assert result.certificate["proof"]["kind"] == "full-space"
    assert confirmed(result, support).complete


@pytest.mark.parametrize("masks", [("01 11", "10 11", "111 001"), ("00 11 10", "11 01", "001 111")])
def test_a_chain_that_is_everything_of_low_enough_rank_is_closed(masks):
    support = chain(*masks)
    result = settled(support)
    assert isinstance(result, CertifiedChain) and result.closed
    proof = result.certificate["proof"]
    assert proof["kind"] == "variety" and proof["equations"]
    assert confirmed(result, support).complete


def test_the_checker_refuses_equations_that_some_product_violates():
    support = chain("01 11", "10 11", "111 001")
    certificate = json.loads(json.dumps(settled(support).certificate))
    certificate["proof"]["equations"].append([["1", [[["a", 0, 0], 1]]]])
    with pytest.raises(CertificateError, match="does not vanish on all products"):
        verify(certificate)


@pytest.mark.parametrize("masks", [("10 11", "11 01", "10 11"), ("01 11", "10 11", "111 001")])
def test_no_changed_proof_by_cases_is_accepted_for_a_chain_that_is_not_closed(masks):
    certificate = json.loads(json.dumps(settled(chain(*masks)).certificate))
    for ill_posed in (("10 11", "10 11", "11 01"), ("10 11", "10 01", "11 01")):
        certificate["mask"]["factors"] = [mask.split() for mask in ill_posed]
        with pytest.raises(CertificateError):
            verify(certificate)


def test_a_dense_chain_that_is_not_everything_is_not_closed():
    support = chain("10 11", "10 11", "11 01")
    assert is_dense(support.factors)
    found = explore_chain(
        support.factors, random.Random(0), regions=60, patience=150, deadline=monotonic() + 10
    )
    assert isinstance(found, ChainFrontier)
    total = reduce(product, found.factors)
    assert all(min(series) >= 0 for series in total.values())
    assert {place: series[0] for place, series in total.items() if 0 in series} == dict(found.point)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    "masks",
    [
        HIDDEN[0],
        ("10 11", "11 01", "10 11"),
        ("01 11", "10 11", "111 001"),
        ("10 11", "11 01", "10 01", "10 11"),
    ],
)
def test_certificates_by_cases_hold_in_whatever_order_the_lines_are_written(masks, turned):
    support = chain(*masks)
    rng = random.Random(4)
    widths = [support.shape[0], *support.inner, support.shape[1]]
    moved = Relabelling(tuple(tuple(rng.sample(range(width), width)) for width in widths), turned)
    certificate = relabel(json.loads(json.dumps(settled(support).certificate)), moved)
    assert verify(certificate, moved.support(support)).complete


def test_the_exploration_of_a_merged_chain_is_a_proof_about_the_chain_before():
    support = chain("10 11", "11 01", "10 01", "10 11")
    proof = settled(support).certificate["proof"]
    assert (proof["kind"], proof["proof"]["kind"]) == ("merged", "full-space")
