"""Certificates of unions over the supports that keep some bounds: ``qeclose verify`` accepts them, and refuses changed ones."""

import json
from functools import cache

import pytest
from click.testing import CliRunner
from unions import decided, union_of

from qeclose.checker.verify import verify
from qeclose.cli.app import app
from qeclose.errors import CertificateError
from qeclose.files.bounds import parse_bounded
from qeclose.support import Support

ILL_POSED = "I: rows=3 cols=2 column<=2\nJ: rows=3 cols=2 column<=2\n"
MEMBERS_CLOSED = "I: rows=2 cols=2 nnz<=2\nJ: rows=2 cols=2 nnz<=3\n"
LIMITS_INSIDE = "I: rows=3 cols=2 nnz<=3\nJ: rows=2 cols=2 nnz<=3\n"
RULES = {
    "disjoint-terms": "I: rows=9 cols=4 row<=1\nJ: rows=8 cols=4 nnz<=20\n",
    "line-terms": "I: rows=9 cols=4 nnz<=20\nJ: rows=8 cols=4 column<=1\n",
    "echelon": "I: rows=7 cols=6 column<=2 nnz<=12\nJ: rows=30 cols=6\n",
    "triangular": "I: rows=9 cols=2 nnz<=17\nJ: rows=8 cols=2 nnz<=15\n",
}


@cache
def certificate_text(text):
    return json.dumps(union_of(text)[1].certificate)


def certificate_of(text):
    return json.loads(certificate_text(text))


@pytest.mark.parametrize(("rule", "text"), RULES.items())
def test_a_rule_for_all_sizes_is_checked_without_listing_supports(rule, text):
    proof = certificate_of(text)["proof"]
    assert (proof["kind"], proof["rule"]) == ("bounds-rule", rule)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("disjoint-terms", "I: rows=9 cols=4 row<=2\nJ: rows=8 cols=4 nnz<=20\n"),
        ("line-terms", "I: rows=9 cols=4 nnz<=20\nJ: rows=8 cols=4 column<=2\n"),
        ("echelon", "I: rows=5 cols=6 row<=2 nnz<=4\nJ: rows=30 cols=6\n"),
        ("echelon", "I: rows=5 cols=6 row<=2 nnz<=7\nJ: rows=30 cols=6 column<=29\n"),
        ("echelon", "I: rows=7 cols=6 row<=5\nJ: rows=30 cols=6\n"),
        ("echelon", "I: rows=7 cols=6 column<=1 row<=6\nJ: rows=30 cols=6\n"),
        ("echelon", "I: rows=7 cols=6 nnz<=11\nJ: rows=30 cols=6\n"),
        ("echelon", "I: rows=7 cols=6 nnz<=12\nJ:\n111111\n011111\n"),
        ("triangular", "I: rows=3 cols=3 nnz<=5\nJ: rows=4 cols=3 nnz<=9\n"),
        ("triangular", "I: rows=3 cols=3 nnz<=6 row<=2\nJ: rows=4 cols=3 nnz<=9\n"),
        ("triangular", "I: rows=3 cols=3 nnz<=6\nJ:\n111\n111\n111\n110\n"),
        ("triangular", "I: rows=9 cols=2 nnz<=17\nJ: rows=8 cols=2 nnz<=14\n"),
        ("triangular", "I: rows=9 cols=2 column<=8\nJ: rows=8 cols=2\n"),
    ],
)
def test_a_rule_is_refused_where_its_condition_fails(rule, text):
    constrained = parse_bounded(text)
    certificate = {
        **certificate_of(MEMBERS_CLOSED),
        "mask": {"factors": [factor.to_strings() for factor in constrained.box.factors]},
        "bounds": [bound.to_json() for bound in constrained.drawn_bounds],
    }
    for factor in (0, 1):
        certificate["proof"] = {"kind": "bounds-rule", "rule": rule, "factor": factor}
        with pytest.raises(CertificateError, match="does not hold"):
            verify(certificate, constrained)


@pytest.mark.slow
def test_limits_of_ill_posed_supports_are_shown_to_lie_in_others():
    # The case that closedness of each support leaves open: LU factors miss limits that other triangular factors have.
    parts = certificate_of(LIMITS_INSIDE)["proof"]["parts"]
    assert any("tree" in part for part in parts) and any("proof" in part for part in parts)
    assert decided("I: rows=3 cols=2 nnz<=4\nJ: rows=3 cols=2 nnz<=4\n")


def test_limits_on_few_lines_settle_unions_with_countless_supports():
    assert decided("I: rows=40 cols=2 column<=2\nJ: rows=30 cols=2 column<=2\n") is False


def first(parts, kind):
    return next(part for part in parts if kind in part)


def solution(node):
    while "solution" not in node:
        node = node["then"] if "then" in node else node["nonzero"]
    return node["solution"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda c: c["proof"]["parts"].pop(), "is in no part"),
        (lambda c: c["bounds"][0].__setitem__("nnz", 2), "does not keep the bounds|solution does not keep"),
        (lambda c: c["bounds"][0].__setitem__("nnz", 4), "is in no part"),
        (lambda c: c["bounds"][1].__setitem__("row", 1), "does not keep the bounds"),
        (lambda c: c.__setitem__("claim", "ill-posed"), "proof"),
        (lambda c: first(c["proof"]["parts"], "tree")["vanishing"].append([["1", []]]), "does not vanish"),
        (
            lambda c: first(c["proof"]["parts"], "tree")["vanishing"].append([["1", [[["a", 0, 0], 1]]]]),
            "does not vanish|no entry of A",
        ),
        (
            lambda c: first(c["proof"]["parts"], "proof").__setitem__("factors", [["11"] * 3, ["11"] * 2]),
            "bounds",
        ),
        (lambda c: solution(first(c["proof"]["parts"], "tree")["tree"]).clear(), "goal's equation"),
    ],
)
def test_verify_refuses_a_cover_that_was_tampered_with(change, complaint):
    certificate = certificate_of(LIMITS_INSIDE)
    change(certificate)
    with pytest.raises(CertificateError, match=complaint):
        verify(certificate)


def test_solutions_in_the_box_that_break_the_bounds_are_refused():
    # X = A, Y = I solves everything in a 2×2 box, but X has four entries.
    solve = [[["x", k, i], [["1", [[["a", i, k], 1]]]], [["1", []]]] for k in range(2) for i in range(2)]
    solve += [[["y", k, k], [["1", []]], [["1", []]]] for k in range(2)]
    part = {"factors": [["11", "11"], ["11", "11"]], "vanishing": [], "tree": {"solution": solve}}
    certificate = {
        **certificate_of(MEMBERS_CLOSED),
        "bounds": [{"nnz": 4, "row": None, "column": None}, {"nnz": 2, "row": None, "column": None}],
        "proof": {"kind": "cover", "parts": [part]},
    }
    assert verify(certificate).claim == "well-posed"
    certificate["bounds"][0]["nnz"] = 3
    with pytest.raises(CertificateError, match="does not keep the bounds"):
        verify(certificate)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda c: c["bounds"][0].__setitem__("column", 1), "keep the bounds"),
        (lambda c: c["bounds"][1].__setitem__("row", 3), "proof.cases"),
        (lambda c: c.__setitem__("claim", "well-posed"), "bounds-rule or cover"),
        (lambda c: c["proof"]["curve"]["point"].pop(), "entry of A"),
        (lambda c: c["proof"].__setitem__("member", [["11"] * 3, ["111"] * 2]), "keep the bounds"),
        (lambda c: c["proof"].__setitem__("cases", c["proof"]["cases"]["in"]), "proof.cases"),
        (lambda c: c["proof"]["cases"].__setitem__("out", c["proof"]["cases"]["in"]), "settled|proof.cases"),
        (lambda c: c["proof"]["cases"].__setitem__("entry", [0, 9, 0]), "out of range"),
        (lambda c: c["proof"]["cases"].__setitem__("entry", [0, 0, 9]), "is settled here"),
    ],
)
def test_verify_refuses_a_limit_outside_all_supports_that_was_tampered_with(change, complaint):
    certificate = certificate_of(ILL_POSED)
    change(certificate)
    with pytest.raises(CertificateError, match=complaint):
        verify(certificate)


def test_a_certificate_with_bounds_is_about_a_file_with_the_same_bounds():
    certificate = certificate_of(ILL_POSED)
    for other, complaint in (
        (parse_bounded("I: rows=3 cols=2 column<=2\nJ: rows=3 cols=2\n"), "not the bounds of the file"),
        (parse_bounded("I: rows=3 cols=2 column<=2\nJ:\n11\n11\n10\n"), "not the sizes and masks"),
        (Support([[1, 1]] * 3, [[1, 1]] * 3), "has no bounds"),
    ):
        with pytest.raises(CertificateError, match=complaint):
            verify(certificate, other)
    drawn = parse_bounded("I: rows=3 cols=2 column<=2\nJT: rows=2 cols=3 row<=2\n")
    assert verify(certificate, drawn).claim == "ill-posed"


@pytest.mark.parametrize(("text", "status"), [(ILL_POSED, 1), (LIMITS_INSIDE, 0), (RULES["triangular"], 0)])
def test_the_commands_check_and_verify_share_certificates_of_unions(tmp_path, text, status):
    mask, certificate = tmp_path / "bounds.txt", tmp_path / "certificate.json"
    mask.write_text(text)
    run = CliRunner().invoke(app, ["check", str(mask), "--certificate", str(certificate)])
    assert run.exit_code == status
    assert CliRunner().invoke(app, ["verify", str(certificate), str(mask)]).exit_code == 0
    other = tmp_path / "other.txt"
    other.write_text("I: rows=3 cols=2 row<=1\nJ: rows=3 cols=2\n")
    refused = CliRunner().invoke(app, ["verify", str(certificate), str(other)])
    assert refused.exit_code == 1 and "of the file" in refused.stdout


def test_a_certificate_without_bounds_is_not_about_a_file_with_bounds(tmp_path):
    mask, certificate = tmp_path / "lu.txt", tmp_path / "certificate.json"
    mask.write_text("I:\n10\n11\nJ:\n10\n11\n")
    CliRunner().invoke(app, ["check", str(mask), "--certificate", str(certificate)])
    mask.write_text("I: rows=2 cols=2 nnz<=3\nJ: rows=2 cols=2 nnz<=3\n")
    refused = CliRunner().invoke(app, ["verify", str(certificate), str(mask)])
    assert refused.exit_code == 1 and "has bounds" in refused.stdout
