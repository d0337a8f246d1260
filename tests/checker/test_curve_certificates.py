"""Ill-posed certificates: the curve, its limit, and the proof that the limit is outside E."""

from __future__ import annotations

from typing import Any

import pytest
from handmade import (
    LU,
    certificate,
    lu_engine,
    lu_of_three_factors,
    lu_scaled_tree,
    lu_tree,
    monomial,
    x,
)
from mutations import Place, replaced
from refusals import changed, refused

from qeclose.checker import verify


@pytest.mark.parametrize("make", [lu_tree, lu_scaled_tree, lu_of_three_factors])
def test_an_exact_refutation_rests_on_no_engine(make: Any) -> None:
    verification = verify(make())
    assert verification.claim == "ill-posed"
    assert verification.words == ()
    assert verification.complete


def test_a_curve_stays_inside_the_supports() -> None:
    entry = [0, 1, [[0, "1"]]]
    refused(
        "proof.factors[0][0]: the entry [0, 1] is outside", changed(lu_tree(), (("factors", 0, 0), entry))
    )
    refused("proof.factors[1][0][0]: the index 2", changed(lu_tree(), (("factors", 1, 0, 0), 2)))


def test_a_curve_without_a_limit_is_refused() -> None:
    # Without the entry that cancels it, 1/t is left at (1, 1).
    cert = lu_tree()
    left = changed(cert, (("factors", 0), cert["proof"]["factors"][0][:2]))
    refused("proof.factors: at [1, 1] the product of the factors has no limit: its order is t^-1", left)


def test_a_curve_with_another_limit_is_refused() -> None:
    refused("proof.factors: at [0, 1] the product", changed(lu_tree(), (("point", 0, 2), "1/2")))
    refused("proof.factors: at [0, 1] the product", changed(lu_tree(), (("point",), [[1, 0, "1"]])))
    more = [[0, 1, "1"], [1, 0, "1"], [1, 1, "7"]]
    refused("proof.factors: at [1, 1] the product", changed(lu_tree(), (("point",), more)))


def test_positions_nothing_reaches_are_part_of_the_limit() -> None:
    # A has an entry in a row that no path reaches.
    cert = certificate("ill-posed", [["10", "11", "00"], LU[1]], lu_tree()["proof"])
    assert verify(cert).complete
    point = [*cert["proof"]["point"], [2, 0, "1"]]
    refused("proof.factors: at [2, 0] the product", changed(cert, (("point",), point)))


def test_a_matrix_in_e_has_no_refutation() -> None:
    # The curve to A = 0 is fine, but then A ∈ E, and the tree breaks.
    cert = changed(lu_tree(), (("point",), []), (("factors",), [[], []]))
    refused("proof.refutation.tree.zero.then.contradiction: equation 1", cert)


def test_equations_are_those_of_the_positions() -> None:
    refused(
        "proof.refutation.tree.nonzero.solve: equation 0 is not linear",
        changed(lu_tree(), (("refutation", "positions"), [[1, 1], [0, 1], [1, 0]])),
    )
    refused(
        "proof.refutation.positions[1]: (0, 0) is listed twice",
        changed(lu_tree(), (("refutation", "positions", 1), [0, 0])),
    )
    refused(
        "proof.refutation.positions[0][1]: the index 2",
        changed(lu_tree(), (("refutation", "positions", 0), [0, 2])),
    )


def test_trees_split_on_entries_inside_the_supports_only() -> None:
    split = ("refutation", "tree", "split")
    refused("proof.refutation.tree.split: ['f', 0, 0, 1]", changed(lu_tree(), (split, [monomial(x(0, 1))])))
    refused(
        "proof.refutation.tree.split: ['f', 2, 0, 0]", changed(lu_tree(), (split, [monomial(["f", 2, 0, 0])]))
    )
    refused("proof.refutation.tree.split: ['a', 0, 0]", changed(lu_tree(), (split, [monomial(["a", 0, 0])])))


@pytest.mark.parametrize("exponent", [10**7, -(10**7), True, 1.0, "1"])
def test_absurd_exponents_of_a_curve_are_refused(exponent: object) -> None:
    cert = changed(lu_tree(), (("factors", 0, 0, 2, 0, 0), exponent))
    refused("proof.factors[0][0][2][0][0]: an exponent is an integer", cert)


def test_engine_refutations_are_listed_and_not_complete_until_asked() -> None:
    verification = verify(lu_engine())
    (word,) = verification.words
    assert (word.path, word.recorded, word.answers) == ("proof.refutation", ("z3",), ())
    assert not verification.complete


@pytest.mark.parametrize(
    ("place", "new", "problem"),
    [
        (("format",), "other", "format: "),
        (("version",), 2, "version: "),
        (("version",), True, "version: "),
        (("mask",), [], "mask: an object"),
        (("mask", "factors"), [["1"]], "mask.factors: a mask has at least two"),
        (("mask", "factors", 0), ["10", "1"], "mask.factors[0][1]: 1 entries"),
        (("mask", "factors", 0), ["1x", "11"], "mask.factors[0][0]: a row"),
        (("mask", "factors", 0), [], "mask.factors[0]: a mask has no empty"),
        (("mask", "factors", 0), ["", ""], "mask.factors[0]: a mask has no empty"),
        (("mask", "factors", 1), ["11"], "mask.factors[1]: the factor before"),
        (("claim",), "closed", "claim: "),
        (("claim",), None, "claim: "),
        (("proof",), [], "proof.kind: "),
    ],
)
def test_a_malformed_head_is_refused(place: Place, new: object, problem: str) -> None:
    refused(problem, replaced(lu_tree(), place, new))


@pytest.mark.parametrize("value", [None, [], "x", 3, {"format": "qeclose-certificate"}])
def test_what_is_no_certificate_at_all_is_refused(value: Any) -> None:
    refused("certificate: ", value)
