"""What the theorems of docs/relu.md say about networks, checked by computing with networks."""

import itertools
import random
from fractions import Fraction
from functools import reduce
from time import monotonic

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from qeclose.certify.chains.decide import CertifiedChain, certify_chain
from qeclose.certify.refute.chain import refute_chain
from qeclose.networks.clusters import moment_clusters
from qeclose.networks.deciding import decide_image
from qeclose.networks.weights import Weights
from qeclose.support import Mask, Support

number = st.integers(-4, 4).map(Fraction)

# Two layers


@st.composite
def networks(draw):
    """2 inputs, 2 hidden units, 2 outputs."""
    pair = st.tuples(number, number)
    return Weights(draw(st.tuples(pair, pair)), draw(pair), draw(st.tuples(pair, pair)), draw(pair))


CLUSTERS = moment_clusters(2 * 2 + 1, 2)


@settings(max_examples=40, deadline=None)
@given(networks())
def test_some_cluster_is_cut_by_no_unit_and_there_the_linear_part_is_a_product_of_the_supports(network):
    # b / 16 moves the switching lines to where the clusters are.
    network = Weights(network.W1, tuple(b / 16 for b in network.b1), network.W2, network.b2)
    uncut = [cluster for cluster in CLUSTERS if len({active(network, x) for x in cluster}) == 1]
    assert uncut
    for cluster in uncut:
        on = active(network, cluster[0])
        linear = [
            [sum(network.W2[i][k] * on[k] * network.W1[k][j] for k in range(2)) for j in range(2)]
            for i in range(2)
        ]
        base, *others = cluster
        for x in others:
            step = [a - b for a, b in zip(x, base, strict=True)]
            moved = [a - b for a, b in zip(network(x), network(base), strict=True)]
            assert moved == [sum(a * s for a, s in zip(row, step, strict=True)) for row in linear]


def active(network, x):
    """Which units are on."""
    return tuple(int(value > 0) for value in network.preactivation(x))


def cone_of_unit(xs, sign, pattern):
    """Rays (y, b) of the weights with this pattern on the inputs ``xs``, and the outputs they make times ``sign``."""
    rays = [
        (y, b)
        for x in xs
        for y, b in ((1, -x), (-1, x), (0, 1), (0, -1))
        if all((y * p + b >= 0) if on else (y * p + b <= 0) for p, on in zip(xs, pattern, strict=True))
    ]
    return rays, [
        [sign * (y * p + b) if on else 0 for p, on in zip(xs, pattern, strict=True)] for y, b in rays
    ]


def best_network(xs, zs, units):
    """Least squared error of so many units and one output on inputs in R, and weights that have it."""
    best, found = np.inf, None
    patterns = list(itertools.product((False, True), repeat=len(xs)))
    pieces = [(sign, *cone_of_unit(xs, sign, pattern)) for sign in (-1, 1) for pattern in patterns]
    for chosen in itertools.combinations_with_replacement(pieces, units):
        columns = [[1.0] * len(xs), [-1.0] * len(xs), *(c for _, _, outputs in chosen for c in outputs)]
        solution, error = nnls(np.array(columns, dtype=float).T, np.array(zs, dtype=float))
        if error < best - 1e-12:
            best, found = error, (chosen, solution)
    chosen, solution = found
    rest = iter(solution[2:])
    inner = [
        np.array([np.zeros(2), *(next(rest) * np.array(ray, float) for ray in rays)]).sum(0)
        for _, rays, _ in chosen
    ]
    signs = [sign for sign, _, _ in chosen]
    return best**2, inner, signs, solution[0] - solution[1]


def outputs_of(inner, signs, bias, xs):
    return [bias + sum(s * max(0.0, y * x + b) for s, (y, b) in zip(signs, inner, strict=True)) for x in xs]


@pytest.mark.parametrize("seed", range(3))
def test_the_minimum_over_the_cones_is_attained_and_no_network_with_one_output_is_better(seed):
    rng = random.Random(seed)
    xs, zs = [-1, 0, 1, 3, 4], [rng.randint(-3, 3) for _ in range(5)]
    for units in (1, 2):
        best, inner, signs, bias = best_network(xs, zs, units)
        errors = [a - z for a, z in zip(outputs_of(inner, signs, bias, xs), zs, strict=True)]
        assert sum(e * e for e in errors) == pytest.approx(best, abs=1e-9)
        for _ in range(3000):
            scale = rng.choice((1, 10, 1000))
            lines = [(rng.gauss(0, scale), rng.gauss(0, scale)) for _ in range(units)]
            hidden = [[max(0.0, y * x + b) for x in xs] for y, b in lines]
            # The best last layer for these hidden values.
            design = np.array([*hidden, [1.0] * len(xs)]).T
            last = np.linalg.lstsq(design, np.array(zs, float), rcond=None)[0]
            assert best <= float(((design @ last - zs) ** 2).sum()) + 1e-9


def test_with_one_output_a_bound_on_the_number_of_weights_leaves_the_minimum_attained():
    # ‖W1‖₀, ‖W2‖₀ ≤ k with 2 units is the union over the supports with at most k units: a minimum of minima.
    xs, zs = [-1, 0, 1, 2], [2, -1, 1, -2]
    best = {k: min(best_network(xs, zs, units)[0] for units in range(k + 1)) for k in (0, 1, 2)}
    mean = sum(zs) / len(zs)
    assert best[0] == pytest.approx(sum((z - mean) ** 2 for z in zs))
    assert best[0] > best[1] > best[2]


def test_the_image_of_units_that_feed_one_output_each_is_closed_by_elimination():
    support = Support([[1, 0], [0, 1]], [[1, 1]])
    finding = decide_image(support, [(Fraction(0),), (Fraction(1),)], timeout=60, memory_mb=2000)
    assert not isinstance(finding, str) and finding.closed


# More layers: W3 σ(W2 σ(W1 x + b1) + b2) + b3


LDU = Support.of_factors([[[1, 0], [1, 1]], [[1, 0], [0, 1]], [[1, 1], [0, 1]]])


def deep(weights, biases, x):
    """The value of a network with ``weights`` first layer first, and the patterns of active units."""
    patterns = []
    for last, (W, b) in enumerate(zip(weights, biases, strict=True), 1 - len(weights)):
        x = [sum(w * a for w, a in zip(row, x, strict=True)) + c for row, c in zip(W, b, strict=True)]
        if last:
            patterns.append([int(a > 0) for a in x])
            x = [max(Fraction(0), a) for a in x]
    return x, patterns


def product(*matrices):
    return reduce(
        lambda A, B: [
            [sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*B, strict=True)]
            for row in A
        ],
        matrices,
    )


def diagonal(entries):
    return [[entry if i == j else 0 for j in range(len(entries))] for i, entry in enumerate(entries)]


@settings(max_examples=60, deadline=None)
@given(st.lists(number, min_size=9, max_size=9), st.lists(number, min_size=6, max_size=6))
def test_where_no_unit_switches_a_deep_network_has_a_linear_part_in_the_set_of_its_supports(entries, shifts):
    numbers = iter(entries)
    weights = [
        [[next(numbers) if row >> j & 1 else Fraction(0) for j in range(2)] for row in mask.rows]
        for mask in reversed(LDU.factors)
    ]
    biases = [[a / 3 for a in shifts[2 * l : 2 * l + 2]] for l in range(3)]
    base = [Fraction(1, 7), Fraction(-2, 7)]
    tiny = Fraction(1, 10**9)
    value, patterns = deep(weights, biases, base)
    moved = [deep(weights, biases, [base[0] + (j == 0) * tiny, base[1] + (j == 1) * tiny]) for j in range(2)]
    assume(all(pattern == patterns for _, pattern in moved) and not on_a_boundary(weights, biases, base))
    W1, W2, W3 = weights
    linear = product(W3, diagonal(patterns[1]), W2, diagonal(patterns[0]), W1)
    assert [[(moved[j][0][i] - value[i]) / tiny for j in range(2)] for i in range(2)] == linear
    point = {(i, j): linear[i][j] for i in range(2) for j in range(2) if linear[i][j]}
    assert refute_chain(LDU.factors, point) is None


def on_a_boundary(weights, biases, x):
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        x = [sum(w * a for w, a in zip(row, x, strict=True)) + c for row, c in zip(W, b, strict=True)]
        if not all(x):
            return True
        x = [max(Fraction(0), a) for a in x]
    return False


def test_a_deep_network_comes_as_near_to_a_frontier_point_as_one_likes_with_every_unit_active():
    result = certify_chain(LDU, deadline=monotonic() + 20)
    assert isinstance(result, CertifiedChain) and not result.closed
    inputs = [[Fraction(a), Fraction(b)] for a, b in itertools.product((-1, 0, 2), repeat=2)]
    losses = []
    for t in (Fraction(1, 10**2), Fraction(1, 10**5)):
        weights = [
            matrix_at(curve, mask, t) for curve, mask in zip(result.factors, LDU.factors, strict=True)
        ][::-1]
        biases = active_biases(weights, inputs)
        loss = Fraction(0)
        for x in inputs:
            value, patterns = deep(weights, biases, x)
            assert all(all(pattern) for pattern in patterns)
            target = [sum(result.point.get((i, j), 0) * x[j] for j in range(2)) for i in range(2)]
            loss += sum((a - b) ** 2 for a, b in zip(value, target, strict=True))
        losses.append(loss)
    assert 0 < losses[1] < losses[0] / 10**5 and losses[1] < Fraction(1, 10**6)


def matrix_at(curve, mask: Mask, t):
    return [
        [sum((c * t**e for e, c in curve.get((i, j), {}).items()), Fraction(0)) for j in range(mask.n_cols)]
        for i in range(len(mask.rows))
    ]


def active_biases(weights, inputs):
    """Biases that keep all units active on the inputs, and a last one that takes their effect back."""
    biases, values, shift = [], inputs, [Fraction(0), Fraction(0)]
    for W in weights[:-1]:
        before = [[sum(w * a for w, a in zip(row, x, strict=True)) for row in W] for x in values]
        b = [1 - min(x[k] for x in before) for k in range(len(W))]
        values = [[a + c for a, c in zip(x, b, strict=True)] for x in before]
        shift = [sum(w * s for w, s in zip(row, shift, strict=True)) + c for row, c in zip(W, b, strict=True)]
        biases.append(b)
    return [*biases, [-sum(w * s for w, s in zip(row, shift, strict=True)) for row in weights[-1]]]
