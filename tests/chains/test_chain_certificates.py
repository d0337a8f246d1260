"""Chains of more than two factors: proofs of closedness, witnesses, and that no chain has both."""

import itertools
import json
import random
from fractions import Fraction
from time import monotonic

import pytest
from chain_samples import chain, confirmed, masks_of, settled
from hypothesis import given, settings
from hypothesis import strategies as st

from qeclose.certify import Certified, certify
from qeclose.certify.chains.decide import CertifiedChain, certify_chain
from qeclose.certify.chains.merging import merges, unmerge
from qeclose.certify.chains.subchains import sub_chain
from qeclose.certify.compact.chain import live_part, prove_orthogonal
from qeclose.certify.cover.chain import explore_chain
from qeclose.certify.frontier.chain_curves import find_chain_frontier, product
from qeclose.certify.refute.chain import ChainFrontier
from qeclose.checker.verify import verify
from qeclose.errors import CertificateError
from qeclose.support import Mask, Support
from qeclose.support.bits import bits
from qeclose.support.families import butterfly, butterfly_pair, full, kronecker, lu, monarch
from qeclose.support.mask import product_mask

LOWER, UPPER, DIAGONAL = "100 110 111", "111 011 001", "100 010 001"


def shuffled(support, rng):
    """The same chain with its rows, columns and every inner layer renumbered."""
    sizes = [support.shape[0], *support.inner, support.shape[1]]
    orders = [rng.sample(range(size), size) for size in sizes]
    factors = []
    for mask, rows, columns in zip(support.factors, orders, orders[1:], strict=False):
        place = {old: new for new, old in enumerate(columns)}
        factors.append(Mask(tuple(sum(1 << place[j] for j in bits(mask.rows[i])) for i in rows), mask.n_cols))
    return Support.of_factors(factors)


# Closed


@pytest.mark.parametrize(
    "support",
    [
        butterfly(16),
        monarch(3, 4),
        kronecker([(1, 3, 2, 2), (2, 2, 5, 1)]),
        kronecker([(1, 2, 3, 4), (1, 6, 2, 2), (2, 2, 3, 1)]),
        kronecker([(2, 2, 2, 1), (1, 2, 2, 2)]),
    ],
    ids=lambda support: support.name,
)
def test_kronecker_chains_are_closed_in_whatever_order_their_lines_are_written(support):
    for seed in range(3):
        mixed = shuffled(support, random.Random(seed))
        result = settled(mixed)
        assert isinstance(result, CertifiedChain) and result.closed
        assert confirmed(result, mixed).claim == "well-posed"


def test_the_butterfly_of_order_1024_is_recognised_in_seconds():
    support = shuffled(butterfly(1024), random.Random(0))
    start = monotonic()
    result = settled(support)
    assert isinstance(result, CertifiedChain) and result.closed
    assert monotonic() - start < 10
    assert confirmed(result, support).complete


def chainable(first, second):
    a, _, c, d = first
    a2, b2, _, d2 = second
    return (
        a2 % a == 0
        and d % d2 == 0
        and (a * c) % a2 == 0
        and (b2 * d2) % d == 0
        and a * c // a2 == b2 * d2 // d
    )


@pytest.mark.parametrize("depth", [2, 3])
def test_every_small_chainable_chain_is_proved_closed(depth):
    sizes = (1, 2, 3)
    patterns = [
        p for p in itertools.product(sizes, repeat=4) if p[0] * p[1] * p[3] <= 8 and p[0] * p[2] * p[3] <= 8
    ]
    chains = [(p,) for p in patterns]
    for _ in range(depth - 1):
        chains = [(*c, p) for c in chains for p in patterns if chainable(c[-1], p)]
    rng = random.Random(5)
    for chosen in rng.sample(chains, min(len(chains), 300)):
        assert prove_orthogonal(kronecker(chosen).factors) is not None, chosen


def test_the_theorem_claims_nothing_about_ill_posed_supports():
    for support in (lu(2), lu(3), chain(LOWER, DIAGONAL, UPPER), chain(LOWER, LOWER, UPPER)):
        assert prove_orthogonal(support.factors) is None


def test_a_diagonal_factor_merges_into_its_neighbour_and_leaves_a_closed_pair():
    support = chain("110 110 001", DIAGONAL, "110 110 001", DIAGONAL)
    result = settled(support)
    assert isinstance(result, CertifiedChain) and result.closed and confirmed(result, support).complete


def test_factors_that_merge_into_a_full_space_leave_a_pair_that_theorems_decide():
    # Lower × lower is all lower triangular matrices; times a full matrix, everything.
    support = chain(LOWER, LOWER, "111 111 111")
    result = settled(support)
    assert isinstance(result, CertifiedChain) and result.closed
    assert confirmed(result, support).complete


# Not closed


@pytest.mark.parametrize(
    "masks",
    [
        (LOWER, DIAGONAL, UPPER),
        (LOWER, LOWER, UPPER),
        ("100 110 011", "100 110 011", UPPER),
        ("10 11", "10 01", "10 01", "11 01"),
    ],
)
def test_chains_like_lu_get_a_witness_that_verifies(masks):
    support = chain(*masks)
    result = settled(support)
    assert isinstance(result, CertifiedChain) and not result.closed
    assert confirmed(result, support).claim == "ill-posed"
    limit = {}
    total = result.factors[0]
    for factor in result.factors[1:]:
        total = product(total, factor)
    for place, series in total.items():
        assert min(series) >= 0
        if 0 in series:
            limit[place] = series[0]
    assert limit == dict(result.point)


def test_a_large_chain_gets_its_witness_from_a_small_part():
    n = 24
    lower = Mask(tuple((1 << i + 1) - 1 for i in range(n)), n)
    band = Mask(tuple(1 << i | (1 << i - 1 if i else 0) for i in range(n)), n)
    support = Support.of_factors((lower, band, lower.transpose()))
    result = settled(support)
    assert isinstance(result, CertifiedChain) and not result.closed
    assert confirmed(result, support).complete


# Never both


@settings(max_examples=25, deadline=None)
@given(masks_of(), st.integers(0, 100))
def test_no_chain_gets_both_verdicts(support, seed):
    masks = live_part(support.factors)
    result = certify_chain(support, deadline=monotonic() + 1, seed=seed)
    if isinstance(result, CertifiedChain):
        assert confirmed(result, support).complete
        if result.closed:
            until = monotonic() + 0.5
            assert find_chain_frontier(masks, random.Random(seed), tries=6, deadline=until) is None
        else:
            assert prove_orthogonal(masks) is None
            explored = explore_chain(
                masks, random.Random(seed), regions=10, patience=30, deadline=monotonic() + 0.5
            )
            assert explored is None or isinstance(explored, ChainFrontier)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 3), st.integers(2, 3), st.integers(2, 3))
def test_for_two_factors_the_theorem_agrees_with_the_one_for_pairs(seed, m, n, r):
    rng = random.Random(seed)
    pair = Support(
        [[rng.random() < 0.6 for _ in range(r)] for _ in range(m)],
        [[rng.random() < 0.6 for _ in range(r)] for _ in range(n)],
    )
    if prove_orthogonal(pair.factors) is not None:
        result = certify(pair, deadline=monotonic() + 5)
        assert not isinstance(result, Certified) or result.closed


# Parts and merges


@settings(max_examples=40, deadline=None)
@given(masks_of())
def test_leaving_out_dead_entries_keeps_the_support_of_the_product(support):
    live = live_part(support.factors)
    whole, pruned = support.factors[0], live[0]
    for mask, other in zip(support.factors[1:], live[1:], strict=True):
        whole, pruned = product_mask(whole, mask), product_mask(pruned, other)
    assert whole == pruned


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_a_merge_factors_every_curve_of_matrices_with_the_merged_support(seed):
    rng = random.Random(seed)
    left, right = (Mask(tuple(rng.randrange(1, 8) | 1 << i for i in range(3)), 3) for _ in range(2))
    for merge in merges((left, right)):
        target = {
            (i, j): {e: Fraction(rng.randint(1, 5)) for e in rng.sample(range(-2, 3), 2)}
            for i in range(3)
            for j in range(3)
            if (i, j) in merge.merged and rng.random() < 0.8
        }
        x, y = unmerge(merge, target)
        assert product(x, y) == target
        assert all(place in left for place in x) and all(place in right for place in y)


def test_a_part_of_a_chain_keeps_exactly_the_inner_indices_between_its_lines():
    part = sub_chain(chain(LOWER, DIAGONAL, UPPER).factors, (0, 1), (0, 1))
    assert part.layers == ((0, 1), (0, 1), (0, 1), (0, 1))
    assert [mask.to_strings() for mask in part.masks] == [["10", "11"], ["10", "01"], ["11", "01"]]


# The checker on chains


@pytest.mark.parametrize(
    ("proof", "complaint"),
    [
        ({"kind": "orthogonal-chain", "centre": 2, "first": "left"}, "not orthogonal"),
        ({"kind": "orthogonal-chain", "centre": 9, "first": "left"}, "out of range"),
        ({"kind": "orthogonal-chain", "centre": 0, "first": "top"}, "left"),
        (
            {"kind": "merged", "merges": [], "proof": {"kind": "normal-form"}},
            "orthogonal-chain, merged, full-space or variety",
        ),
        ({"kind": "merged", "merges": [{"at": 0, "steps": []}], "proof": {}}, "in no block"),
        ({"kind": "full-space", "tree": {}}, "a node of a tree"),
    ],
)
def test_the_checker_refuses_a_proof_that_does_not_hold(proof, complaint):
    support = chain(LOWER, DIAGONAL, UPPER)
    certificate = {
        "format": "qeclose-certificate",
        "version": 1,
        "mask": {"factors": [factor.to_strings() for factor in support.factors]},
        "claim": "well-posed",
        "proof": proof,
    }
    with pytest.raises(CertificateError, match=complaint):
        verify(certificate, support)


def test_the_checker_refuses_twin_capping_inside_a_merge():
    result = settled(chain(LOWER, LOWER, "111 111 111"))
    certificate = json.loads(json.dumps(result.certificate))
    if certificate["proof"]["kind"] == "orthogonal-chain":
        certificate["proof"] = {
            "kind": "merged",
            "merges": [{"at": 0, "steps": []}],
            "proof": certificate["proof"],
        }
    step = {"rule": "twin-capping", "side": "row", "keep": [0], "drop": [1]}
    certificate["proof"]["merges"][0]["steps"].insert(0, step)
    with pytest.raises(CertificateError, match="twin capping"):
        verify(certificate)


@pytest.mark.parametrize("sizes", [[3], [1, 1, 1], [2, 2], [0, 3], [1, 1]])
def test_the_checker_refuses_groups_that_are_no_division_of_the_factors(sizes):
    result = settled(chain(LOWER, DIAGONAL, UPPER))
    certificate = json.loads(json.dumps(result.certificate))
    certificate["proof"]["refutation"]["sizes"] = sizes
    with pytest.raises(CertificateError):
        verify(certificate)


def test_pairs_of_butterfly_products_are_closed_by_the_same_theorem():
    for support in (butterfly_pair(16, 2), full(3, 4, 2)):
        assert prove_orthogonal(support.factors) is not None
