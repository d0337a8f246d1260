"""Where a matrix lies: points made inside, on the frontier and outside, and certificates that are refused."""

from __future__ import annotations

import copy
import random
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

import qeclose
from qeclose import Support
from qeclose.checker import verify
from qeclose.errors import CertificateError, UsageError
from qeclose.location import Location, exact_matrix, locate

LU = Support([[1, 0], [1, 1]], [[1, 0], [1, 1]])
RANK_ONE = Support([[1], [1]], [[1], [1]])


def product(location: Location) -> list[list[Fraction]]:
    matrices = location.matrices()
    assert matrices is not None
    X, Y = matrices
    return [[sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0)) for y in Y] for x in X]


def masks(seed: int, count: int) -> list[Support]:
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        r = rng.choice((2, 3))
        p = rng.choice((0.5, 0.7, 0.9))
        sides = [[[int(rng.random() < p) for _ in range(r)] for _ in range(rng.randint(1, 4))] for _ in "IJ"]
        found.append(Support(*sides))
    return found


@pytest.mark.parametrize(
    ("matrix", "support", "place"),
    [
        ([[1, 2], [3, 4]], LU, "inside"),
        ([[0, 1], [1, 0]], LU, "frontier"),
        ([[0, 0], [1, 5]], LU, "inside"),
        ([[1, 2], [2, 4]], RANK_ONE, "inside"),
        ([[1, 2], [3, 4]], RANK_ONE, "outside"),
        ([[0, 1], [0, 0]], Support([[1, 0], [0, 1]], [[1, 0], [0, 1]]), "outside"),
        ([["1/3", "0.1"], [1, 1]], LU, "inside"),
    ],
)
def test_small_matrices_are_where_they_are(matrix: object, support: Support, place: str) -> None:
    found = locate(matrix, support)
    assert found.place == place
    assert found.certificate is not None
    assert verify(found.certificate, support).claim == place
    if place == "inside":
        assert tuple(map(tuple, product(found))) == exact_matrix(matrix)
    assert (found.lower_bound > 0) is (place == "outside")


@pytest.mark.parametrize("support", masks(1, 25), ids=str)
def test_products_of_factors_are_inside_and_limits_are_not(support: Support) -> None:
    rng = random.Random(repr(support.factors))
    x = [[Fraction(rng.choice((0, 1, 2, -1))) * s for s in row] for row in support.I.to_lists()]
    y = [[Fraction(rng.choice((0, 1, 2, -1))) * s for s in row] for row in support.J.to_lists()]
    made = [[sum(a * b for a, b in zip(p, q, strict=True)) for q in y] for p in x]
    found = locate(made, support)
    assert found.place == "inside"
    assert product(found) == made
    verdict = qeclose.check(support, method="certify")
    if verdict.verdict == "ill-posed":
        witness = verdict.witness
        assert witness is not None
        m, n = support.shape
        limit = [[Fraction(0)] * n for _ in range(m)]
        for i, row in zip(witness.rows, witness.A, strict=True):
            for j, entry in zip(witness.columns, row, strict=True):
                limit[i][j] = Fraction(entry)
        assert locate(limit, support).place == "frontier"


@given(
    st.lists(st.lists(st.integers(-2, 2), min_size=3, max_size=3), min_size=3, max_size=3), st.integers(0, 30)
)
@settings(max_examples=30, deadline=None)
def test_no_factors_are_found_by_descent_where_there_are_none(matrix: list[list[int]], number: int) -> None:
    """For matrices outside or on the frontier Levenberg–Marquardt, which knows nothing of the search, ends above 0."""
    from attack.truth import factors_near

    rng = random.Random(number)
    sides = [[[int(rng.random() < 0.7) for _ in range(2)] for _ in range(3)] for _ in "IJ"]
    found = locate(matrix, Support(*sides))
    assert found.place != "undecided"
    exact = [[Fraction(entry) for entry in row] for row in matrix]
    if found.place in ("outside", "frontier"):
        assert factors_near(exact, *sides, rng, starts=2) is None


def test_a_nearly_singular_minor_is_not_taken_for_singular() -> None:
    """Floats are the binary numbers they are; rounded to two decimals, the matrix has rank one."""
    matrix = np.array([[0.1, 0.3], [0.7, 2.1]])
    assert locate(matrix, RANK_ONE).place == "outside"
    assert locate(matrix, RANK_ONE, digits=2).place == "inside"


def test_sparse_matrices_and_arrays_are_taken() -> None:
    assert locate(scipy.sparse.csr_array(np.eye(2)), LU).place == "inside"
    assert locate(np.eye(2, dtype=np.int8), LU).place == "inside"


@pytest.mark.parametrize(
    ("matrix", "problem"),
    [
        ([[1, 2, 3], [4, 5, 6]], "2×3"),
        ([[1, 2], [3]], "same length"),
        ([[1, float("nan")], [1, 1]], "no finite real number"),
        ([[1, "a"], [1, 1]], "no finite real number"),
        ([[1, 1j], [1, 1]], "no finite real number"),
        ("10", "list of rows"),
    ],
)
def test_what_is_no_matrix_of_this_shape_is_refused(matrix: object, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        locate(matrix, LU)


def test_a_chain_is_refused() -> None:
    chain = Support.of_factors([[[1, 1]], [[1], [1]], [[1]]])
    with pytest.raises(UsageError, match="two factors"):
        locate([[1]], chain)


PLACED = [
    ([[1, 2], [3, 4]], LU),
    ([[0, 1], [1, 0]], LU),
    ([[1, 2], [3, 4]], RANK_ONE),
    ([[0, 1], [0, 0]], Support([[1, 0], [0, 1]], [[1, 0], [0, 1]])),
]


@pytest.mark.parametrize(("matrix", "support"), PLACED)
def test_a_certificate_of_another_place_matrix_or_proof_is_refused(matrix: object, support: Support) -> None:
    certificate = locate(matrix, support).certificate
    assert certificate is not None
    for place in {"inside", "frontier", "outside"} - {certificate["claim"]}:
        with pytest.raises(CertificateError):
            verify({**certificate, "claim": place}, support)
    other = copy.deepcopy(certificate)
    other["matrix"] = [[i, j, str(2 * Fraction(value) + 1)] for i, j, value in other["matrix"]][:-1]
    if certificate["claim"] != "outside":
        with pytest.raises(CertificateError):
            verify(other, support)
    with pytest.raises(CertificateError):
        verify({key: value for key, value in certificate.items() if key != "matrix"}, support)


def test_a_minor_that_enough_terms_meet_or_that_vanishes_is_no_proof() -> None:
    certificate = locate([[1, 2], [3, 4]], RANK_ONE).certificate
    assert certificate is not None
    one = {**certificate, "proof": {"kind": "rank", "rows": [0], "columns": [0]}}
    with pytest.raises(CertificateError, match=r"1 terms? meet"):
        verify(one, RANK_ONE)
    twice = {**certificate, "proof": {"kind": "rank", "rows": [0, 0], "columns": [0, 1]}}
    with pytest.raises(CertificateError):
        verify(twice, RANK_ONE)
    singular = {**certificate, "matrix": [[0, 0, "1"], [0, 1, "2"], [1, 0, "2"], [1, 1, "4"]]}
    with pytest.raises(CertificateError, match="this minor of the matrix is 0"):
        verify(singular, RANK_ONE)
