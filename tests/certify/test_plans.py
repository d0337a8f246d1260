"""Plans tested at points modulo a prime: those said to work make solutions in polynomials."""

from __future__ import annotations

import random

import pytest

from qeclose import Support
from qeclose.algebra.system import System
from qeclose.certify.cover.generic import Draws
from qeclose.certify.cover.normalisations import PRIME, Plans
from qeclose.problem import Problem

# All 3×3 matrices are products; rank at most one.
FULL = Support([[1, 0, 0], [1, 1, 1], [1, 1, 1]], [[1, 1, 0], [1, 0, 1], [1, 1, 1]], name="full")
RANK_ONE = Support([[1], [1], [1]], [[1], [1], [1]], name="rank one")


def generic_point(problem: Problem, rng: random.Random) -> dict[tuple[int, int], int]:
    return {place: rng.randrange(1, PRIME) for place in problem.positions()}


@pytest.mark.parametrize("seed", range(5))
def test_a_plan_that_works_at_a_generic_point_makes_a_solution(seed: int) -> None:
    rng = random.Random(seed)
    problem = Problem.of(FULL)
    draws = Draws(problem, rng)
    found = Plans(problem, draws.ring, rng).best([generic_point(problem, rng)], 200, 3)
    assert found
    for _, first in found:
        drawn = draws.draw(System(draws.ring, ()), draws.goal, first)
        assert drawn is not None


def test_no_plan_works_at_a_point_that_has_no_factors() -> None:
    rng = random.Random(0)
    problem = Problem.of(RANK_ONE)
    plans = Plans(problem, Draws(problem, rng).ring, rng)
    assert plans.best([generic_point(problem, rng)], 200, 3) == []
    ones = dict.fromkeys(problem.positions(), 1)
    assert plans.best([ones], 200, 3)


def test_plans_that_work_at_more_points_come_first() -> None:
    rng = random.Random(3)
    problem = Problem.of(FULL)
    plans = Plans(problem, Draws(problem, rng).ring, rng)
    special = [{place: rng.choice((0, 1)) for place in problem.positions()} for _ in range(6)]
    scores = [score for score, _ in plans.best([generic_point(problem, rng), *special], 100, 5)]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) > 1
