"""Confidence intervals, and what is counted of a decision."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from qeclose.certify import Certified, certify
from qeclose.sampling import Count, interval
from qeclose.support import Support
from qeclose.support.families import full, lu


def record(verdict: str, certificate: object = None, **details: object) -> dict[str, object]:
    head = {"verdict": verdict, "certificate": certificate, "engines": [], "presolve": [], "failures": []}
    return {**head, "seconds": 0.5, **details}


@given(st.integers(1, 400).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_intervals_are_the_exact_ones(counts):
    successes, total = counts
    found = interval(successes, total)
    low, high = binomtest(successes, total).proportion_ci(0.95, method="exact")
    assert found == pytest.approx((successes / total, low, high), abs=1e-9)


@pytest.mark.parametrize("chance", [0.0, 0.02, 0.3, 0.5, 0.95, 1.0])
def test_intervals_contain_the_chance_as_often_as_they_promise(chance):
    covered = sum(
        binom.pmf(k, 60, chance)
        for k in range(61)
        if interval(k, 60).low - 1e-12 <= chance <= interval(k, 60).high + 1e-12
    )
    assert covered >= 0.95


def test_of_no_samples_nothing_is_known():
    assert interval(0, 0) == (0.0, 0.0, 1.0)


def test_a_count_tells_what_certificates_consist_of():
    count = Count(0.5)
    for support in (lu(2), full(2, 2, 2), Support([[1, 1], [1, 0], [1, 1]], [[1, 1], [1, 1]])):
        result = certify(support, deadline=float("inf"), table=False)
        assert isinstance(result, Certified)
        steps = [{"rule": step.rule} for step in result.steps]
        verdict = "well-posed" if result.closed else "ill-posed"
        count.add(record(verdict, result.certificate, presolve=steps * 2))
    assert count.proofs == {"curve": 1, "presolve alone": 1, "normal-form": 1}
    assert count.verdicts == {"ill-posed": 1, "well-posed": 2}
    assert count.rules["absorb-equal"] <= 3
    assert count.seconds == 1.5


def test_without_certificate_the_engines_are_named_and_undecided_rests_on_nothing():
    count = Count(0.5)
    count.add(record("well-posed", engines=[{"name": "z3"}, {"name": "z3"}]))
    count.add(record("undecided", engines=[{"name": "cvc5"}], failures=["cvc5: crashed"]))
    assert (count.proofs, count.failures) == ({"engine z3": 1}, 1)
