"""What is there for those who know their engines: syntaxes, order of variables, blocks, transcripts, benchmarks."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from command_line import LU_2, fake_z3, qeclose

from qeclose.engine.discovery import find_binary
from qeclose.errors import EngineNotFound

RANK_ONE = "I:\n1\n1\nJ:\n1\n1\n"
TWO_BLOCKS = "I:\n1000\n1100\n0010\n0011\nJ:\n1000\n1100\n0010\n0011\n"
SCRIPT = Path(__file__).parents[2] / "scripts" / "smtlib_family.py"


@pytest.mark.parametrize(
    ("syntax", "text"),
    [
        ("redlog", "a11*a22 - a12*a21 = 0"),
        ("mathematica", "a11*a22 - a12*a21 == 0"),
        ("smtlib", "(assert (= "),
        ("latex", r"a_{11} a_{22} - a_{12} a_{21} = 0"),
    ],
)
def test_a_description_is_printed_in_any_syntax(syntax: str, text: str):
    result = qeclose("eliminate", "-", "--syntax", syntax, stdin=RANK_ONE)
    assert result.exit_code == 0
    assert text in result.stdout


def test_blocks_are_described_in_the_names_of_the_whole_mask():
    result = qeclose("eliminate", "-", "--presolve", stdin=TWO_BLOCKS)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "a11 <> 0 or (a11 = 0 and a21 = 0) or (a11 = 0 and a12 = 0)",
        "a33 <> 0 or (a33 = 0 and a43 = 0) or (a33 = 0 and a34 = 0)",
    ]
    found = json.loads(qeclose("eliminate", "-", "--presolve", "--format=json", stdin=TWO_BLOCKS).stdout)
    assert [block["rows"] for block in found["blocks"]] == [[0, 1], [2, 3]]
    assert [2, 3] in found["blocks"][1]["positions"]


@pytest.mark.parametrize("command", ["emit", "eliminate"])
def test_a_variable_that_is_not_there_is_bad_usage(command: str):
    result = qeclose(command, "-", "--variables", "a11,b7", stdin=RANK_ONE)
    assert result.exit_code == 2
    assert "b7" in result.stderr


def test_an_order_of_variables_gives_an_equivalent_description():
    try:
        find_binary("qepcad")
    except EngineNotFound:
        pytest.skip("needs qepcad")
    arguments = ("eliminate", "-", "--engine=qepcad", "--variables=a22,a12")
    result = qeclose(*arguments, stdin=RANK_ONE)
    assert result.exit_code == 0
    assert result.stdout == "a11*a22 - a12*a21 = 0\n"


def test_the_transcript_of_a_check_holds_question_and_answer(tmp_path: Path):
    path = tmp_path / "transcript"
    program = fake_z3(tmp_path, "says sat")
    arguments = ("--engine=z3", f"--engine-path={program}", "--method=sentence", f"--transcript={path}")
    assert qeclose("check", "-", *arguments, stdin=LU_2).exit_code == 1
    text = path.read_text()
    assert text.startswith("===== z3: ")
    assert "(check-sat)" in text
    assert "\nsat\n" in text


def test_a_transcript_that_cannot_be_written_is_bad_usage(tmp_path: Path):
    result = qeclose("check", "-", f"--transcript={tmp_path}/no/such/folder", stdin=LU_2)
    assert result.exit_code == 2


@pytest.mark.slow
def test_benchmarks_have_the_status_that_a_certificate_proves(tmp_path: Path):
    mask = tmp_path / "lu-2.txt"
    mask.write_text(LU_2)
    folder = tmp_path / "family"
    command = [sys.executable, str(SCRIPT), str(folder), str(mask)]
    with suppress(EngineNotFound):
        command += ["--check", str(find_binary("z3"))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["lu-2-description.smt2", "lu-2-published.smt2", "lu-2-zeros.smt2"]
    for path in folder.iterdir():
        lines = path.read_text().splitlines()
        assert lines[0] == "(set-info :smt-lib-version 2.6)"
        assert "(set-info :status sat)" in lines
        assert lines[-2:] == ["(check-sat)", "(exit)"]
