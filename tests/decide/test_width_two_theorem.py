"""Verdicts against the complete theorem for two terms, which no code of the strategy knows."""

from __future__ import annotations

import itertools

import pytest

import qeclose
from qeclose.support.canonical import canonical_form


def is_ill_posed(support: qeclose.Support) -> bool:
    """For two terms of a 2×2 matrix: the rectangles overlap, and one has a row and a column the other lacks."""
    (rows, columns), (other_rows, other_columns) = support.terms
    overlap = rows & other_rows and columns & other_columns
    first = rows & ~other_rows and columns & ~other_columns
    second = other_rows & ~rows and other_columns & ~columns
    return bool(overlap and (first or second))


def classes_of_two_by_two_supports() -> list[qeclose.Support]:
    masks = [[[a, b], [c, d]] for a, b, c, d in itertools.product((0, 1), repeat=4)]
    supports = [qeclose.Support(I, J) for I, J in itertools.product(masks, repeat=2)]
    return list({canonical_form(support).support: support for support in supports}.values())


def test_there_are_both_kinds_among_the_classes():
    kinds = [is_ill_posed(support) for support in classes_of_two_by_two_supports()]
    assert kinds.count(True) >= 1
    assert kinds.count(False) >= 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "support", classes_of_two_by_two_supports(), ids=lambda s: "-".join(s.I.to_strings() + s.J.to_strings())
)
def test_every_two_by_two_support_is_decided_as_the_theorem_says(support):
    expected = "ill-posed" if is_ill_posed(support) else "well-posed"
    assert qeclose.check(support, engines=["qepcad"]).verdict == expected
