"""``qeclose verify``: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from handmade import full_space_by_engine, lu_engine, lu_tree, rank_two_independent, support_of

from qeclose.checker import load_certificate
from qeclose.cli.app import app
from qeclose.errors import InputError
from qeclose.files import format_support


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
        ("[{}, {}]", "2 certificates"),
    ],
)
def test_text_that_is_no_certificate_is_an_input_error(saved: Any, text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        load_certificate(text, "file")
    assert run(saved(text)).exit_code == 2


def test_missing_files_and_several_masks_are_input_errors(saved: Any, tmp_path: Path) -> None:
    assert run(str(tmp_path / "none.json")).exit_code == 2
    two = "== a ==\nI:\n1\nJ:\n1\n== b ==\nI:\n1\nJ:\n1\n"
    assert run(saved(lu_tree()), saved(two, "mask.txt")).exit_code == 2


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
