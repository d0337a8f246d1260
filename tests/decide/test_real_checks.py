"""Whole checks on the real engines."""

from __future__ import annotations

import itertools

import pytest

import qeclose
from qeclose.decide.description import describe
from qeclose.formula.builders import SetName, entries
from qeclose.formula.language import FALSE, TRUE
from qeclose.formula.operations import evaluate

LU = qeclose.Support([[1, 0], [1, 1]], [[1, 0], [1, 1]], name="lu")
FULL = qeclose.Support([[1, 1], [1, 1]], [[1, 1], [1, 1]], name="full")
RANK_ONE = qeclose.Support([[1], [1]], [[1], [1]], name="rank-one")


@pytest.mark.parametrize(
    ("support", "engine", "verdict"),
    [
        (LU, "qepcad", "ill-posed"),
        (FULL, "qepcad", "well-posed"),
        (RANK_ONE, "qepcad", "well-posed"),
        (FULL, "z3", "well-posed"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_published_example_is_decided_by_one_engine_alone(support, engine, verdict):
    found = qeclose.check(support, engines=[engine], method="staged")
    assert (found.verdict, found.method) == (verdict, "staged")
    assert {run.engine for run in found.engines} == {engine} or "no engine was needed" in found.reason


@pytest.mark.parametrize(("support", "verdict"), [(LU, "ill-posed"), (FULL, "well-posed")])
def test_whatever_is_installed_decides_the_published_examples(support, verdict):
    assert qeclose.check(support).verdict == verdict


def test_three_factors_whose_middle_one_closes_the_set_are_well_posed():
    chain = qeclose.Support.of_factors([[[1], [1]], [[1]], [[1, 1]]])
    assert qeclose.check(chain).verdict == "well-posed"


def test_the_lu_example_split_into_three_factors_is_ill_posed():
    chain = qeclose.Support.of_factors([[[1, 0], [1, 1]], [[1, 0], [0, 1]], [[1, 1], [0, 1]]])
    assert qeclose.check(chain).verdict == "ill-posed"


@pytest.mark.parametrize("which", [SetName.E, SetName.COMPLEMENT, SetName.FRONTIER, SetName.CLOSURE])
def test_a_description_is_right_at_every_small_matrix(which):
    """The LU set is a ≠ 0 or b = 0 or c = 0; it is dense."""
    description = describe(LU, which)
    for values in itertools.product((-1, 0, 2), repeat=4):
        a, b, c, _ = values
        member = a != 0 or b == 0 or c == 0
        expected = {"e": member, "complement": not member, "closure": True, "frontier": not member}[which]
        assert evaluate(description.formula, dict(zip(entries(LU).values(), values, strict=True))) is expected


@pytest.mark.parametrize(("support", "truth"), [(LU, TRUE), (FULL, FALSE), (RANK_ONE, FALSE)])
def test_the_sentence_is_decided_from_the_description(support, truth):
    assert describe(support, SetName.SENTENCE).formula == truth


def test_the_frontier_of_a_set_with_a_weak_description_is_empty():
    assert describe(RANK_ONE, SetName.FRONTIER).formula == FALSE
