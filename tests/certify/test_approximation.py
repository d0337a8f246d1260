"""Factors found by floating-point numbers: products are recognised, limits that are no products are not."""

from __future__ import annotations

import random

import pytest
from line_types import classes, support_of_types

from qeclose import Support
from qeclose.certify.frontier.numeric import Approximation
from qeclose.certify.refute.elimination import Exhausted, membership
from qeclose.problem import Problem
from qeclose.support import families

MASKS = [families.random_support(5, 6, 5, 0.7, seed) for seed in range(6)]


@pytest.mark.parametrize("support", MASKS, ids=lambda support: support.name)
def test_products_of_small_integers_are_found(support: Support) -> None:
    rng = random.Random(1)
    problem = Problem.of(support)
    approximation = Approximation(problem, 0)
    for _ in range(5):
        x = {
            (k, i): rng.randint(-2, 2)
            for k, term in enumerate(support.terms)
            for i in range(5)
            if term[0] >> i & 1
        }
        y = {
            (k, j): rng.randint(-2, 2)
            for k, term in enumerate(support.terms)
            for j in range(6)
            if term[1] >> j & 1
        }
        point = {
            (i, j): sum(x[k, i] * y[k, j] for k in problem.terms_at(i, j)) for i, j in problem.positions()
        }
        assert approximation.finds(point)


def test_the_limit_of_lu_is_not_found() -> None:
    approximation = Approximation(Problem.of(families.lu(2)), 0)
    assert not approximation.finds({(0, 1): 1, (1, 0): 1})
    assert approximation.finds({(0, 1): 1, (0, 0): 1})


def test_what_is_found_is_hardly_ever_refuted_nor_the_converse() -> None:
    rng = random.Random(5)
    agreed = differed = 0
    for pair in rng.sample(classes(3, 3), 60):
        problem = Problem.of(support_of_types(*pair, 3))
        approximation = Approximation(problem, 0)
        for _ in range(5):
            point = {place: rng.choice((0, 0, 1)) for place in problem.positions()}
            system = membership(problem, point, {k: k for k in problem.terms})  # type: ignore[arg-type]
            try:
                refuted = system.refutation(400) is not None
            except Exhausted:
                continue
            agreed += refuted != approximation.finds(point)
            differed += refuted == approximation.finds(point)
    # A point has factors over C but not over R now and then.
    assert agreed > 250
    assert differed < 5
