"""Covers of the space of all A: every tree the search returns is a proof, every hole a point of the frontier."""

from __future__ import annotations

import random
import time

import pytest
from deciding import accepted
from line_types import Types, support_of_types
from tree_walk import gives_factors, matrices, polynomial_at

from qeclose import Support
from qeclose.certify.certificate import curve_proof, limit_point
from qeclose.certify.cover.pair import Exploration, explore_full
from qeclose.problem import Problem
from qeclose.proof.certificate import sign
from qeclose.proof.well_posed import VarietyProof
from qeclose.proof.writing import tree_to_json

# In the first mask, a solution's fraction once was reduced to a denominator the checker could not see to be a unit.
FULL = [
    Support([[1, 0, 0], [1, 1, 1], [1, 1, 1]], [[1, 1, 0], [1, 0, 1], [1, 1, 1]], name="reduced fractions"),
    support_of_types((3, 5, 6), (3, 7, 7), 3),
    support_of_types((1, 6, 7), (3, 6, 7), 3),
]
# Dense, not full.
HOLES = [
    Support([[1, 0], [1, 1]], [[1, 0], [1, 1]], name="LU"),
    support_of_types((3, 5, 7), (3, 6, 7), 3),
]


VARIETIES = [((1, 7, 7, 7), (3, 5, 6, 6)), ((1, 7, 7, 7), (3, 6, 7, 7)), ((3, 7, 7, 7), (3, 7, 7, 7))]


def explorations(support: Support, seeds: range, regions: int = 300) -> list[Exploration]:
    return [
        explore_full(
            Problem.of(support),
            {k: k for k in range(support.inner[0])},
            random.Random(seed),
            regions=regions,
            patience=150,
            deadline=time.monotonic() + 20,
        )
        for seed in seeds
    ]


@pytest.mark.parametrize("support", FULL, ids=lambda support: support.name)
def test_every_tree_of_a_full_block_is_accepted(support: Support) -> None:
    proofs = [found.proof for found in explorations(support, range(3)) if found.proof is not None]
    assert proofs
    for proof in proofs:
        accepted(sign(support, "well-posed", proof), support)


@pytest.mark.slow
@pytest.mark.parametrize("support", FULL, ids=lambda support: support.name)
def test_every_tree_from_many_seeds_is_accepted(support: Support) -> None:
    proofs = [found.proof for found in explorations(support, range(3, 12)) if found.proof is not None]
    assert len(proofs) > 2
    for proof in proofs:
        accepted(sign(support, "well-posed", proof), support)


@pytest.mark.parametrize("support", HOLES, ids=lambda support: support.name)
def test_a_dense_set_that_is_not_everything_has_no_tree(support: Support) -> None:
    found = explorations(support, range(3), regions=15)
    assert all(exploration.proof is None for exploration in found)
    assert any(exploration.dense for exploration in found)


def test_a_hole_is_a_proof_that_the_set_is_not_closed() -> None:
    holes = [found.hole for found in explorations(HOLES[0], range(5)) if found.hole is not None]
    assert holes
    for hole in holes:
        assert limit_point(hole.curve, {}) == dict(hole.point)
        accepted(sign(HOLES[0], "ill-posed", curve_proof(hole.curve, hole.refutation, {})), HOLES[0])


@pytest.mark.slow
@pytest.mark.parametrize("support", FULL, ids=lambda support: support.name)
def test_a_tree_followed_with_numbers_gives_factors_of_any_matrix(support: Support) -> None:
    problem = Problem.of(support)
    proof = next(found.proof for found in explorations(support, range(3)) if found.proof is not None)
    for matrix in matrices(problem, random.Random(1), 300):
        assert gives_factors(problem, tree_to_json(proof.tree), matrix)


@pytest.mark.slow
@pytest.mark.parametrize("types", VARIETIES, ids=str)
def test_a_tree_of_a_variety_gives_factors_of_any_matrix_of_these_ranks(types: tuple[Types, Types]) -> None:
    support = support_of_types(*types, 3)
    problem = Problem.of(support)
    proof = next(found.proof for found in explorations(support, range(3)) if found.proof is not None)
    assert isinstance(proof, VarietyProof)
    accepted(sign(support, "well-posed", proof), support)
    solutions = [
        matrix
        for matrix in matrices(problem, random.Random(1), 3000)
        if not any(polynomial_at(equation, matrix) for equation in proof.equations)
    ]
    assert len(solutions) > 300
    for matrix in solutions:
        assert gives_factors(problem, tree_to_json(proof.tree), matrix)


@pytest.mark.slow
def test_a_hole_in_a_variety_is_a_proof_that_the_set_is_not_closed() -> None:
    support = support_of_types((3, 5, 7, 7), (3, 5, 7, 7), 3)
    holes = [found.hole for found in explorations(support, range(3)) if found.hole is not None]
    assert holes
    for hole in holes:
        accepted(sign(support, "ill-posed", curve_proof(hole.curve, hole.refutation, {})), support)


def test_matrices_of_rank_one_are_a_variety() -> None:
    rank_one = support_of_types((1, 1), (1, 1), 1)
    (found,) = explorations(rank_one, range(1))
    assert found.proof is not None
    assert isinstance(found.proof, VarietyProof)
    accepted(sign(rank_one, "well-posed", found.proof), rank_one)
