"""``qeclose sample`` as users and scripts meet it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qeclose.cli.app import app

TWO = ("--rows", "2", "--cols", "2", "--rank", "2", "--jobs", "1")


def qeclose(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, prog_name="qeclose")


def lines(path: Path) -> list[dict[str, object]]:
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return [{key: value for key, value in record.items() if key != "seconds"} for record in records]


def is_ill_posed(record: dict) -> bool:
    """The width-two theorem for 2×2 matrices, on the mask in the certificate."""
    I, JT = record["certificate"]["mask"]["factors"]
    rows = [{i for i in range(2) if I[i][k] == "1"} for k in range(2)]
    columns = [{j for j in range(2) if JT[k][j] == "1"} for k in range(2)]
    overlap = rows[0] & rows[1] and columns[0] & columns[1]
    own = [rows[k] - rows[1 - k] and columns[k] - columns[1 - k] for k in range(2)]
    return bool(overlap and any(own))


def test_fractions_are_those_of_the_masks_drawn(tmp_path):
    journal = tmp_path / "samples.jsonl"
    result = qeclose(
        "sample", *TWO, "--density", "0.5,0.8", "--count", "60", "--jsonl", str(journal), "--format", "json"
    )
    assert result.exit_code == 0
    records = lines(journal)
    assert len(records) == 120
    for summary in map(json.loads, result.stdout.splitlines()):
        mine = [record for record in records if record["density"] == summary["density"]]
        ill = sum(map(is_ill_posed, mine))
        assert summary["samples"] == len(mine) == 60
        assert summary["ill-posed"]["count"] == ill
        assert summary["ill-posed"]["low"] <= ill / 60 <= summary["ill-posed"]["high"]
        assert summary["well-posed"]["count"] == 60 - ill
    assert sum(map(is_ill_posed, records)) > 0


def test_the_table_has_a_row_for_each_density_and_tells_what_decided():
    result = qeclose("sample", *TWO, "--density", "0.2:0.8:3", "--count", "8")
    table = result.stdout.splitlines()
    assert [row.split()[:2] for row in table[2:5]] == [["0.2", "8"], ["0.5", "8"], ["0.8", "8"]]
    assert table[5].startswith("decided by: presolve alone")


@pytest.mark.slow
def test_a_killed_survey_is_resumed_to_the_same_lines(tmp_path):
    whole, killed = tmp_path / "whole.jsonl", tmp_path / "killed.jsonl"
    options = ("--rows", "3", "--cols", "3", "--rank", "2", "--density", "0.4,0.6", "--count", "150")
    command = [sys.executable, "-m", "qeclose", "sample", *options, "--jobs", "2", "--jsonl", str(killed)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    patience = time.monotonic() + 30
    while time.monotonic() < patience and (not killed.exists() or killed.stat().st_size == 0):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 0 < len(killed.read_bytes().splitlines()) < 300
    resumed = qeclose("sample", *options, "--jsonl", str(killed), "--resume", "--jobs", "1")
    again = qeclose("sample", *options, "--jsonl", str(whole), "--jobs", "1")
    assert resumed.stdout == again.stdout
    assert lines(killed) == lines(whole)


def test_a_larger_count_adds_to_the_samples_there_are(tmp_path):
    journal = tmp_path / "samples.jsonl"
    arguments = ("sample", *TWO, "--density", "0.5", "--jsonl", str(journal), "--count")
    qeclose(*arguments, "20")
    before = journal.read_text()
    qeclose(*arguments, "30", "--resume")
    assert journal.read_text().startswith(before)
    assert len(lines(journal)) == 30


@pytest.mark.slow
def test_a_density_ends_when_its_intervals_are_narrow_enough():
    arguments = ("sample", *TWO, "--density", "0.1,0.7", "--count", "2000", "--precision", "0.04")
    result = qeclose(*arguments, "--format", "json")
    certain, mixed = map(json.loads, result.stdout.splitlines())
    assert certain["samples"] < mixed["samples"] < 2000
    for summary in (certain, mixed):
        for verdict in ("well-posed", "ill-posed", "undecided"):
            assert summary[verdict]["high"] - summary[verdict]["low"] <= 0.08
    again = qeclose(*arguments, "--format", "json", "--jobs", "2")
    assert [json.loads(line)["samples"] for line in again.stdout.splitlines()] == [
        certain["samples"],
        mixed["samples"],
    ]


def test_the_plot_shows_all_verdicts_and_is_the_same_every_time(tmp_path):
    pictures = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for picture in pictures:
        result = qeclose("sample", *TWO, "--density", "0.2,0.8", "--count", "10", "--plot", str(picture))
        assert result.exit_code == 0
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
    words = " ".join(ElementTree.parse(pictures[0]).getroot().itertext())  # noqa: S314
    for word in ("well-posed", "ill-posed", "undecided", "density of I and J", "10 masks for each density"):
        assert word in words


def test_a_png_plot_is_a_picture(tmp_path):
    picture = tmp_path / "one.png"
    qeclose("sample", *TWO, "--density", "0.5", "--count", "5", "--plot", str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--density", "2", "--count", "5"), "from 0 to 1"),
        (("--density", "0.5", "--count", "0"), "0"),
        (("--density", "0.5", "--count", "5", "--resume"), "--jsonl"),
        (("--density", "0.5", "--count", "5", "--plot", "x.txt"), ".png"),
        (("--density", "0.5", "--count", "5", "--plot", "/nowhere/x.png"), "cannot write"),
        (("--density", "0.5,0.5", "--count", "5"), "twice"),
    ],
)
def test_options_without_sense_are_refused(arguments, problem):
    result = qeclose("sample", *TWO, *arguments)
    assert result.exit_code == 2
    assert problem in result.stderr
