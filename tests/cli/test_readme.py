"""The console blocks of the README and of the tutorial show what the commands really print, times, memory and versions aside."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import qeclose

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text()
BLOCKS = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text() + TUTORIAL, re.DOTALL)
COMMANDS = re.findall(r"^    (qeclose .*)$", TUTORIAL, re.MULTILINE)
VARYING = [
    (r"\d+\.\d+ s(, \d+ MB)?", "TIME"),
    (r'"seconds": [0-9.]+', '"seconds": TIME'),
    (r"(qepcad|z3) [B0-9. ]*[0-9]:", r"\1 VERSION:"),
    (r'"version": "[^"]*"', '"version": VERSION'),
]


def without_times(text: str) -> str:
    for pattern, word in VARYING:
        text = re.sub(pattern, word, text)
    return text


def through(command: str, text: str) -> str:
    """What ``python -m …`` makes of the text."""
    name, *arguments = shlex.split(command)
    assert name == "python"
    done = subprocess.run(
        [sys.executable, *arguments], input=text, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_readme_shows_commands():
    assert len(BLOCKS) >= 4


def prepare(folder, monkeypatch):
    """The folder that the pages suppose: the supports, and the tutorial's matrix."""
    (folder / "supports").symlink_to(ROOT / "supports")
    (folder / "A.csv").write_text(re.search(r"```csv\n(.*?)```", TUTORIAL, re.DOTALL)[1])
    monkeypatch.chdir(folder)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_tutorial_does_what_it_says(command, tmp_path, monkeypatch):
    prepare(tmp_path, monkeypatch)
    result = qeclose(*shlex.split(command)[1:])
    assert result.exit_code in (0, 1), result.output


def test_the_tutorial_shows_commands():
    assert len(COMMANDS) >= 3


def test_the_numbers_of_the_tutorial_are_those_of_its_matrices():
    rows = re.findall(r"^\| (0\.\d+) \| ([0-9.]+) \| ([0-9.]+) \| ([0-9.]+) \|$", TUTORIAL, re.MULTILINE)
    assert len(rows) == 3
    for t, *told in (map(float, row) for row in rows):
        x, y = [[-t, 0], [-1, 1]], [[-1, 0], [-1 / t, -1 / t]]
        miss = [[0, 1], [1, 0]]
        for i in range(2):
            for j in range(2):
                miss[i][j] -= sum(x[i][k] * y[j][k] for k in range(2))
        norms = [sum(entry**2 for row in matrix for entry in row) ** 0.5 for matrix in (miss, x, y)]
        assert told == pytest.approx(norms, rel=0.03)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition("\n")[0][2:40])
def test_a_console_block_of_the_readme_is_what_is_printed(block, tmp_path, monkeypatch):
    prepare(tmp_path, monkeypatch)
    printed = ""
    for line in block.splitlines():
        if line.startswith("$ qeclose "):
            command, _, filtered = line.removeprefix("$ qeclose ").partition(" | ")
            shown = qeclose(*shlex.split(command)).stdout
            printed += f"{line}\n{through(filtered, shown) if filtered else shown}"
    assert without_times(printed) == without_times(block)
