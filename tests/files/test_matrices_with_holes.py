"""Files of matrices in which some entries are not observed: a hole is read where W says so, and refused elsewhere."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from qeclose.cli.app import app
from qeclose.errors import InputError
from qeclose.files.matrix import read_matrix

MISSING = {0: 0b01, 1: 0b10}
ROWS = [["0", "2"], ["1/2", "0"]]

HOLES = {
    "blank.csv": ",2\n1/2,\n",
    "na.csv": "NA,2\n1/2,n/a\n",
    "semicolon.csv": ";2\n1/2;\n",
    "named.csv": ",f1,f2\nann,,2\nbob,1/2,NaN\n",
    "tab.tsv": "\t2\n1/2\t#N/A\n",
    "text.txt": "? 2\n1/2 nan\n",
    "null.json": '[[null, 2], ["1/2", NaN]]',
    "key.json": '{"A": [["?", 2], ["1/2", "NA"]]}',
}


@pytest.mark.parametrize("name", HOLES)
def test_a_hole_is_read_where_an_entry_is_missing_and_refused_elsewhere(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(HOLES[name])
    found = read_matrix(str(path), (2, 2), MISSING)
    assert [[str(entry) for entry in row] for row in found.exact()] == ROWS
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert read_matrix(str(tmp_path / f"{name}.gz"), (2, 2), MISSING).exact() == found.exact()
    for observed in ({}, {0: 0b01}, {0: 0b10, 1: 0b01}):
        with pytest.raises(InputError, match="marked in a section W"):
            read_matrix(str(path), (2, 2), observed)


def test_arrays_hold_nan_for_what_is_missing(tmp_path: Path) -> None:
    array = np.array([[np.nan, 2.0], [0.5, np.nan]])
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "a.npz", A=array)
    for name in ("a.npy", "a.npz"):
        found = read_matrix(str(tmp_path / name), (2, 2), MISSING)
        assert found.floats().tolist() == [[0, 2], [0.5, 0]]
        with pytest.raises(InputError, match=r"entry \(2, 2\) is not a number: .*section W"):
            read_matrix(str(tmp_path / name), (2, 2), {0: 1})
        with pytest.raises(InputError, match="not a number"):
            read_matrix(str(tmp_path / name), (2, 2))


@pytest.mark.parametrize("word", ["x", "inf", "--", "1,5,"])
def test_other_words_are_no_holes(word: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"{word} 2\n1 3\n")
    with pytest.raises(InputError, match=r"a\.txt:1:1: .*not a number"):
        read_matrix(str(path), (2, 2), {0: 1})


def test_a_number_at_a_missing_place_may_stay(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("7 2\n1 3\n")
    assert read_matrix(str(tmp_path / "a.txt"), (2, 2), {0: 1}).floats().tolist() == [[7, 2], [1, 3]]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_ratings_with_a_hole_are_fitted_and_located(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people, two films, taste of rank one: what is missing is completed by the fit."""
    monkeypatch.chdir(tmp_path)
    Path("ratings.csv").write_text("person,film1,film2\nann,4,2\nbob,2,\n")
    Path("mask.txt").write_text("I:\n1\n1\nJ:\n1\n1\nW:\n00\n01\n")
    fitted = json.loads(run("fit", "ratings.csv", "mask.txt", "--format", "json").stdout)
    X, Y = (np.array(fitted["factors"][side]) for side in "XY")
    assert fitted["loss"] < 1e-20 and np.isclose((X @ Y.T)[1, 1], 1.0)
    assert run("locate", "ratings.csv", "mask.txt").exit_code == 0
    Path("whole.txt").write_text("I:\n1\n1\nJ:\n1\n1\n")
    refused = run("fit", "ratings.csv", "whole.txt")
    assert refused.exit_code == 2
    assert "ratings.csv:3:7: an empty cell: what is not observed is marked in a section W" in refused.stderr
