"""Refutations in which terms are taken out by rows and columns of their own."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from handmade import LU, LU_CURVE, certificate, lu_tree, support_of
from mutations import canonical, mutations
from refusals import changed, refused

from qeclose.checker import verify
from qeclose.errors import CertificateError
from qeclose.proof.certificate import relabel
from qeclose.support.relabelling import Relabelling

# The LU mask and a third term that is everywhere, with a third row of its own. Its column is on term 0 as well.
MASK = [["101", "111", "001"], ["111", "011", "111"]]


def padded(mask: list[list[str]] = MASK) -> dict[str, Any]:
    left, right = LU_CURVE
    one = [[0, "1"]]
    refutation = {
        "kind": "padded",
        "rows": [0, 1],
        "columns": [0, 1],
        "pads": [[2, 2, 2]],
        "refutation": lu_tree()["proof"]["refutation"],
    }
    proof = {
        "kind": "curve",
        "point": [[0, 1, "1"], [1, 0, "1"], [2, 2, "1"]],
        "factors": [[*left, [2, 2, one]], [*right, [2, 2, one]]],
        "refutation": refutation,
    }
    return certificate("ill-posed", mask, proof)


def test_a_term_with_a_row_of_its_own_is_taken_out() -> None:
    verification = verify(padded())
    assert verification.complete
    assert verification.checked[-1].startswith("1 terms are taken out; a tree with")


def test_a_column_of_its_own_will_do_as_well() -> None:
    turned = Relabelling((tuple(range(3)),) * 3, True)
    moved = relabel(padded(), turned)
    assert verify(moved, turned.support(support_of(padded()))).complete


def test_without_the_pad_the_third_term_fills_what_the_others_cannot() -> None:
    cert = padded()
    refused(
        "proof.refutation.tree",
        changed(cert, (("refutation",), cert["proof"]["refutation"]["refutation"])),
    )


def test_a_pad_with_both_lines_on_a_kept_term_is_refused() -> None:
    refused(
        "proof.refutation.pads[0]: both lines are on terms",
        padded([["101", "111", "101"], ["111", "011", "111"]]),
    )
    assert verify(padded([["101", "111", "011"], ["110", "010", "111"]])).complete


def test_another_term_that_meets_the_lines_needs_a_pad_too() -> None:
    mask = [["1010", "1110", "0011"], ["111", "011", "111", "001"]]
    refused("proof.refutation.pads[0]: both lines are on terms", padded(mask))


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ([2, 2, "2"], "at [2, 2] A is not what the pads want"),
        ([2, 0, "1"], "at [2, 0] A is not what the pads want"),
        ([0, 2, "1"], "at [0, 2] A is not what the pads want"),
    ],
)
def test_a_is_the_identity_where_the_pads_meet(entry: list[Any], problem: str) -> None:
    cert = padded([["101", "111", "111"], ["111", "111", "111"]])
    i, j, _ = entry
    left, right = cert["proof"]["factors"]
    # Term 2 makes the entry.
    more = {
        (2, 2): [[*left[:-1], [2, 2, [[0, "2"]]]], right],
        (2, 0): [left, [*right, [2, 0, [[0, "1"]]]]],
        (0, 2): [[*left, [0, 2, [[0, "1"]]]], right],
    }[i, j]
    point = sorted([e for e in cert["proof"]["point"] if e[:2] != [i, j]] + [entry])
    refused(f"proof.refutation: {problem}", changed(cert, (("factors",), more), (("point",), point)))


def test_a_pad_where_a_is_zero_is_refused() -> None:
    cert = padded()
    left, right = cert["proof"]["factors"]
    without = changed(
        cert, (("factors",), [left[:-1], right[:-1]]), (("point",), cert["proof"]["point"][:-1])
    )
    refused("proof.refutation: where the lines of a pad meet, A is 1", without)


@pytest.mark.parametrize(
    ("pads", "problem"),
    [
        ([[2, 1, 2]], "proof.refutation.pads: a line of a pad is among the rows or columns"),
        ([[2, 2, 1]], "proof.refutation.pads: a line of a pad is among the rows or columns"),
        ([[2, 2, 2], [2, 2, 2]], "proof.refutation.pads[1]: the term 2 is listed twice"),
        ([[1, 2, 2]], "proof.refutation.pads[0]: the term 1 has not both lines"),
        ([[3, 2, 2]], "proof.refutation.pads[0][0]: the index 3"),
        ([], "proof.refutation.refutation.tree"),
    ],
)
def test_pads_are_lines_of_their_terms_and_outside_the_rest(pads: Any, problem: str) -> None:
    refused(problem, changed(padded(), (("refutation", "pads"), pads)))


def test_pads_want_their_entries_observed() -> None:
    cert = padded([[*MASK[0], "000"], MASK[1]])

    def missing(*rows: str) -> dict[str, Any]:
        return {**cert, "mask": {**cert["mask"], "missing": rows and list(rows)}}

    assert verify(missing("000", "000", "000", "100")).complete
    refused("proof.refutation: an entry in row 2 is not observed, which", missing("000", "000", "100", "000"))
    refused("proof.refutation: an entry in row 0 is not observed, which", missing("001", "000", "000", "000"))


def test_what_is_refuted_is_cut_down_to_the_rows_and_columns() -> None:
    # Outside of them nothing is known of A, and the pads' lines must not come in again.
    refused("proof.refutation.refutation.tree", changed(padded(), (("refutation", "rows"), [0])))
    positions = [[0, 0], [0, 1], [2, 2]]
    refused(
        "proof.refutation.refutation.tree",
        changed(padded(), (("refutation", "refutation", "positions"), positions)),
    )


def test_a_mutated_certificate_is_rejected_unless_it_is_a_proof_as_well() -> None:
    cert = padded()
    accepted, total = [], 0
    for description, mutated in mutations(cert, random.Random(1)):
        total += 1
        try:
            verify(mutated, support_of(cert))
        except CertificateError:
            continue
        if canonical(mutated) != canonical(cert):
            accepted.append(description)
    assert total > 200
    assert accepted == []


def test_relabelled_certificates_are_accepted() -> None:
    for rows, terms, columns in itertools.product(itertools.permutations(range(3)), repeat=3):
        moved = Relabelling((rows, terms, columns), sum(rows[:1] + columns[:1]) % 2 == 1)
        assert verify(relabel(padded(), moved), moved.support(support_of(padded()))).complete


def test_terms_can_be_taken_out_of_two_factors_only() -> None:
    three = certificate("ill-posed", [*LU, ["10", "01"]], lu_tree()["proof"])
    refutation = padded()["proof"]["refutation"] | {"rows": [0], "columns": [0], "pads": []}
    identity = [[0, 0, [[0, "1"]]], [1, 1, [[0, "1"]]]]
    proof = three["proof"] | {"factors": [*LU_CURVE, identity], "refutation": refutation}
    refused("proof.refutation: only of two factors can terms be taken out", {**three, "proof": proof})
