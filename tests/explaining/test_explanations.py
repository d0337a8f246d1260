"""``explain``: all minimal obstructions, examples in numbers, changes that break a mask, and advice."""

from __future__ import annotations

import itertools
import json
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qeclose
from qeclose.certify import Certified, certify
from qeclose.decide.evaluation import at, laurent_of
from qeclose.decide.witness import laurent_text
from qeclose.errors import UsageError
from qeclose.explaining.deciding import Deciding, lines_by_type
from qeclose.explaining.obstructions import minimal_obstructions
from qeclose.support.families import lu
from qeclose.support.mask import Mask

LU_2 = qeclose.Support(["10", "11"], ["10", "11"], name="lu-2")


def part(support, rows, columns):
    left, right = support.I, support.J
    return qeclose.Support(
        Mask(tuple(left.rows[i] for i in rows), left.n_cols),
        Mask(tuple(right.rows[j] for j in columns), right.n_cols),
    )


def is_closed(support) -> bool:
    found = certify(support, deadline=time.monotonic() + 60)
    assert isinstance(found, Certified)
    return found.closed


def subsets(size: int):
    return itertools.chain.from_iterable(itertools.combinations(range(size), k) for k in range(size + 1))


def by_brute_force(support) -> set[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Every pair of rows and columns decided, the ill-posed ones without an ill-posed proper part kept."""
    m, n = support.shape
    ill = {
        (rows, columns)
        for rows in subsets(m)
        for columns in subsets(n)
        if rows and columns and not is_closed(part(support, rows, columns))
    }
    return {
        (rows, columns)
        for rows, columns in ill
        if not any(
            (r, c) != (rows, columns) and set(r) <= set(rows) and set(c) <= set(columns) for r, c in ill
        )
    }


def places(support, **limits):
    sides = lines_by_type(support.I), lines_by_type(support.J)
    deciding = Deciding(support.inner[0], deadline=time.monotonic() + 30, patience=10, **limits)
    found = minimal_obstructions(sides, deciding)
    listed = [(place.rows, place.columns) for _, place in found.places()]
    assert len(listed) == len(set(listed)) == found.count
    return set(listed), found.complete


def masks(m: int, n: int, r: int):
    entries = st.lists(st.integers(0, 2**r - 1), min_size=m, max_size=m)
    others = st.lists(st.integers(0, 2**r - 1), min_size=n, max_size=n)
    return st.builds(lambda a, b: qeclose.Support(Mask(tuple(a), r), Mask(tuple(b), r)), entries, others)


@settings(max_examples=12)
@given(masks(3, 3, 3))
def test_the_classification_gives_every_minimal_obstruction_and_no_other(support):
    assert places(support) == (by_brute_force(support), True)


@pytest.mark.slow
@settings(max_examples=8)
@given(masks(3, 2, 4))
def test_four_terms_are_decided_kind_by_kind(support):
    found, complete = places(support)
    assert complete
    assert found == by_brute_force(support)


@pytest.mark.slow
def test_many_obstructions_are_counted_without_being_listed():
    rows = ["10"] * 300 + ["11"] * 300
    explanation = qeclose.explain(qeclose.Support(rows, rows), timeout=20, listed=3)
    # One row of each type and one column of each; two rows and two columns that overlap in both, with own columns or rows, are
    # no obstruction here, for term 2 has no line of its own.
    assert (explanation.count, len(explanation.obstructions), explanation.complete) == (300**4, 3, True)


@pytest.mark.slow
def test_obstructions_of_a_large_mask_with_many_terms_are_minimal_though_not_all_are_known():
    support = lu(12)
    sides = lines_by_type(support.I), lines_by_type(support.J)
    deciding = Deciding(12, deadline=time.monotonic() + 30, patience=10)
    found = minimal_obstructions(sides, deciding, hint=((1, 3, 7), (1, 3, 7)))
    assert not found.complete
    _, place = next(found.places())
    assert not is_closed(part(support, place.rows, place.columns))


def test_an_example_is_a_witness_of_the_whole_mask_with_numbers_that_tend_to_it():
    explanation = qeclose.explain(lu(3), timeout=60)
    assert explanation.count == 4
    for found in explanation.obstructions:
        assert set(found.witness.rows) <= set(found.place.rows)
        values = [at(found.witness, Fraction(1, 10**k)) for k in (1, 2, 3)]
        distances = [value.distance for value in values]
        assert distances == sorted(distances, reverse=True)
        assert distances[-1] < 0.1
        assert max(values[-1].norms) > 10 * max(values[0].norms)


def test_the_product_at_a_time_is_exact():
    witness = qeclose.explain(LU_2, timeout=60).obstructions[0].witness
    values = at(witness, Fraction(1, 1000))
    target = [[Fraction(entry) for entry in row] for row in witness.A]
    rest = [a - b for x, y in zip(target, values.product, strict=True) for a, b in zip(x, y, strict=True)]
    assert sum(entry**2 for entry in rest) == Fraction(1, 10**6)


laurents = st.dictionaries(st.integers(-4, 4), st.fractions(max_denominator=50).filter(bool), max_size=5)


@given(laurents)
def test_a_laurent_polynomial_reads_back_as_it_was_written(value):
    assert laurent_of(laurent_text(value)) == value


def test_what_is_no_laurent_polynomial_is_refused():
    with pytest.raises(ValueError, match="no Laurent polynomial"):
        laurent_of("t + x")


def toggled(support, factor, line, term):
    sides = {"I": list(support.I.rows), "J": list(support.J.rows)}
    sides[factor][line] ^= 1 << term
    r = support.inner[0]
    return qeclose.Support(Mask(tuple(sides["I"]), r), Mask(tuple(sides["J"]), r))


@settings(max_examples=12)
@given(masks(3, 3, 2))
def test_the_changes_that_break_a_mask_are_those_after_which_it_is_ill_posed(support):
    explanation = qeclose.explain(support, timeout=60)
    if explanation.fragility is None:
        assert explanation.verdict.verdict == "ill-posed"
        return
    told = {(b.factor, line, b.term) for b in explanation.fragility.breaks for line in b.lines}
    every = {
        (factor, line, term)
        for factor, size in zip("IJ", support.shape, strict=True)
        for line in range(size)
        for term in range(2)
    }
    assert explanation.fragility.complete
    assert told == {change for change in every if not is_closed(toggled(support, *change))}
    for found in explanation.fragility.breaks:
        after = toggled(support, found.factor, found.lines[0], found.term)
        assert not is_closed(part(after, found.place.rows, found.place.columns))


def test_advice_on_an_ill_posed_mask_names_a_repair_and_what_else_helps():
    explanation = qeclose.explain(LU_2, timeout=60)
    kinds = {advice.kind for advice in explanation.advice}
    assert {"repair", "ridge", "bounds", "locate"} <= kinds
    (mending,) = (advice.to_json() for advice in explanation.advice if advice.kind == "repair")
    assert len(mending["repairs"]) == 4
    for changes in mending["repairs"]:
        (change,) = changes
        assert (
            qeclose.check(toggled(LU_2, change["factor"], change["row"], change["term"])).verdict
            == "well-posed"
        )


def test_three_factors_are_explained_by_the_witness_of_the_verdict():
    support = qeclose.Support.parse("F1:\n10\n11\nF2:\n10\n01\nF3:\n11\n01\n")
    explanation = qeclose.explain(support, timeout=60)
    assert explanation.verdict.verdict == "ill-posed"
    assert not explanation.complete
    assert explanation.to_json()["obstructions"][0]["witness"]["factors"]
    assert "more than two factors" in explanation.report()


def test_the_json_is_the_documented_object():
    told = json.loads(json.dumps(qeclose.explain(LU_2, timeout=60).to_json()))
    assert (told["verdict"], told["count"], told["complete"]) == ("ill-posed", 1, True)
    (only,) = told["obstructions"]
    assert (only["rows"], only["columns"], only["terms"]) == ([0, 1], [0, 1], [0, 1])
    assert [entry["t"] for entry in only["numbers"]] == [0.1, 0.01, 0.001]
    last = only["numbers"][-1]
    product = [
        [sum(x * y for x, y in zip(row, column, strict=True)) for column in last["Y"]] for row in last["X"]
    ]
    for computed, stated in zip(product, last["product"], strict=True):
        assert computed == pytest.approx(stated, abs=1e-9)


@pytest.mark.parametrize("arguments", [{"timeout": 0}, {"timeout": float("inf")}, {"listed": 0}])
def test_senseless_limits_are_refused(arguments):
    with pytest.raises(UsageError):
        qeclose.explain(LU_2, **arguments)


def test_what_is_no_support_is_a_type_error():
    with pytest.raises(TypeError, match="Support"):
        qeclose.explain("lu.txt")


def test_obstructions_choose_lines_of_each_type_in_every_way():
    support = qeclose.Support(["10", "10", "11"], ["10", "11", "11"])
    assert places(support)[0] == {((i, 2), (0, j)) for i in (0, 1) for j in (1, 2)}
