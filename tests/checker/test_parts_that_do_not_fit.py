"""Certificates whose parts do not fit one another or the question asked, and questions too large to be checked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from handmade import (
    LU,
    LU_POSITIONS,
    ONE,
    absorb,
    certificate,
    column,
    component,
    full,
    lu,
    lu_of_three_factors,
    lu_tree,
    normal_form,
    rank_one_variety,
    reduction,
    single,
    split_into_blocks,
    support_of,
    x,
    y,
)
from refusals import changed, refused

from qeclose.checker import load_certificate, load_certificates, verify
from qeclose.checker.verify import is_about
from qeclose.errors import InputError
from qeclose.files.bounds import parse_bounded

Json = Any
ANY = {"nnz": None, "row": None, "column": None}
TWO = {"nnz": 2, "row": None, "column": None}
THREE = {"nnz": 3, "row": None, "column": None}
DIAGONAL = ["10", "01"]
BOUNDED_LU = "I: rows=2 cols=2 nnz<=3\nJ: rows=2 cols=2 nnz<=3\n"


def bounded(
    proof: Json, *, box: list[list[str]] | None = None, bounds: Json = None, claim: str = "well-posed"
) -> dict[str, Any]:
    return {**certificate(claim, box or full(2, 2, 2), proof), "bounds": bounds or [TWO, TWO]}


def cover(*parts: Json, **options: Any) -> dict[str, Any]:
    return bounded({"kind": "cover", "parts": list(parts)}, **options)


# Heads


def test_a_certificate_knows_what_it_is_about() -> None:
    cert = lu_tree()
    assert is_about(cert, support_of(cert))
    assert not is_about(cert, support_of(split_into_blocks()))
    assert not is_about({**cert, "version": 2}, support_of(cert))
    asked = parse_bounded(BOUNDED_LU)
    assert is_about(bounded({}, bounds=[THREE, THREE]), asked)
    assert not is_about(bounded({}), asked)
    assert not is_about(cert, asked)


def test_heads_of_certificates_with_bounds_are_checked() -> None:
    refused("certificate: the format is qeclose-certificate, version 1", {**bounded({}), "version": 2})
    refused('claim: with bounds a claim is "ill-posed" or', bounded({}, claim="training-ill-posed"))
    refused("mask: bounds are for two factors", bounded({}, box=[LU[0], DIAGONAL, LU[1]]))


def test_a_file_with_bounds_asks_for_a_certificate_with_bounds() -> None:
    refused(
        "mask: the mask file has bounds, and this certificate has none", lu_tree(), parse_bounded(BOUNDED_LU)
    )


def observed(missing: list[str], cert: dict[str, Any]) -> dict[str, Any]:
    return {**cert, "mask": {**cert["mask"], "missing": missing}}


@pytest.mark.parametrize(
    ("missing", "problem"),
    [
        (["00", "00"], "mask.missing: left out unless an entry is missing"),
        (["00", "0"], "mask.missing[1]: a row of 2 times 0 or 1"),
        (["00", "02"], "mask.missing[1]: a row of 2 times 0 or 1"),
        (["00", 1], "mask.missing[1]: a row of 2 times 0 or 1"),
    ],
)
def test_missing_entries_are_written_as_digits(missing: Json, problem: str) -> None:
    refused(problem, observed(missing, lu_tree()))


def test_some_claims_want_every_entry_observed() -> None:
    three = observed(["01", "00"], lu_of_three_factors())
    refused("mask.missing: entries of A may be missing with two factors only", three)
    training = certificate("training-ill-posed", LU, {"kind": "data-set"})
    refused("mask.missing: this claim takes every entry of A", observed(["00", "01"], training))
    merged = certificate("well-posed", LU, {"kind": "merged", "merges": [], "proof": {}})
    refused("proof.kind: a proof about chains takes every entry", observed(["00", "01"], merged))


def test_missing_entries_are_those_of_the_file_and_nothing_is_said_of_them() -> None:
    cert = observed(["00", "01"], lu_tree())
    said = "mask.missing: one entry of A is missing here, 0 entries of A are in the mask file"
    refused(said, cert, support_of(lu_tree()))
    refused("proof.point[0]: the entry [0, 1] of A is not observed", observed(["01", "00"], lu_tree()))
    filled = reduction([absorb([0, 1], component([0, 1], [0, 1], cover=([0, 1], [])))])
    assert verify(observed(["01", "00"], certificate("well-posed", full(2, 2, 2), filled))).complete


# Files


def test_reports_of_all_commands_are_searched_for_their_certificates() -> None:
    checked = {"name": "m", "verdict": "ill-posed", "certificate": lu_tree()}
    trained = {"name": "n", "closure": {"verdict": "ill-posed", "certificate": lu_tree()}}
    repaired = {"repaired": {}, "certificate": lu_tree()}
    lines = "\n\n".join(json.dumps(line) for line in (checked, trained, repaired, lu_tree()))
    found = load_certificates(lines, "f")
    assert [each.certificate for each in found] == [lu_tree()] * 4
    assert [(each.name, each.verdict) for each in found] == [
        ("m", "ill-posed"), ("n", "ill-posed"), ("", "well-posed"), ("", "")
    ]  # fmt: skip
    strange = {"name": 1, "verdict": 2, "certificate": None}
    (only,) = load_certificates(json.dumps(strange, indent=1), "f")
    assert (only.name, only.verdict, only.certificate) == ("", "something unknown", None)
    with pytest.raises(InputError, match="this report holds no certificate"):
        load_certificate('{"name": "m", "verdict": "undecided"}', "f")
    with pytest.raises(InputError, match="2 certificates here"):
        load_certificate("[{}, {}]", "f")


# Bounds


def test_parts_of_a_cover_lie_in_the_box() -> None:
    inside = {"vanishing": [], "tree": {}}
    refused("proof.parts[0].factors: not of the shape", cover({"factors": full(2, 3, 2), **inside}))
    one_less = [["10", "11"], ["11", "11"]]
    refused(
        "proof.parts[0].factors[0]: not inside the box",
        cover({"factors": full(2, 2, 2), **inside}, box=one_less),
    )


def test_unions_over_too_many_supports_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    part = {"factors": [DIAGONAL, DIAGONAL], "proof": {}}
    refused("proof.parts: a maximal support that keeps the bounds is in no part", cover(part))
    monkeypatch.setattr("qeclose.checker.union_closed._MAX_SUPPORTS", 35)
    refused("proof.parts: there are 36 maximal supports, too many", cover(part))
    monkeypatch.setattr("qeclose.checker.bounds._MAX_STEPS", 5)
    refused("proof.parts: there are too many supports to be checked", cover(part))


def test_a_rule_on_bounds_has_a_known_name() -> None:
    refused("proof.rule: this rule is unknown", bounded({"kind": "bounds-rule", "rule": "luck", "factor": 0}))


def union(cases: Json, curve: Json = None) -> dict[str, Any]:
    proof = {"kind": "union", "member": LU, "curve": curve or lu_tree()["proof"], "cases": cases}
    return bounded(proof, box=LU, bounds=[THREE, THREE], claim="ill-posed")


def test_a_union_is_refuted_case_by_case_until_the_bounds_are_used_up() -> None:
    def without(position: list[int]) -> Json:
        return {"refutation": {"kind": "tree", "positions": [position], "tree": {"contradiction": 0}}}

    refuted = {"refutation": lu_tree()["proof"]["refutation"]}
    last = {"entry": [0, 1, 1], "in": refuted, "out": refuted}
    second = {"entry": [0, 1, 0], "in": last, "out": refuted}
    found = verify(union({"entry": [0, 0, 0], "in": second, "out": without([0, 1])}))
    assert found.complete and found.checked[0].endswith("by 4 case(s)")


def test_a_union_needs_a_curve_with_a_point() -> None:
    refused("proof.curve: a curve with its point is wanted here", union({}, {"kind": "curve"}))


# Chains


def test_a_chain_is_orthogonalised_towards_its_first_factor() -> None:
    proof = {"kind": "orthogonal-chain", "centre": 0, "first": "left"}
    assert verify(certificate("well-posed", [DIAGONAL] * 3, proof)).complete


def test_two_factors_are_not_merged() -> None:
    steps = [absorb([k], component([k], [k], cover=([k], []))) for k in (0, 1)]
    proof = {"kind": "merged", "merges": [{"at": 0, "steps": steps}] * 2, "proof": {}}
    refused("proof.merges[1]: only two factors are left", certificate("well-posed", [DIAGONAL] * 3, proof))


# One matrix

RANK_ONE = [["1", "1"], ["11"]]
IDENTITY = [[0, 0, "1"], [1, 1, "1"]]


def located(claim: str, factors: list[list[str]], matrix: Json, proof: Json) -> dict[str, Any]:
    return {**certificate(claim, factors, proof), "matrix": matrix}


def closed_without() -> Json:
    """2×2 matrices of rank one are closed, and the identity is none."""
    tree = {
        "split": single(x(0, 0)),
        "zero": {"solve": [3, x(0, 0)], "then": {"contradiction": 0}},
        "nonzero": {"solve": [1, y(0, 1)], "then": {"contradiction": 2}},
    }
    refutation = {"kind": "tree", "positions": [[0, 0], [0, 1], [1, 1]], "tree": tree}
    closed = normal_form("column", [0], [([], [column(j, [0]) for j in range(2)])])
    return {"kind": "closed", "well_posed": closed, "refutation": refutation}


def test_what_a_closed_set_does_not_hold_is_outside() -> None:
    cert = located("outside", RANK_ONE, IDENTITY, closed_without())
    assert verify(cert).complete
    refused("proof.refutation", {**cert, "matrix": [[0, 0, "1"], [0, 1, "1"], [1, 1, "1"]]})
    three = {**cert, "mask": {"factors": [RANK_ONE[0], ["1"], RANK_ONE[1]]}}
    refused("proof.well_posed: closedness as a part of a proof is about two factors", three)


@pytest.mark.parametrize(
    ("claim", "proof", "problem"),
    [
        (
            "inside",
            {"kind": "factors", "factors": [[[0, 1, "1"]], []]},
            "proof.factors[0][0]: the entry [0, 1] is outside",
        ),
        (
            "inside",
            {"kind": "factors", "factors": [[[0, 0, "1"], [0, 0, "1"]], []]},
            "proof.factors[0][1]: the entry [0, 0] is listed twice",
        ),
        ("outside", {"kind": "entry", "row": 0, "column": 1}, "proof: the entry [0, 1] of the matrix is 0"),
        ("outside", {"kind": "entry", "row": 0, "column": 0}, "proof: factors may be nonzero at [0, 0]"),
        (
            "outside",
            {"kind": "rank", "rows": [0, 1], "columns": [0]},
            "proof: a minor has as many rows as columns",
        ),
        (
            "outside",
            {"kind": "rank", "rows": [], "columns": []},
            "proof: a minor has as many rows as columns",
        ),
    ],
)
def test_places_are_shown_by_what_is_so(claim: str, proof: Json, problem: str) -> None:
    refused(problem, located(claim, LU, IDENTITY, proof))


def test_a_rank_is_that_of_observed_entries() -> None:
    ranks = {"kind": "rank", "rows": [0, 1], "columns": [0, 1]}
    exchanged = [[0, 1, "1"], [1, 0, "1"]]
    assert verify(located("outside", RANK_ONE, exchanged, ranks)).complete
    unseen = observed(["01", "00"], located("outside", RANK_ONE, IDENTITY, ranks))
    refused("proof.rows[0]: some entry of row 0 in these columns is not observed", unseen)


def test_ranks_and_minors_are_about_two_factors() -> None:
    chain = [RANK_ONE[0], ["1"], RANK_ONE[1]]
    ranks = {"kind": "rank", "rows": [0, 1], "columns": [0, 1]}
    refused("proof.kind: a proof by ranks is about two factors", located("outside", chain, IDENTITY, ranks))
    minor = {"kind": "minor", "positions": [[0, 0]]}
    refused(
        "proof.refutation.kind: a refutation by a minor is about two factors",
        changed(lu_of_three_factors(), (("refutation",), minor)),
    )


def test_minors_with_many_entries_left_open_are_not_tried() -> None:
    diagonal = [[k, k] for k in range(4)]
    proof = {**closed_without(), "refutation": {"kind": "minor", "positions": diagonal}}
    matrix = [[k, k, "1"] for k in range(4)]
    refused(
        "proof.refutation.positions: 12 positions between these lines are not listed, more than 8",
        located("outside", full(4, 4, 3), matrix, proof),
    )


# Trees and reductions


def lu_by(tree: Json) -> dict[str, Any]:
    return lu({"kind": "tree", "positions": LU_POSITIONS, "tree": tree})


def test_refutations_have_no_matrix_to_move() -> None:
    clear = {"clear": {"side": "row", "line": 1, "by": 0, "at": 0}, "then": {"contradiction": 0}}
    refused("proof.refutation.tree: there is no matrix to move in this tree", lu_by(clear))


def test_a_sum_of_squares_is_compared_with_the_equation() -> None:
    refused(
        "proof.refutation.tree: equation 0 is not a multiple of this sum of squares",
        lu_by({"positive": 0, "squares": [["1", ONE]]}),
    )


def test_where_no_term_is_left_there_is_nothing_to_reduce() -> None:
    steps = [absorb([0, 1], component([0, 1], [0, 1], cover=([0, 1], [])))]
    proof = reduction(steps, ([], reduction([])))
    assert verify(certificate("well-posed", full(2, 2, 2), proof)).complete


def test_an_engine_may_say_that_vectors_are_independent() -> None:
    def asked(statement: str) -> dict[str, Any]:
        said = {"statement": statement, "engines": [{"name": "z3", "version": "4"}]}
        columns = [[j, said] for j in range(2)]
        return certificate("well-posed", full(2, 2, 1), normal_form("column", [0], [([], columns)]))

    found = verify(asked("independent"))
    assert not found.complete
    assert len(found.words) == 1, "both columns ask the same"
    refused("proof.cases[0]", asked("orthogonal"))


# Sizes


def test_polynomials_that_grow_too_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = certificate(
        "well-posed", full(2, 2, 2)[:1] + [["11", "11"]] * 2, {"kind": "full-space", "tree": {}}
    )
    monkeypatch.setattr("qeclose.checker.chain.MAX_TERMS", 3)
    refused("proof: the chain is too large for a proof by explicit solutions", chain)
    monkeypatch.setattr("qeclose.checker.products.MAX_TERMS", 1)
    refused("proof: the equation is too long to be checked", chain)
    refused("proof: the problem is too large for a proof by explicit solutions", rank_one_variety())


def test_long_polynomials_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qeclose.checker.polynomial.MAX_TERMS", 1)
    refused("proof.equations[0]: a polynomial of more than 1 terms is not checked", rank_one_variety())


def test_an_equation_whose_value_grows_too_large_is_refused() -> None:
    power = [["1", [[["a", 0, 0], 900]]], ["1", [[["a", 0, 1], 900]]]]
    cert = certificate("well-posed", full(2, 2, 3), {"kind": "variety", "equations": [power], "tree": {}})
    refused("proof.equations[0]: the polynomials or numbers grow too large to be checked", cert)
