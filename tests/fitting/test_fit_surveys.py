"""Many targets, one mask: how large the terms of their fits are, from ``fit --random N`` and from several matrices."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from qeclose import Support, fit
from qeclose.cli.app import app
from qeclose.errors import UsageError
from qeclose.fitting import fit_many, fit_random

LU = Support([[1, 0], [1, 1]], [[1, 0], [1, 1]])


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lu.txt").write_text("I:\n10\n11\nJ:\n10\n11\n")
    Path("matrices").mkdir()
    Path("matrices/a.txt").write_text("1 2\n3 4\n")
    Path("matrices/b.txt").write_text("0 1\n1 0\n")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def lu_terms(a: np.ndarray) -> float:
    """The largest term of the only LU factors of a 2×2 matrix, in norms of the matrix, by hand."""
    first = np.outer(a[:, 0], a[0]) / a[0, 0]
    return float(max(np.linalg.norm(first), np.linalg.norm(a - first)) / np.linalg.norm(a))


def test_the_share_is_that_of_the_terms_of_the_only_factors() -> None:
    """A 2×2 matrix with a₁₁ ≠ 0 has one LU factorization up to scaling: the terms are known without a fit."""
    matrices = [
        ("one", [[1.0, 2.0], [3.0, 4.0]]),
        ("two", [[0.01, 1.0], [1.0, 1.0]]),
        ("three", [[1e-3, 1], [2, 0]]),
    ]
    survey = fit_many(matrices, LU)
    expected = [lu_terms(np.array(matrix)) for _, matrix in matrices]
    assert [sample.largest_term for sample in survey.samples] == pytest.approx(expected, rel=1e-6)
    assert [survey.above(limit) for limit in (10.0, 100.0, 1000.0)] == [2, 1, 0]
    fraction, low, high = survey.share(100.0)
    assert fraction == pytest.approx(1 / 3) and 0 < low < fraction < high < 1


@pytest.mark.parametrize("n", [2, 4, 6])
def test_factors_of_lu_are_those_of_gaussian_elimination(n: int) -> None:
    """Nearly every matrix has them, and they are the only ones: no fit of it diverges, however small a pivot is."""
    lower = np.tril(np.ones((n, n), int))
    survey = fit_random(20, Support(lower, lower), seed=5)
    for k, sample in enumerate(survey.samples):
        rest = np.random.default_rng([5, k]).standard_normal((n, n))
        norm, largest = np.linalg.norm(rest), 0.0
        for p in range(n):
            term = np.outer(rest[:, p], rest[p]) / rest[p, p]
            rest = rest - term
            largest = max(largest, float(np.linalg.norm(term)))
        assert sample.largest_term == pytest.approx(largest / norm, rel=1e-6)
        assert sample.relative_loss < 1e-20 and not sample.diverging


def test_random_targets_are_those_of_the_seed_and_zero_where_nothing_reaches() -> None:
    sparse = Support([[1, 0], [0, 1]], [[1, 0], [1, 1]])
    one, two = fit_random(4, sparse, seed=3), fit_random(2, sparse, seed=3)
    assert [sample.loss for sample in two.samples] == [sample.loss for sample in one.samples[:2]]
    assert fit_random(2, sparse, seed=4).samples != two.samples
    # Its two terms are disjoint rows: every target is met, and none has an entry that no term reaches.
    assert max(sample.relative_loss for sample in one.samples) < 1e-28
    assert one.verdict == "well-posed" and one.complete


def test_a_diverging_fit_counts_as_larger_than_all_limits() -> None:
    survey = fit_many([("swap", [[0, 1], [1, 0]])], LU)
    assert survey.samples[0].diverging and survey.above(1000.0) == 1


def test_time_that_runs_out_leaves_what_was_fitted() -> None:
    survey = fit_random(50, LU, timeout=1e-6)
    assert not survey.complete and 1 <= len(survey.samples) < 50 and survey.stopped == "time ran out"
    assert fit_random(1, LU).stopped is None


@pytest.mark.parametrize("layout", ["text", "json"])
def test_ctrl_c_keeps_what_was_fitted(layout: str) -> None:
    """The command is interrupted when its line on a terminal says that it works on a target after the first."""
    screen, terminal = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "qeclose", "fit", "--random", "1000000", "--timeout", "600", "--format", layout,
         "lu.txt", "-o", "report"],
        stdout=subprocess.PIPE, stderr=terminal, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
        start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    shown = b""
    while not re.search(rb"target [1-9]\d+ of", shown):
        piece = os.read(screen, 4096)
        assert piece, shown
        shown += piece
    os.killpg(process.pid, signal.SIGINT)
    with suppress(OSError):  # the terminal is closed when the last who writes to it ends
        while piece := os.read(screen, 4096):
            shown += piece
    assert process.wait(120) == 130
    os.close(screen)
    assert b"qeclose: interrupted" in shown and b"Traceback" not in shown
    report = Path("report").read_text()
    if layout == "text":
        told = re.search(r"interrupted: (\d+) of 1000000 were fitted", report)
        assert told and 9 <= int(told[1]) < 1_000_000
        return
    found = json.loads(report)
    assert found["stopped"] == "interrupted" and found["verdict"] == "ill-posed"
    assert 9 <= found["fitted"] == len(found["fits"]) < found["wanted"] == 1_000_000
    # The targets are those of a survey that was not interrupted.
    again = fit_random(3, LU)
    assert [one["loss"] for one in found["fits"][:3]] == [sample.loss for sample in again.samples]


@pytest.mark.parametrize("count", [0, -1])
def test_no_targets_are_refused(count: int) -> None:
    with pytest.raises(UsageError):
        fit_random(count, LU)


def test_the_command_tells_shares_with_intervals() -> None:
    told = run("fit", "--random", "3", "lu.txt")
    assert told.exit_code == 0, told.output
    assert "3 random targets fitted" in told.stdout and "0 of 3  0.0000 [0.0000, 0.7076]" in told.stdout
    found = json.loads(run("fit", "--random", "3", "lu.txt", "--format", "json").stdout)
    assert (found["schema"], found["targets"], found["wanted"], found["fitted"]) == (2, "random", 3, 3)
    assert [share["above"] for share in found["shares"]] == [10, 100, 1000]
    assert len(found["fits"]) == 3 and found["verdict"] == "ill-posed"


def test_several_matrices_and_folders_are_fitted_in_order() -> None:
    for files in (["matrices/a.txt", "matrices/b.txt"], ["matrices"]):
        found = json.loads(run("fit", *files, "lu.txt", "--format", "json").stdout)
        assert [Path(one["matrix"]).name for one in found["fits"]] == ["a.txt", "b.txt"]
        assert [one["diverging"] for one in found["fits"]] == [False, True]
        assert found["fits"][0]["loss"] == fit([[1, 2], [3, 4]], LU, verdict="ill-posed").loss
    assert "b.txt: loss" in run("fit", "matrices", "lu.txt").stdout


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["png", "svg"])
def test_a_plot_is_a_picture_and_the_same_each_time(ending: str) -> None:
    for name in ("one", "two"):
        assert run("fit", "matrices", "lu.txt", "--plot", f"{name}.{ending}").exit_code == 0
    data = Path(f"one.{ending}").read_bytes()
    assert data == Path(f"two.{ending}").read_bytes()
    assert data.startswith(b"\x89PNG") if ending == "png" else b"largest term" in data


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["lu.txt"], "a MATRIX and a MASK are wanted"),
        (["--random", "3", "matrices/a.txt", "lu.txt"], "makes the matrices itself"),
        (["--random", "0", "lu.txt"], "Invalid value for '--random'"),
        (["--random", "3", "--ridge", "1", "lu.txt"], "for one matrix"),
        (["--random", "3", "lu.txt", "-o", "f.npz"], "one matrix only"),
        (["--random", "3", "lu.txt", "--plot", "a.xyz"], "a plot is a file"),
        (["matrices/a.txt", "lu.txt", "--plot", "a.png"], "--plot goes with"),
        (["empty", "lu.txt"], "a folder without files"),
        (["matrices", "missing.txt"], "no such file"),
        (["-", "-", "lu.txt"], "one file only"),
    ],
)
def test_what_does_not_go_together_is_a_usage_error(arguments: list[str], problem: str) -> None:
    Path("empty").mkdir()
    told = run("fit", *arguments)
    assert told.exit_code == 2
    assert problem in told.output and "Traceback" not in told.output
