"""A check ends on time whatever the mask, and says what is open and what was left to try."""

from __future__ import annotations

import time

import pytest

import qeclose
from qeclose.presolve import reduce
from qeclose.problem import OutOfTime, Problem, tick, time_limit
from qeclose.support import Support, families

DENSE = families.random_support(1500, 1500, 1500, 0.5, seed=0)
"""More terms than lines to take them out, and far too many for a search: nothing is known to decide it."""


@pytest.mark.parametrize("timeout", [0.05, 0.5, 2.0])
def test_a_huge_dense_mask_is_undecided_on_time(timeout: float) -> None:
    start = time.monotonic()
    verdict = qeclose.check(DENSE, timeout=timeout, method="certify")
    # Other tests may be running; without any limit this takes minutes.
    assert time.monotonic() - start < timeout + 5
    assert verdict.verdict == "undecided"
    assert "a part with 1500 rows, 1500 columns and 1500 terms" in verdict.reason
    assert "not tried in the time given: more sub-masks" in verdict.reason


def test_the_open_blocks_are_counted() -> None:
    one = families.random_support(100, 100, 100, 0.5, seed=0)
    shifted = [(rows << 100, columns << 100) for rows, columns in one.terms]
    verdict = qeclose.check(Support.of_terms(200, 200, [*one.terms, *shifted]), timeout=2.0, method="certify")
    assert verdict.verdict == "undecided"
    assert "2 of 2 independent parts, the largest with 100 rows, 100 columns and 100 terms" in verdict.reason


def test_presolve_cut_short_keeps_the_steps_it_has_made() -> None:
    problem = Problem.of(families.hodlr(6, 4, 2))
    whole = reduce(problem)
    assert whole.complete
    with time_limit(time.monotonic() - 1):
        none = reduce(problem)
    assert not none.complete
    assert none.core is problem
    assert [block.core for block in none.blocks()] == [problem]


def test_an_inner_time_limit_does_not_put_off_an_outer_one() -> None:
    with time_limit(time.monotonic() - 1):
        with time_limit(time.monotonic() + 60), pytest.raises(OutOfTime):
            tick()
        with pytest.raises(OutOfTime):
            tick()
    tick()
