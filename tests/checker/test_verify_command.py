"""``qeclose verify``: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from handmade import full_space_by_engine, lu_engine, lu_tree, rank_two_independent, restricted, support_of

from qeclose.checker import load_certificate
from qeclose.checker.dataset import biases_assumed
from qeclose.cli.app import app
from qeclose.errors import InputError
from qeclose.files import format_support
from qeclose.support import Support


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, ["verify", *arguments], input=stdin)


@pytest.fixture
def saved(tmp_path: Path) -> Any:
    def save(value: Any, name: str = "certificate.json") -> str:
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return str(path)

    return save


def test_a_good_certificate_is_verified(saved: Any) -> None:
    result = run(saved(lu_tree()), saved(format_support(support_of(lu_tree())), "mask.txt"))
    assert result.exit_code == 0
    assert result.stdout.startswith("verified: ill-posed\n")
    assert "a tree with 2 leaves" in result.stdout
    assert result.stdout.endswith("nothing rests on an engine's word\n")


def test_a_tampered_certificate_is_rejected_with_the_place(saved: Any) -> None:
    text = json.dumps(lu_tree()).replace('"contradiction": 2', '"contradiction": 0')
    result = run(saved(text))
    assert result.exit_code == 1
    assert result.stdout == (
        "rejected: proof.refutation.tree.nonzero.then.contradiction: equation 0 is not known to be nonzero\n"
    )


def test_a_certificate_of_another_mask_is_rejected(saved: Any) -> None:
    mask = saved(format_support(support_of(rank_two_independent())), "mask.txt")
    result = run("--format", "json", saved(lu_tree()), mask)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["problem"].startswith("mask.factors[0]")


def test_json_lists_what_was_checked(saved: Any) -> None:
    report = json.loads(run("--format", "json", saved(lu_tree())).stdout)
    assert report["result"] == "verified"
    assert report["claim"] == "ill-posed"
    assert len(report["checked"]) == 2
    assert report["engine_words"] == []


def test_without_engines_their_parts_are_listed_as_not_checked(saved: Any) -> None:
    result = run("--no-engines", saved(lu_engine()))
    assert result.exit_code == 3
    assert result.stdout.startswith("unconfirmed: ill-posed\n")
    assert (
        "proof.refutation: 3 equations in 4 variables have no real solution (recorded: z3)" in result.stdout
    )
    assert "not re-checked" in result.stdout


def test_a_report_of_check_on_standard_input_is_accepted() -> None:
    report = {"schema": 1, "verdict": "ill-posed", "certificate": lu_tree()}
    assert run("-", stdin=json.dumps(report)).exit_code == 0
    empty = {"schema": 1, "verdict": "ill-posed", "certificate": None}
    result = run("-", stdin=json.dumps(empty))
    assert result.exit_code == 2
    assert "holds no certificate" in result.stderr


@pytest.mark.parametrize("arguments", [["--engine", "z3", "--no-engines"], ["-"]])
def test_contradictory_usage_is_refused(saved: Any, arguments: list[str]) -> None:
    result = run(*arguments, "-" if arguments == ["-"] else saved(lu_tree()))
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", ":1:2: not JSON"),
        ('{"a": 1, "a": 2}', "the key 'a' appears twice"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": Infinity}', "Infinity is no number"),
        ("1" * 10_000, "not a certificate"),
        ('{"a":' * 30_000, "nested too deeply"),
    ],
)
def test_text_that_is_no_certificate_is_an_input_error(saved: Any, text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        load_certificate(text, "file")
    assert run(saved(text)).exit_code == 2


def test_missing_files_are_input_errors(saved: Any, tmp_path: Path) -> None:
    assert run(str(tmp_path / "none.json")).exit_code == 2
    assert run(saved(lu_tree()), str(tmp_path / "none.txt")).exit_code == 2


def test_a_certificate_nested_thousands_of_levels_is_read(saved: Any) -> None:
    leaf = '{"contradiction": 0}'
    depth = 6000
    opening = '{"split": [["1", []]], "zero": {"contradiction": 3}, "nonzero": '
    tree = opening * depth + leaf + "}" * depth
    text = json.dumps(lu_tree())
    refutation = json.dumps(lu_tree()["proof"]["refutation"]["tree"])
    result = run(saved(text.replace(refutation, tree)))
    assert result.exit_code == 1
    assert "levels" in result.stdout


def test_the_help_says_what_the_exit_status_means() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "0 verified, 1 rejected" in result.stdout


@pytest.mark.parametrize("make", [lu_engine, full_space_by_engine])
def test_an_engine_that_is_installed_confirms(saved: Any, make: Any) -> None:
    result = run("--engine", "z3", "--format", "json", "--timeout", "20", saved(make()))
    assert result.exit_code in (0, 3)
    (word,) = json.loads(result.stdout)["engine_words"]
    assert word["answers"][0]["engine"] == "z3"
    assert word["confirmed"] is (result.exit_code == 0)
    assert word["answers"][0]["agrees"] is not False


def named(name: str, verdict: str, certificate: Any) -> dict[str, Any]:
    return {"schema": 2, "name": name, "verdict": verdict, "certificate": certificate}


def two_masks(first: str = "first", second: str = "second") -> str:
    """The masks of ``lu_tree`` and of ``rank_two_independent``, by these names."""
    masks = ((first, lu_tree()), (second, rank_two_independent()))
    return "".join(f"== {name} ==\n{unnamed(support_of(cert))}" for name, cert in masks)


def unnamed(support: Support) -> str:
    return "".join(
        f"{label}:\n" + "".join(f"{row}\n" for row in rows)
        for label, rows in (("I", support.factors[0].to_strings()), ("JT", support.factors[1].to_strings()))
    )


def results(result: Result) -> list[tuple[str, str]]:
    reports = [json.loads(line) for line in result.stdout.splitlines()]
    return [(report["name"], report["result"]) for report in reports]


@pytest.mark.parametrize("verdict", ["well-posed", "undecided", "", "ILL-POSED", None, 7])
def test_a_report_that_says_something_else_than_its_certificate_is_rejected(saved: Any, verdict: Any) -> None:
    result = run(saved({"verdict": verdict, "certificate": lu_tree()}))
    if verdict == "":  # says nothing
        assert result.exit_code == 0
    else:
        assert result.exit_code == 1
        assert result.stdout.startswith("rejected: verdict: the report says ")


@pytest.mark.parametrize("layout", ["array", "lines", "indented array"])
def test_all_certificates_of_a_file_get_a_result_each(saved: Any, layout: str) -> None:
    reports = [
        named("first", "ill-posed", lu_tree()),
        named("second", "well-posed", rank_two_independent()),
        named("third", "undecided", None),
    ]
    lines = "\n".join(map(json.dumps, reports)) + "\n"
    text = {"array": json.dumps(reports), "lines": lines, "indented array": json.dumps(reports, indent=1)}[
        layout
    ]
    result = run("--format", "json", saved(text))
    assert results(result) == [("first", "verified"), ("second", "verified"), ("third", "undecided")]
    assert result.exit_code == 3


def test_the_worst_result_is_the_exit_status(saved: Any) -> None:
    wrong = named("c", "well-posed", lu_tree())
    good, none = named("a", "ill-posed", lu_tree()), named("b", "undecided", None)
    for reports, status in (([good, good], 0), ([good, none], 3), ([none, wrong, good], 1)):
        assert run(saved(reports)).exit_code == status
    assert run(saved([])).exit_code == 2


def test_certificates_are_matched_to_the_supports_of_a_file(saved: Any) -> None:
    both = saved(two_masks(), "masks.txt")
    bare = [lu_tree(), rank_two_independent()]
    assert run(saved(bare), both).exit_code == 0
    # Without names the order counts, as check writes them.
    assert run(saved(bare[::-1]), both).exit_code == 1
    swapped = [named("second", "well-posed", bare[1]), named("first", "ill-posed", bare[0])]
    assert run(saved(swapped), both).exit_code == 0
    crossed = [named("first", "well-posed", bare[1]), named("second", "ill-posed", bare[0])]
    assert run(saved(crossed), both).exit_code == 1
    for cert in bare:
        assert run(saved(cert), both).exit_code == 0
    other = run(saved(restricted()), both)
    assert other.exit_code == 1
    assert "none of the 2 supports" in other.stdout


@pytest.mark.parametrize(("expected", "status"), [("ill-posed", 0), ("well-posed", 1)])
def test_another_claim_than_expected_is_rejected(saved: Any, expected: str, status: int) -> None:
    assert run("--expect", expected, saved(lu_tree())).exit_code == status
    assert run("--expect", expected, saved(lu_engine()), "--no-engines").exit_code == (status or 3)


def test_what_check_and_batch_write_is_read(tmp_path: Path) -> None:
    masks, certificates, lines = (
        tmp_path / name for name in ("masks.txt", "certificates.json", "batch.jsonl")
    )
    masks.write_text(two_masks())
    runner = CliRunner()
    checked = runner.invoke(
        app, ["check", str(masks), "--format", "json", "--certificate", str(certificates)]
    )
    batch = ["batch", str(masks), "--no-cache", "--jobs", "1", "--jsonl", str(lines)]
    assert runner.invoke(app, batch).exit_code == checked.exit_code == 1
    for source, stdin in (("-", checked.stdout), (str(certificates), ""), (str(lines), "")):
        result = run("--format", "json", source, str(masks), stdin=stdin)
        assert results(result) == [("first", "verified"), ("second", "verified")]
        assert result.exit_code == 0


def test_a_certificate_about_training_says_which_biases_it_assumes(saved: Any, tmp_path: Path) -> None:
    mask, trap = saved(format_support(support_of(lu_tree())), "mask.txt"), str(tmp_path / "trap.json")
    made = CliRunner().invoke(app, ["relu", mask, "--dataset", trap])
    assert made.exit_code == 1
    assumed = "biases that are trained: of every hidden unit and of every output, and no others"
    result = run(trap, mask)
    assert result.exit_code == 0
    assert f"  assumed: {assumed}\n" in result.stdout
    report = json.loads(run("--format", "json", "--expect", "ill-posed", trap).stdout)
    assert report["assumed"] == assumed


@pytest.mark.parametrize(
    ("hidden", "output", "said"),
    [
        ("101", "1", "of hidden units 0, 2 (counted from 0) and of every output"),
        ("000", "10", "of no hidden unit and of output 0 (counted from 0)"),
    ],
)
def test_biases_that_are_missing_are_said(hidden: str, output: str, said: str) -> None:
    assert said in biases_assumed({"biases": {"hidden": hidden, "output": output}})


def test_one_certificate_is_wanted_from_python() -> None:
    with pytest.raises(InputError, match="2 certificates"):
        load_certificate("[{}, {}]", "file")


def test_names_that_a_terminal_cannot_show_are_replaced(saved: Any) -> None:
    reports = [named("a\x1b[31m\ud800", "ill-posed", lu_tree()), named("b", "ill\x1b", lu_tree())]
    result = run(saved(reports))
    assert "\x1b" not in result.stdout
    assert result.stdout.startswith("a\ufffd[31m\ufffd: verified")
