"""Lines cleared, divided and arranged: the moved matrix is what it should be, and nothing is done that must not be."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest
from handmade import HANDMADE, Json
from hypothesis import assume, given
from hypothesis import strategies as st

from qeclose.checker import verify
from qeclose.checker.moves import Change, Target, cleared, divided, swap
from qeclose.checker.polynomial import Polynomial, Variable, as_constant, as_variable, variables
from qeclose.checker.problem import Problem
from qeclose.errors import CertificateError

SIZE = 3
FULL = Problem(dict.fromkeys(range(3), (7, 7)), ({}, {}), (SIZE, SIZE))
PLACES = [(i, j) for i in range(SIZE) for j in range(SIZE)]

entries = st.one_of(st.just("variable"), st.sampled_from([-2, -1, 0, 1, 2]))
matrices = st.lists(entries, min_size=9, max_size=9)
values = st.lists(st.sampled_from([-3, -1, 1, 2, 5]), min_size=9, max_size=9)


def target_of(matrix: list[Any]) -> Target:
    found = {
        place: as_variable(("a", *place)) if entry == "variable" else as_constant(entry)
        for place, entry in zip(PLACES, matrix, strict=True)
    }
    return Target(FULL, {}, {place: (entry, as_constant(1)) for place, entry in found.items()})


def value(p: Polynomial, at: dict[Variable, Fraction]) -> Fraction:
    total = Fraction(0)
    for monomial, coefficient in p.items():
        term = Fraction(coefficient)
        for v, e in monomial:
            term *= at[v] ** e
        total += term
    return total


def matrix_at(target: Target, at: dict[Variable, Fraction]) -> dict[tuple[int, int], Fraction]:
    return {place: value(top, at) / value(bottom, at) for place, (top, bottom) in target.entries.items()}


def before(changes: list[Change], at: dict[Variable, Fraction]) -> dict[Variable, Fraction]:
    """The old coordinates of a point given by its new ones."""
    moved = {v: value(top, at) / value(bottom, at) for v, top, bottom in changes}
    assert len(moved) == len(changes)
    return {**at, **moved}


def line_of(
    matrix: dict[tuple[int, int], Fraction], side: int, number: int
) -> dict[tuple[int, int], Fraction]:
    return {place: entry for place, entry in matrix.items() if place[side] == number}


@given(matrices, values, st.integers(0, 1), st.permutations(range(SIZE)), st.integers(0, SIZE - 1))
def test_clearing_subtracts_a_multiple_of_one_line(
    matrix: list[Any], numbers: list[int], side: int, lines: list[int], across: int
) -> None:
    target, at = (
        target_of(matrix),
        dict(zip([("a", *p) for p in PLACES], map(Fraction, numbers), strict=True)),
    )
    line, source, other = lines

    def place(number: int, crossing: int) -> tuple[int, int]:
        return (number, crossing) if side == 0 else (crossing, number)

    pivot = place(source, across)
    if not target.entries[pivot][0]:
        return
    changes, moved = cleared(target, side, line, source, across)
    old, new = matrix_at(target, before(changes, at)), matrix_at(moved, at)
    factor = old[place(line, across)] / old[pivot]
    for crossing in range(SIZE):
        assert (
            new[place(line, crossing)] == old[place(line, crossing)] - factor * old[place(source, crossing)]
        )
        for kept in (source, other):
            assert new[place(kept, crossing)] == old[place(kept, crossing)]
    assert not moved.entries[place(line, across)][0]


@given(matrices, values, st.integers(0, 1), st.integers(0, SIZE - 1), st.integers(0, SIZE - 1))
def test_dividing_divides_one_line_and_can_be_undone(
    matrix: list[Any], numbers: list[int], side: int, line: int, across: int
) -> None:
    target, at = (
        target_of(matrix),
        dict(zip([("a", *p) for p in PLACES], map(Fraction, numbers), strict=True)),
    )
    pivot = (line, across) if side == 0 else (across, line)
    if not target.entries[pivot][0]:
        return
    changes, moved = divided(target, side, line, across)
    old, new = matrix_at(target, before(changes, at)), matrix_at(moved, at)
    for place in PLACES:
        assert new[place] == (old[place] / old[pivot] if place[side] == line else old[place])
    # Each variable is multiplied by something that no changed variable occurs in: that is a bijection.
    changed = {v for v, _, _ in changes}
    for v, top, bottom in changes:
        assert variables(top) & changed == {v}
        assert not variables(bottom) & changed


RANK_ONE = HANDMADE["rank_one_variety"]


V, W = ("v",), ("w",)
polynomials = st.dictionaries(
    st.sampled_from([(), ((V, 1),), ((V, 2),), ((W, 1),), ((V, 1), (W, 1))]),
    st.sampled_from([-3, -1, 2]),
    min_size=1,
)


@given(polynomials, polynomials, polynomials, polynomials, st.sampled_from([1, 2, -5]))
def test_substitution_keeps_the_value_of_a_quotient(
    top: Polynomial, bottom: Polynomial, numerator: Polynomial, denominator: Polynomial, w: int
) -> None:
    numerator, denominator = (
        {m: c for m, c in p.items() if m in ((), ((W, 1),))} for p in (numerator, denominator)
    )
    at = {W: Fraction(w)}
    below = value(denominator, at)
    assume(below)
    at[V] = value(numerator, at) / below
    assume(value(bottom, at))
    target = Target(FULL, {}, {(0, 0): (top, bottom)})
    (moved,) = target.substituted(V, numerator, denominator).entries.values()
    assert value(moved[0], at) / value(moved[1], at) == value(top, at) / value(bottom, at)


def test_lines_change_places_only_if_what_they_hold_can() -> None:
    rest = ["variable"] * 3
    matrix = target_of(["variable", 1, 2, "variable", 1, 2, *rest])
    assert swap(matrix, 0, 0, 1) == {("a", 0, 0): ("a", 1, 0), ("a", 1, 0): ("a", 0, 0)}
    assert swap(target_of(["variable", 1, 2, "variable", 1, 1, *rest]), 0, 0, 1) is None
    assert swap(target_of(["variable", 1, 2, 1, 1, 2, *rest]), 0, 0, 1) is None
    other_terms = Problem({0: (1, 7), 1: (6, 7)}, ({}, {}), (SIZE, SIZE))
    assert swap(Target(other_terms, {}, matrix.entries), 0, 0, 1) is None


def tree() -> Json:
    return RANK_ONE()["proof"]["tree"]


def refused(problem: str, new: Json, factors: list[list[str]] | None = None) -> None:
    certificate = RANK_ONE()
    certificate["proof"]["tree"] = new
    if factors is not None:
        certificate["mask"]["factors"] = factors
    with pytest.raises(CertificateError, match=re.escape(problem)):
        verify(certificate)


def test_a_line_is_cleared_only_by_one_whose_terms_it_meets() -> None:
    # Row 1 meets no term that row 0 lacks, but row 0 meets one that row 1 lacks.
    certificate = HANDMADE["triangular_full_space"]()
    assert verify(certificate).claim == "well-posed"
    clear = certificate["proof"]["tree"]["nonzero"]["clear"]
    clear |= {"line": clear["by"], "by": clear["line"]}
    with pytest.raises(CertificateError, match="must not be added to line"):
        verify(certificate)


def test_an_entry_that_may_be_zero_clears_and_divides_nothing() -> None:
    move = {"side": "row", "line": 0, "at": 0}
    refused("the entry is not known to be nonzero", {"divide": move, "then": tree()})
    clear = {"side": "row", "line": 1, "by": 0, "at": 0}
    refused("the entry of line 0 is not known to be nonzero", {"clear": clear, "then": tree()})
    refused("cross at no entry", {"divide": {**move, "at": 2}, "then": tree()})
    refused("cross at no entry", {"divide": {**move, "line": True}, "then": tree()})


def test_lines_are_arranged_only_where_nothing_tells_them_apart() -> None:
    a = [["1", [[["a", 0, 0], 1]]]]
    refused(
        "do not play the same role here",
        {"split": a, "zero": tree(), "nonzero": tree()},
    )
    twice = {**tree(), "arrange": {"rows": [0, 0], "columns": [0, 1]}}
    refused("proof.tree.arrange.rows[1]: ", twice)
    refused("at least one line", {**tree(), "arrange": {"rows": [], "columns": [0]}})


def test_what_is_forgotten_cannot_be_used() -> None:
    refused("equation 0 is not linear", {**tree(), "nonzero": {"forget": 0, "then": tree()["nonzero"]}})


def test_an_equation_that_some_product_violates_is_refused() -> None:
    certificate = RANK_ONE()
    certificate["proof"]["equations"] = [[["1", [[["a", 0, 0], 1]]]]]
    with pytest.raises(CertificateError, match="this polynomial does not vanish on all products"):
        verify(certificate)
