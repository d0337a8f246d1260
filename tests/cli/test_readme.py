"""The README's console blocks show what the commands really print, times, memory and versions aside."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from command_line import qeclose

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
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


def test_the_readme_shows_commands():
    assert len(BLOCKS) >= 4


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition("\n")[0][2:40])
def test_a_console_block_of_the_readme_is_what_is_printed(block, tmp_path, monkeypatch):
    (tmp_path / "supports").symlink_to(ROOT / "supports")
    monkeypatch.chdir(tmp_path)
    printed = ""
    for line in block.splitlines():
        if line.startswith("$ qeclose "):
            printed += f"{line}\n{qeclose(*shlex.split(line)[2:]).stdout}"
    assert without_times(printed) == without_times(block)
