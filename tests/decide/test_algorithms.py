"""What a verdict says beside the answer: an algorithm for the optimum, and whether the bad matrices have measure zero."""

from __future__ import annotations

import json

import pytest

import qeclose
from qeclose import Support
from qeclose.decide.algorithm import algorithm, is_thin
from qeclose.support.families import lu


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("full-3x3-r2", "svd"),
        ("hodlr-2-2-r1", "svd"),
        ("block-low-rank-3x2-r1", "svd"),
        ("butterfly-8-split-1", "svd"),
        ("butterfly-16", "butterfly"),
        ("lu-3", None),
        ("arrow-4-first", None),
    ],
)
def test_tractable_families_are_recognised(path: str, expected: str | None) -> None:
    (support,) = qeclose.read(f"supports/{path}.txt")
    assert isinstance(support, Support)
    assert algorithm(support) == expected


@pytest.mark.parametrize("n", [2, 3, 8])
def test_lu_is_thin_and_says_so_in_words_and_json(n: int) -> None:
    verdict = qeclose.check(lu(n), method="certify")
    assert (verdict.verdict, verdict.extent, verdict.algorithm) == ("ill-posed", "thin", None)
    assert "measure zero" in verdict.report()
    assert json.loads(json.dumps(verdict.to_json()))["extent"] == "thin"


def test_a_mask_whose_products_are_not_dense_is_not_called_thin() -> None:
    """Products of the first arrow have rank 3 at most in four rows: nothing generic has factors."""
    (support,) = qeclose.read("supports/arrow-3-first.txt")
    assert isinstance(support, Support)
    assert not is_thin(support)


def test_a_block_beside_a_bad_one_must_be_harmless_too() -> None:
    """LU beside a full term is thin, for that block is closed; beside a block that is neither dense nor closed it is unknown."""
    beside = Support.of_terms(5, 5, [*lu(2).terms, (0b11100, 0b11100)])
    assert is_thin(beside)
    (arrow,) = qeclose.read("supports/arrow-3-first.txt")
    assert isinstance(arrow, Support)
    moved = [(rows << 2, columns << 2) for rows, columns in arrow.terms]
    assert not is_thin(Support.of_terms(5, 5, [*lu(2).terms, *moved]))


def test_a_term_that_is_known_before_a_block_that_is_closed_but_not_full_is_not_thin() -> None:
    """The first term is known as in Gaussian elimination; what is left has rank one at most, which no generic matrix has."""
    assert not is_thin(Support.of_terms(4, 4, [(0b1111, 0b1111), (0b1110, 0b1110)]))


def test_a_well_posed_verdict_names_its_algorithm() -> None:
    verdict = qeclose.check(Support([[1], [1]], [[1], [1]]), method="certify")
    assert (verdict.verdict, verdict.extent, verdict.algorithm) == ("well-posed", None, "svd")
    assert "singular value" in verdict.report()
