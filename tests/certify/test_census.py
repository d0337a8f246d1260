"""The census, run from nothing, finds what the package holds."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from qeclose.checker import verify
from qeclose.proof import from_json
from qeclose.proof.certificate import sign
from qeclose.support import Mask, Support
from qeclose.table import entries

SCRIPT = Path(__file__).parents[2] / "scripts" / "census.py"


@pytest.mark.parametrize("rank", [1, 2, pytest.param(3, marks=pytest.mark.campaign)])
def test_a_census_finds_the_obstructions_and_the_maximal_well_posed_masks(rank: int, tmp_path: Path) -> None:
    output = tmp_path / "census.jsonl"
    command = [sys.executable, SCRIPT, "--rank", str(rank), "--seconds", "600", "--output", output]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.rstrip().endswith(" 0 undecided")
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    found = {(line["verdict"], tuple(line["rows"]), tuple(line["columns"])) for line in lines}
    assert found == {
        ("well-posed" if entry.closed else "ill-posed", entry.rows, entry.columns) for entry in entries(rank)
    }


def test_a_census_goes_on_where_it_stopped(tmp_path: Path) -> None:
    output = tmp_path / "census.jsonl"
    command = [sys.executable, SCRIPT, "--rank", "2", "--output", output]
    first = subprocess.run([*command, "--budget", "0"], capture_output=True, text=True, check=True)
    assert first.stdout.startswith(
        "144 ordered pairs of types: 0 ill-posed (0 minimal obstructions), 23 well-posed"
    )
    subprocess.run(command, capture_output=True, text=True, check=True)
    whole = output.read_text()
    lines = whole.splitlines(keepends=True)
    output.write_text("".join(lines[:2]))
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert again.stdout.startswith("144 ordered pairs of types: 32 ill-posed (2 minimal")
    assert output.read_text() == whole
    # What is known is not asked again.
    assert len(again.stderr.splitlines()) == len(lines) - 2


def test_a_certificate_that_does_not_hold_is_made_anew(tmp_path: Path) -> None:
    output = tmp_path / "census.jsonl"
    command = [sys.executable, SCRIPT, "--rank", "2", "--output", output]
    subprocess.run(command, capture_output=True, text=True, check=True)
    whole = output.read_text()
    lines = [json.loads(line) for line in whole.splitlines()]
    lines[0]["certificate"]["claim"] = "well-posed"
    output.write_text("".join(json.dumps(line) + "\n" for line in lines))
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert again.stderr.startswith("refused: ")
    assert output.read_text() == whole


FOUR_TERMS = Path(__file__).parents[2] / "docs" / "data" / "obstructions-4.jsonl.gz"


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.slow), 40])
def test_the_obstructions_of_four_terms_are_ill_posed(step: int) -> None:
    with gzip.open(FOUR_TERMS, "rt") as file:
        lines = [json.loads(line) for line in file]
    assert len(lines) == 1544
    for line in lines[::step]:
        support = Support(Mask(tuple(line["rows"]), 4), Mask(tuple(line["columns"]), 4))
        assert verify(sign(support, "ill-posed", from_json(line["proof"])), support).complete
