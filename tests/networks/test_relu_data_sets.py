"""The data set without an optimum: every ingredient of its proof, by exact computation."""

import itertools
import json
from fractions import Fraction
from time import monotonic
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qeclose.certify import Certified, certify
from qeclose.certify.refute.elimination import membership
from qeclose.checker.verify import verify
from qeclose.errors import CertificateError, UsageError
from qeclose.networks import Biases, DataSet, Frontier
from qeclose.networks.clusters import curve_point, moment_clusters, parameters
from qeclose.networks.files import dataset_certificate, is_exact, write_dataset
from qeclose.networks.weights import Weights
from qeclose.problem import Problem
from qeclose.support import Support
from qeclose.support.families import fsmf_example, lu, pruned_network


def certificate_of(support: Support) -> dict[str, Any]:
    settled = certify(support, deadline=monotonic() + 30)
    assert isinstance(settled, Certified) and not settled.closed
    return settled.certificate


def frontier_of(support: Support) -> Frontier:
    frontier = Frontier.from_certificate(certificate_of(support))
    assert frontier is not None
    return frontier


def data_of(support: Support) -> DataSet:
    biases = Biases.every(support.inner[0], support.shape[0])
    return DataSet.of(support, frontier_of(support), biases)


def determinant(rows: list[list[Fraction]]) -> Fraction:
    rows, sign = [list(row) for row in rows], Fraction(1)
    for c in range(len(rows)):
        pivot = next((r for r in range(c, len(rows)) if rows[r][c]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != c:
            rows[c], rows[pivot], sign = rows[pivot], rows[c], -sign
        for r in range(c + 1, len(rows)):
            factor = rows[r][c] / rows[c][c]
            rows[r] = [a - factor * b for a, b in zip(rows[r], rows[c], strict=True)]
    for c in range(len(rows)):
        sign *= rows[c][c]
    return sign


@pytest.mark.parametrize(("count", "dimension"), [(3, 1), (5, 2), (7, 2), (5, 3), (5, 4)])
def test_no_hyperplane_meets_more_clusters_than_the_dimension(count, dimension):
    # The determinant of points of different hulls is affine in each point, so its sign is constant on the hulls if it is
    # the same, and not 0, at all choices of corners.
    clusters = moment_clusters(count, dimension)
    for chosen in itertools.combinations(clusters, dimension + 1):
        signs = {
            determinant([[Fraction(1), *corner] for corner in corners]) > 0
            for corners in itertools.product(*chosen)
        }
        zero = any(
            not determinant([[Fraction(1), *c] for c in corners]) for corners in itertools.product(*chosen)
        )
        assert len(signs) == 1 and not zero


@pytest.mark.parametrize(("count", "dimension"), [(3, 1), (5, 2), (10, 3), (41, 5)])
def test_the_points_of_a_cluster_are_affinely_independent(count, dimension):
    for cluster in moment_clusters(count, dimension):
        assert len(cluster) == dimension + 1
        assert determinant([[Fraction(1), *point] for point in cluster])


def dichotomies(points: list[tuple[Fraction, ...]]) -> set[tuple[bool, ...]]:
    """The ways to divide points of the plane by a line, as sides; points on the line count on either side.

    A line can be moved until it goes through two points without a point changing strictly from side to side.
    """
    found: set[tuple[bool, ...]] = {(True,) * len(points), (False,) * len(points)}
    for p, q in itertools.combinations(range(len(points)), 2):
        (x1, y1), (x2, y2) = points[p], points[q]
        values = [(x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) for x, y in points]
        on = [e for e, value in enumerate(values) if not value]
        for sides in itertools.product((True, False), repeat=len(on)):
            below = [value > 0 for value in values]
            for e, side in zip(on, sides, strict=True):
                below[e] = side
            found.add(tuple(below))
            found.add(tuple(not side for side in below))
    return found


def test_loss_zero_is_impossible_for_two_hidden_units_by_enumeration():
    # Independent of the theorem: every way two units can be switched on the 15 points leaves a cluster on which neither
    # switches; there the network is affine with linear part X·diag(0/1)·Yᵀ, and none of the four is A.
    support = lu(2)
    data = data_of(support)
    points = [tuple(x) for x in data.inputs]
    patterns = dichotomies(points)
    assert len(patterns) > 100
    switched = {
        frozenset(c for c in range(5) if len(set(pattern[3 * c : 3 * c + 3])) == 2) for pattern in patterns
    }
    for one, other in itertools.product(switched, repeat=2):
        assert len(one | other) < len(data.clusters)
    for active in itertools.product((0, 1), repeat=2):
        terms = [term if on else (0, 0) for term, on in zip(support.terms, active, strict=True)]
        problem = Problem.of(Support.of_terms(2, 2, terms))
        covered = set(problem.positions())
        outside = any(place not in covered for place in data.frontier.point)
        origin = {k: k for k in problem.terms}
        assert outside or membership(problem, data.frontier.point, origin).refutation(100) is not None


@pytest.mark.parametrize("support", [lu(2), lu(5), fsmf_example(), pruned_network(4, 5, 6, 0.5, 1)])
def test_the_weights_reach_a_loss_below_one_millionth_exactly(support):
    data = data_of(support)
    t = data.small_time()
    weights = data.weights(t)
    loss = sum(
        (
            (z - y) ** 2
            for x, target in zip(data.inputs, data.targets, strict=True)
            for z, y in zip(weights(x), target, strict=True)
        ),
        Fraction(0),
    )
    assert loss == data.loss(t) < Fraction(1, 10**6)


def test_the_loss_tends_to_zero_like_the_square_of_the_time_while_weights_grow():
    data = data_of(lu(3))
    times = [Fraction(1, 2**e) for e in (10, 20, 30, 40)]
    losses = [data.loss(t) for t in times]
    growth = [data.weights(t).largest() for t in times]
    assert all(0 < after < before / 2**18 for before, after in itertools.pairwise(losses))
    assert all(after > 2**9 * before for before, after in itertools.pairwise(growth))


def test_the_weights_respect_the_supports():
    support = fsmf_example()
    weights = data_of(support).weights(Fraction(1, 1000))
    for matrix, mask in ((weights.W2, support.factors[0]), (weights.W1, support.factors[1])):
        assert all(not value or (i, j) in mask for i, row in enumerate(matrix) for j, value in enumerate(row))


def test_the_targets_are_linear_in_the_inputs_and_no_fit_of_the_curve_is_exact():
    data = data_of(lu(2))
    for x, y in zip(data.inputs, data.targets, strict=True):
        assert list(y) == [sum(data.frontier.point.get((i, j), 0) * x[j] for j in range(2)) for i in range(2)]
    assert data.loss(Fraction(1, 10**30)) > 0


def test_verify_accepts_the_certificate_of_a_data_set_and_knows_its_mask():
    data = data_of(lu(4))
    certificate = json.loads(json.dumps(dataset_certificate(data)))
    verification = verify(certificate, lu(4))
    assert verification.claim == "training-ill-posed" and verification.complete
    with pytest.raises(CertificateError):
        verify(certificate, lu(3))


def test_a_frontier_point_refuted_by_padding_makes_a_data_set_too():
    # LU and a third unit that is everywhere, with a third output of its own.
    support = Support.of_factors([[[1, 0, 1], [1, 1, 1], [0, 0, 1]], [[1, 1, 1], [0, 1, 1], [1, 1, 1]]])
    left, right = certificate_of(lu(2))["proof"]["factors"]
    proof = {
        "kind": "curve",
        "point": [*certificate_of(lu(2))["proof"]["point"], [2, 2, "1"]],
        "factors": [[*left, [2, 2, [[0, "1"]]]], [*right, [2, 2, [[0, "1"]]]]],
        "refutation": {
            "kind": "padded",
            "rows": [0, 1],
            "columns": [0, 1],
            "pads": [[2, 2, 2]],
            "refutation": certificate_of(lu(2))["proof"]["refutation"],
        },
    }
    frontier = Frontier.from_certificate({**certificate_of(lu(2)), "proof": proof})
    assert frontier is not None and frontier.rows == frontier.columns == (0, 1, 2)
    certificate = dataset_certificate(DataSet.of(support, frontier, Biases.every(3, 3)))
    assert verify(certificate, support).claim == "training-ill-posed"
    certificate["proof"]["columns"] = [0, 1]
    with pytest.raises(CertificateError, match="outside the rows and columns"):
        verify(certificate, support)


def tampered(change):
    certificate = json.loads(json.dumps(dataset_certificate(data_of(lu(2)))))
    change(certificate["proof"])
    return certificate


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda p: p["inputs"].pop(), "clusters"),
        (lambda p: p["parameters"].reverse(), "increase"),
        (lambda p: p["parameters"].__setitem__(1, p["parameters"][0]), "increase"),
        (lambda p: p["inputs"][0].__setitem__(0, "7"), "moment curve"),
        (lambda p: p["inputs"].__setitem__(1, p["inputs"][2]), "moment curve"),
        (lambda p: p["targets"][3].__setitem__(0, "12345"), "not A times"),
        (lambda p: p["biases"].__setitem__("hidden", "01"), "bias"),
        (lambda p: p["weights"]["b1"].__setitem__(0, "-9999999"), "active"),
        (lambda p: p["weights"]["W1"][0].__setitem__(0, "31/7"), "not the factors"),
        (lambda p: p.__setitem__("loss", "0"), "loss"),
        (lambda p: p.__setitem__("rows", [0]), "outside the rows"),
        (lambda p: p["frontier"].__setitem__("point", [[0, 0, "1"]]), "entry of A"),
        (lambda p: p["frontier"].__setitem__("kind", "tree"), "kind curve"),
        (lambda p: p.__setitem__("rows", []), "at least one line"),
        (lambda p: p["targets"].pop(), "as many targets as inputs"),
        (lambda p: (p["inputs"].append(["8", "64"]), p["parameters"].append("999")), "no clusters of 3"),
        (lambda p: p["biases"].__setitem__("output", "1"), "2 digits 0 and 1"),
        (lambda p: p["biases"].__setitem__("output", "12"), "2 digits 0 and 1"),
    ],
)
def test_verify_refuses_a_data_set_that_was_tampered_with(change, complaint):
    with pytest.raises(CertificateError, match=complaint):
        verify(tampered(change))


def test_output_biases_take_back_what_the_hidden_ones_add():
    def shift(proof):
        proof["weights"]["b2"][0] = str(Fraction(proof["weights"]["b2"][0]) + Fraction(1, 10**6))

    with pytest.raises(CertificateError, match="not −W2·b1"):
        verify(tampered(shift))


def test_data_sets_are_for_two_layers_and_of_bearable_size(monkeypatch):
    certificate = tampered(lambda proof: None)
    chain = {**certificate, "mask": {"factors": [*certificate["mask"]["factors"], ["10", "01"]]}}
    with pytest.raises(CertificateError, match="networks of two layers"):
        verify(chain)
    monkeypatch.setattr("qeclose.checker.dataset._MAX_ENTRIES", 3)
    with pytest.raises(CertificateError, match=r"proof\.inputs: too large"):
        verify(certificate)


def test_the_curve_of_a_data_set_stays_in_its_rows_and_columns():
    certificate = json.loads(json.dumps(dataset_certificate(data_of(lu(2)))))
    proof = certificate["proof"]
    left, right = certificate["mask"]["factors"]
    certificate["mask"]["factors"] = [[*left, "11"], [row + "1" for row in right]]
    proof["frontier"]["factors"][0].append([2, 0, [[5, "1"]]])
    with pytest.raises(CertificateError, match="the curve leaves the rows and columns"):
        verify(certificate)


def test_a_bias_that_does_not_exist_is_zero():
    # Unit 2 has weights of its own, which the curve does not use.
    certificate = json.loads(json.dumps(dataset_certificate(data_of(lu(2)))))
    proof = certificate["proof"]
    left, right = certificate["mask"]["factors"]
    certificate["mask"]["factors"] = [[row + "0" for row in left], [*right, "00"]]
    proof["biases"]["hidden"] += "0"
    weights = proof["weights"]
    weights["W1"].append(["0"] * 2)
    weights["b1"].append("1")
    weights["W2"] = [[*row, "0"] for row in weights["W2"]]
    with pytest.raises(CertificateError, match="a bias that does not exist is not 0"):
        verify(certificate)
    weights["b1"][2] = "0"
    assert verify(certificate).claim == "training-ill-posed"


def test_too_few_clusters_are_refused_even_if_all_else_fits():
    def drop_a_cluster(proof):
        del proof["inputs"][:3], proof["targets"][:3], proof["parameters"][:3]

    with pytest.raises(CertificateError, match="5 clusters"):
        verify(tampered(drop_a_cluster))


def test_a_data_set_is_written_without_loss_in_every_format(tmp_path):
    import numpy as np

    data = data_of(lu(3))
    assert is_exact(data)
    for ending in ("npz", "csv", "json"):
        write_dataset(str(tmp_path / f"d.{ending}"), data)
    arrays = np.load(tmp_path / "d.npz", allow_pickle=False)
    inputs = [[Fraction(float(v)) for v in row] for row in arrays["inputs"]]
    targets = [[Fraction(float(v)) for v in row] for row in arrays["targets"]]
    assert inputs == [list(x) for x in data.inputs] and targets == [list(y) for y in data.targets]
    head, *lines = (tmp_path / "d.csv").read_text().splitlines()
    assert head == "x1,x2,x3,y1,y2,y3"
    assert [[Fraction(cell) for cell in line.split(",")] for line in lines] == [
        [*x, *y] for x, y in zip(data.inputs, data.targets, strict=True)
    ]
    verify(json.loads((tmp_path / "d.json").read_text()), lu(3))


def test_an_unknown_ending_of_a_data_set_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"npz, \.csv or \.json"):
        write_dataset(str(tmp_path / "d.txt"), data_of(lu(2)))


def test_clusters_are_consecutive_points_of_the_moment_curve():
    assert [str(s) for s in parameters(5)] == ["-1/2", "-1/4", "0", "1/4", "1/2"]
    points = [point for cluster in moment_clusters(3, 2) for point in cluster]
    assert points == [curve_point(s, 2) for s in parameters(9)]
    assert all(-1 <= s < after <= 1 for s, after in itertools.pairwise(parameters(200)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=4, max_size=4), st.integers(2, 12))
def test_a_hyperplane_meets_the_hulls_of_at_most_as_many_clusters_as_the_dimension(numbers, count):
    *a, b = map(Fraction, numbers)
    if any(a):
        scaled_b = b / 64  # near the curve, where hyperplanes meet most
        met = 0
        for cluster in moment_clusters(count, 3):
            values = [sum(x * y for x, y in zip(a, point, strict=True)) - scaled_b for point in cluster]
            assert any(values)
            met += min(values) <= 0 <= max(values)
        assert met <= 3


small = st.integers(-3, 3).map(Fraction)


@given(st.lists(small, min_size=8, max_size=8), st.tuples(small, small))
def test_weights_compute_a_relu_network(numbers, x):
    a, b, c, d, e, f, g, h = numbers
    weights = Weights(((a, b), (c, d)), (e, f), ((g, h),), (a,))
    units = [max(0, a * x[0] + b * x[1] + e), max(0, c * x[0] + d * x[1] + f)]
    assert weights(x) == (g * units[0] + h * units[1] + a,)
