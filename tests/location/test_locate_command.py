"""``qeclose locate``: places, statuses, JSON, certificates that ``verify`` reads, and wrong input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from qeclose.cli.app import app

LU = "I:\n10\n11\nJ:\n10\n11\n"
RANK_ONE = "I:\n1\n1\nJ:\n1\n1\n"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lu.txt").write_text(LU)
    Path("one.txt").write_text(RANK_ONE)


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


@pytest.mark.parametrize(
    ("matrix", "mask", "place", "status"),
    [
        ("1 2\n3 4\n", "lu.txt", "inside", 0),
        ("0 1\n1 0\n", "lu.txt", "frontier", 1),
        ("1 2\n3 4\n", "one.txt", "outside", 5),
    ],
)
def test_each_place_has_its_status_and_a_certificate_that_verify_reads(
    matrix: str, mask: str, place: str, status: int
) -> None:
    Path("a.txt").write_text(matrix)
    told = run("locate", "a.txt", mask, "--certificate", "c.json")
    assert told.exit_code == status, told.output
    assert run("verify", "c.json", mask, "--expect", place).exit_code == 0
    assert run("verify", "c.json", mask, "--expect", "well-posed").exit_code == 1
    report = run("locate", "-", mask, "--format", "json", stdin=matrix)
    found = json.loads(report.stdout)
    assert (found["place"], found["schema"], report.exit_code) == (place, 2, status)
    assert (found["lower_bound"] > 0) is (place == "outside")
    Path("report.json").write_text(report.stdout)
    assert run("verify", "report.json", mask).exit_code == 0
    found["place"] = "inside" if place != "inside" else "frontier"
    Path("report.json").write_text(json.dumps(found))
    assert run("verify", "report.json", mask).exit_code == 1


def test_the_text_shows_factors_curve_or_bound() -> None:
    Path("a.txt").write_text("1/3 0.1\n1 0\n")
    assert re.search(
        r"X:\n +1 +0\n +3 +1\n +Y:\n +1/3 +0\n +1/10 +-3/10\n", run("locate", "a.txt", "lu.txt").stdout
    )
    Path("a.txt").write_text("0 1\n1 0\n")
    assert "no optimum" in run("locate", "a.txt", "lu.txt").stdout
    bound = run("locate", "-", "one.txt", stdin="3 0\n0 2\n").stdout
    assert "= 4" in bound


def test_for_screen_readers_it_is_said_in_lines() -> None:
    Path("a.txt").write_text("1/3 0.1\n1 0\n")
    inside = run("locate", "--plain", "--color", "always", "a.txt", "lu.txt")
    assert inside.exit_code == 0 and "\x1b" not in inside.output and "  " not in inside.stdout
    assert inside.stdout.startswith("lu: the matrix is in E.\nWhy: A is a product")
    assert "\nX, row 2: column 1 is 3, column 2 is 1.\n" in inside.stdout
    assert "\nTerm 2: rows 2; columns 2.\n" in inside.stdout
    frontier = run("locate", "--plain", "-", "lu.txt", stdin="0 1\n1 0\n")
    assert frontier.exit_code == 1 and "\nA, row 1: column 2 is 1.\n" in frontier.stdout
    assert "\nX of t, row 1: column 1 is t.\n" in frontier.stdout
    outside = run("locate", "--plain", "-", "one.txt", stdin="3 0\n0 2\n")
    assert outside.exit_code == 5 and "\nLoss: no factors come nearer than ‖A − XYᵀ‖² = 4\n" in outside.stdout
    assert run("locate", "--plain", "--format", "json", "a.txt", "lu.txt").exit_code == 2


def test_lines_are_called_by_their_names() -> None:
    Path("m.I.csv").write_text(",t\nann,1\nbob,1\n")
    Path("m.J.csv").write_text(",t\nf1,1\nf2,1\n")
    Path("a.txt").write_text("1 2\n3 4\n")
    assert "rows ann, bob and columns f1, f2" in " ".join(run("locate", "a.txt", "m.I.csv").stdout.split())
    Path("a.txt").write_text("1 2\n2 4\n")
    assert re.search(r"X:\n +t\n +ann +1\n +bob +2\n", run("locate", "a.txt", "m.I.csv").stdout)
    assert re.search(r"Y:\n +t\n +f1 ", run("fit", "a.txt", "m.I.csv").stdout)


def test_a_bound_that_is_rounding_is_none() -> None:
    """A limit of products has no positive lower bound, though floats compute one of 1e-33."""
    Path("genes.txt").write_text("I:\n101\n111\n010\n001\n100\nJ:\n111\n111\n111\n111\n")
    Path("a.txt").write_text("1 2 0 0\n1 1 1 1\n1 0 0 0\n0 1 0 0\n0 1 0 0\n")
    assert json.loads(run("locate", "a.txt", "genes.txt", "--format", "json").stdout)["lower_bound"] == 0


def test_rounding_is_done_before_the_question() -> None:
    np.save("a.npy", np.array([[0.1, 0.3], [0.7, 2.1]]))
    assert run("locate", "a.npy", "one.txt").exit_code == 5
    assert run("locate", "a.npy", "one.txt", "--round", "2").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["missing.txt", "lu.txt"], "missing.txt:0:0: no such file"),
        (["wide.txt", "lu.txt"], "the matrix is 1x3, and the masks are for 2x2"),
        (["bad.txt", "lu.txt"], "bad.txt:2:3: 'b' is not a number"),
        (["wide.txt", "chain.txt"], "takes two factors"),
        (["-", "-"], "cannot both come from standard input"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(arguments: list[str], problem: str) -> None:
    Path("wide.txt").write_text("1 2 3\n")
    Path("bad.txt").write_text("1 2\n3 b\n")
    Path("chain.txt").write_text("F1:\n1\nF2:\n1\nF3:\n111\n")
    told = run("locate", *arguments)
    assert told.exit_code == 2
    assert problem in told.stderr
    assert len(told.stderr.splitlines()) == 1


def test_names_in_another_order_are_refused() -> None:
    Path("m.I.csv").write_text(",t\ng1,1\ng2,1\n")
    Path("m.J.csv").write_text(",t\ns1,1\ns2,1\n")
    Path("a.csv").write_text(",s1,s2\ng2,1,2\ng1,2,4\n")
    told = run("locate", "a.csv", "m.I.csv")
    assert told.exit_code == 2
    assert "row 1 is called 'g2', in the mask 'g1'" in told.stderr
    Path("a.csv").write_text(",s1,s2\ng1,1,2\ng2,2,4\n")
    assert run("locate", "a.csv", "m.I.csv").exit_code == 0


def test_time_that_runs_out_is_undecided() -> None:
    Path("a.txt").write_text("0 1\n1 0\n")
    told = run("locate", "a.txt", "lu.txt", "--timeout", "1e-9", "--format", "json")
    # A small matrix may be placed before anybody looks at the clock: what is said has to fit the status.
    assert (told.exit_code, json.loads(told.stdout)["place"]) in ((3, "undecided"), (1, "frontier"))
