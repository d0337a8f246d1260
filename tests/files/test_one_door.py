"""Bounds in place of a mask go through the same door as masks: read by every command, or refused in a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import qeclose
from qeclose.batch.workers.task import Task
from qeclose.decide.options import Options
from qeclose.errors import UsageError

BOUNDS = "I: rows=3 cols=2 nnz<=4\nJ: rows=3 cols=2 row<=1 column<=2\n"


def qeclose_command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qeclose", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.fixture
def bounds(tmp_path: Path) -> Path:
    (tmp_path / "b.txt").write_text(BOUNDS)
    return tmp_path


def test_batch_and_check_agree_on_bounds(bounds: Path) -> None:
    checked = qeclose_command("check", "--format", "json", "b.txt", cwd=bounds)
    done = qeclose_command("batch", "--no-cache", "--jsonl", "out.jsonl", "b.txt", cwd=bounds)
    assert (checked.returncode, done.returncode) == (0, 0)
    record = json.loads((bounds / "out.jsonl").read_text())
    report = json.loads(checked.stdout)
    for key in ("verdict", "reason", "shape", "certificate", "name"):
        assert record[key] == report[key]


@pytest.mark.parametrize("command", ["emit", "eliminate", "repair", "relu"])
def test_commands_about_masks_say_that_bounds_are_none(bounds: Path, command: str) -> None:
    done = qeclose_command(command, "b.txt", cwd=bounds)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("b.txt:0:0: holds bounds (nnz<=…) in place of a mask")


def test_check_from_python_takes_bounds(bounds: Path) -> None:
    (question,) = qeclose.read(str(bounds / "b.txt"))
    assert isinstance(question, qeclose.BoundedSupport) and question.name == "b"
    assert qeclose.check(question).verdict == "well-posed"
    with pytest.raises(UsageError, match="theorems alone"):
        qeclose.check(question, engines=["z3"])


def test_a_task_with_bounds_travels_to_workers_whole() -> None:
    task = Task(7, qeclose.BoundedSupport.parse(BOUNDS), Options())
    again = Task.of_json(json.loads(json.dumps(task.to_json())))
    assert again.support == task.support
