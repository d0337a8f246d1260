"""``qeclose fit``: reports, files of factors, JSON, statuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from qeclose.cli.app import app


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lu.txt").write_text("I:\n10\n11\nJ:\n10\n11\n")
    Path("one.txt").write_text("I:\n1\n1\nJ:\n1\n1\n")
    Path("a.txt").write_text("3 0\n0 2\n")


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


def test_an_optimum_is_called_optimal_with_its_theorem() -> None:
    told = run("fit", "a.txt", "one.txt")
    assert told.exit_code == 0
    assert "one: loss 4, optimal" in told.stdout
    assert "theorem A" in told.stdout
    assert "X:" in told.stdout and "Y:" in told.stdout


def test_a_matrix_without_an_optimum_ends_with_status_0_and_says_so() -> None:
    told = run("fit", "-", "lu.txt", "--format", "json", stdin="0 1\n1 0\n")
    found = json.loads(told.stdout)
    assert told.exit_code == 0
    assert (found["verdict"], found["diverging"], found["optimal"]) == ("ill-posed", True, False)
    assert found["schema"] == 2 and found["lower_bound"] == 0
    assert "warning" in run("fit", "-", "lu.txt", stdin="0 1\n1 0\n").stdout


def test_factors_go_to_npz_and_csv_files() -> None:
    assert run("fit", "a.txt", "one.txt", "-o", "f.npz").exit_code == 0
    with np.load("f.npz") as factors:
        X, Y = factors["X"], factors["Y"]
    assert np.allclose(X @ Y.T, [[3, 0], [0, 0]])
    told = run("fit", "a.txt", "one.txt", "-o", "f.csv", "--format", "json")
    assert json.loads(told.stdout)["written"] == ["f.X.csv", "f.Y.csv"]
    assert np.allclose(np.loadtxt("f.X.csv", ndmin=2), X)
    report = run("fit", "a.txt", "one.txt", "-o", "report.json", "--format", "json")
    assert report.stdout == ""
    assert np.allclose(json.loads(Path("report.json").read_text())["factors"]["X"], X)


def test_files_in_the_wrong_order_are_told() -> None:
    for command in ("fit", "locate"):
        told = run(command, "lu.txt", "a.txt")
        assert told.exit_code == 2
        assert (
            told.stderr.startswith("a.txt:1:1: ") and "the MATRIX comes first, then the MASK" in told.stderr
        )
    assert "comes first" not in run("fit", "a.txt", "a.txt").stderr


def test_names_of_the_mask_are_those_of_the_factors() -> None:
    Path("m.I.csv").write_text(",t\ng1,1\ng2,1\n")
    Path("m.J.csv").write_text(",t\ns1,1\ns2,1\n")
    run("fit", "a.txt", "m.I.csv", "-o", "f.csv")
    assert Path("f.Y.csv").read_text().splitlines()[0] == ",t"
    assert Path("f.Y.csv").read_text().splitlines()[2].startswith("s2,")


def test_ridge_and_bound_are_told() -> None:
    told = run("fit", "a.txt", "lu.txt", "--ridge", "0.01").stdout
    assert "the ridge λ = 0.01" in told and told.count("path") == 7
    found = json.loads(run("fit", "a.txt", "lu.txt", "--bound", "1", "--format", "json").stdout)
    assert found["bound"] == 1 and np.abs(found["factors"]["X"]).max() <= 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["missing.txt", "lu.txt"], 2),
        (["a.txt", "missing.txt"], 2),
        (["a.txt", "one.txt", "-o", "no/such/folder.npz"], 2),
        (["a.txt", "one.txt", "--ridge", "-1"], 2),
        (["a.txt"], 2),
    ],
)
def test_wrong_use_has_status_2(arguments: list[str], status: int) -> None:
    told = run("fit", *arguments)
    assert told.exit_code == status
    assert "Traceback" not in told.output
