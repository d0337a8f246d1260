"""``qeclose batch`` and ``qeclose cache`` as a user types them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

LU = "I:\n10\n11\nJ:\n10\n11\n"
FULL = "I:\n11\n11\nJ:\n11\n11\n"
# Certificates alone, so that these tests take the same time whatever engines are installed.
OPTIONS = ("--method", "certify", "--timeout", "20", "--jobs", "2")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return folder


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "qeclose", *map(str, arguments)]


def _run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*arguments), capture_output=True, text=True, check=False, cwd=cwd, timeout=120
    )


def _batch(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return _run("batch", *OPTIONS, *arguments, cwd=cwd)


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _random_masks(path: Path, count: int, seed: int = 1) -> Path:
    rng = random.Random(seed)

    def block(rows: int, terms: int) -> str:
        return "\n".join("".join(rng.choice("01") for _ in range(terms)) for _ in range(rows))

    blocks = []
    for number in range(count):
        terms = rng.randint(1, 2)
        blocks.append(
            f"== mask {number} ==\nI:\n{block(rng.randint(1, 4), terms)}\nJ:\n{block(rng.randint(1, 4), terms)}\n"
        )
    path.write_text("\n".join(blocks))
    return path


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    (tmp_path / "lu.txt").write_text(LU)
    (tmp_path / "full.txt").write_text(FULL)
    return tmp_path


def test_a_folder_gives_a_line_an_item_a_summary_and_the_worst_status(masks: Path) -> None:
    done = _batch(".", cwd=masks)
    full, lu, summary = done.stdout.splitlines()
    assert full == "well-posed full.txt"
    assert lu.startswith("ill-posed  lu.txt: ")
    assert summary.startswith("2 items: 1 well-posed, 1 ill-posed (")
    assert (done.returncode, done.stderr) == (1, "")


def test_malformed_items_are_reported_and_stop_nobody(masks: Path) -> None:
    (masks / "bad.txt").write_text("I:\n10\n1\n")
    (masks / "binary.npz").write_bytes(b"\x00\xff")
    done = _batch(masks, "nowhere.txt", "--jsonl", masks / "out.jsonl")
    verdicts = Counter(record["verdict"] for record in _records(masks / "out.jsonl"))
    assert verdicts == {"malformed": 3, "well-posed": 1, "ill-posed": 1}
    assert f"malformed  {masks / 'bad.txt'}: {masks / 'bad.txt'}:3:" in done.stdout
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("manifest", "status"),
    [
        ("path,expect\nlu.txt,ill-posed\nfull.txt,well-posed\n", 0),
        ("path,expect\nlu.txt,well-posed\nfull.txt,well-posed\n", 1),
        ("path,expect\nlu.txt,ill-posed\nfull.txt,\n", 0),
    ],
)
def test_expectations_of_a_manifest_decide_the_status(masks: Path, manifest: str, status: int) -> None:
    (masks / "m.csv").write_text(manifest)
    junit = masks / "report.xml"
    assert _batch(masks / "m.csv", "--junit", junit, "-q").returncode == status
    suite = ElementTree.parse(junit).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    assert suite.attrib["failures"] == str(status)


def test_jsonl_on_stdout_leaves_nothing_else_there(masks: Path) -> None:
    done = _batch(masks, "--jsonl", "-", "--expect", "ill-posed")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(record["name"], record["expected"]) for record in records] == [
        ("full", "ill-posed"),
        ("lu", "ill-posed"),
    ]
    assert done.stderr.startswith("2 items: ")
    assert done.returncode == 1


@pytest.mark.slow
def test_a_batch_is_reproducible_with_and_without_a_cache_and_for_any_number_of_jobs(tmp_path: Path) -> None:
    path = _random_masks(tmp_path / "masks.txt", 25)
    outputs = []
    for number, more in enumerate([(), (), ("--jobs", "1", "--no-cache", "--order", "completion")]):
        file = tmp_path / f"{number}.jsonl"
        _batch(path, "--jsonl", file, *more)
        outputs.append([{**record, "seconds": 0} for record in _records(file)])
    outputs[2].sort(key=lambda record: int(record["name"].split()[1]))
    assert outputs[0] == outputs[1] == outputs[2]


def test_the_second_batch_takes_everything_from_the_cache(tmp_path: Path) -> None:
    path = _random_masks(tmp_path / "masks.txt", 25)
    first, second = _batch(path, "-q"), _batch(path, "-q")
    assert "from the cache" not in first.stdout
    assert "25 from the cache" in second.stdout


def _killed_at(command: list[str], file: Path, lines: int) -> None:
    """Run the command until the file has so many lines, then kill it without mercy."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while not file.exists() or file.read_bytes().count(b"\n") < lines:
        assert process.poll() is None, "the batch was too quick to be killed"
        assert time.monotonic() < end
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("order", ["input", pytest.param("completion", marks=pytest.mark.slow)])
def test_a_killed_batch_goes_on_and_holds_each_item_once(tmp_path: Path, order: str) -> None:
    path, file = _random_masks(tmp_path / "masks.txt", 300), tmp_path / "out.jsonl"
    arguments = [path, "--jsonl", file, "--order", order, "--no-cache", "-q"]
    _killed_at(_command("batch", *OPTIONS, *arguments), file, 40)
    before = file.read_bytes().rpartition(b"\n")[0].count(b"\n") + 1
    assert before < 300
    done = _batch(*arguments, "--resume")
    names = Counter(record["name"] for record in _records(file))
    assert names == {f"mask {number}": 1 for number in range(300)}
    assert f"{before} already in the file" in done.stdout or order == "input"
    again = _batch(*arguments, "--resume")
    assert "300 already in the file" in again.stdout
    assert again.returncode == done.returncode
    assert len(_records(file)) == 300


STUBBORN = """#!/bin/sh
case "$*" in *ersion*) echo "Z3 version 4.8.12 - 64 bit"; exit 0;; esac
echo $$ >> {pids}
exec sleep 600
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow), signal.SIGKILL]
)
def test_stopping_a_batch_stops_its_engines_and_keeps_what_was_finished(
    masks: Path, kind: signal.Signals
) -> None:
    engine, pids, file = masks / "z3", masks / "pids", masks / "out.jsonl"
    engine.write_text(STUBBORN.format(pids=pids))
    engine.chmod(0o755)
    manifest = masks / "m.csv"
    manifest.write_text("path,method,engine\nfull.txt,certify,\nlu.txt,sentence,z3\n")
    command = _command(
        "batch", manifest, "--engine-path", f"z3={engine}", "--jsonl", file, "--junit", masks / "j.xml"
    )
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while not (pids.exists() and pids.read_text().strip() and file.exists() and file.read_text()):
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(kind)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[kind]
    assert [record["name"] for record in _records(file)] == ["full"]
    if kind is not signal.SIGKILL:
        assert "1 item: 1 well-posed" in out
        assert 'tests="1"' in (masks / "j.xml").read_text()
    for pid in pids.read_text().split():
        while Path(f"/proc/{pid}").exists():
            assert time.monotonic() < end, "an engine outlived the batch"
            time.sleep(0.02)


def test_under_github_actions_problems_are_annotated(masks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert (
        "::error file=lu.txt,line=1,title=qeclose%3A lu.txt::ill-posed: "
        in _batch("lu.txt", cwd=masks).stderr
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--resume"], "--resume needs a --jsonl FILE"),
        (["--resume", "--jsonl", "-"], "--resume needs a --jsonl FILE"),
        (["--cache", "x", "--no-cache"], "exclude each other"),
        (["--jobs", "2", "--scheduler", "tcp://127.0.0.1:1"], "--jobs is for this machine"),
        (["--jobs", "0"], "--jobs"),
        (["--jsonl", "/nowhere/x"], "cannot write /nowhere/x"),
    ],
)
def test_options_that_make_no_sense_are_refused(masks: Path, arguments: list[str], problem: str) -> None:
    done = _run("batch", masks / "lu.txt", *arguments)
    assert done.returncode == 2
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_a_module_in_the_current_folder_does_not_mislead_the_workers(masks: Path) -> None:
    (masks / "igraph.py").write_text("raise SystemExit('not this one')")
    (masks / "sympy.py").write_text("raise SystemExit('not this one')")
    script = Path(sys.executable).with_name("qeclose")
    done = subprocess.run(
        [script, "batch", *OPTIONS, "--no-cache", "lu.txt"],
        capture_output=True,
        text=True,
        check=False,
        cwd=masks,
    )
    assert done.stdout.startswith("ill-posed")


# qeclose cache


def test_the_cache_can_be_shown_pruned_and_cleared(masks: Path) -> None:
    folder = masks / "cache"
    _batch(masks, "-q", "--cache", folder)
    shown = _run("cache", "--cache", folder).stdout
    assert "2 entries" in shown
    assert "ill-posed   1" in shown
    assert "well-posed  1" in shown
    old = next(folder.glob("v2/??/*.json"))
    os.utime(old, (0, 0))
    assert "removed 1 entry" in _run("cache", "--cache", folder, "--older-than", "30d").stdout
    assert ": 1 entry, " in _run("cache", "--cache", folder, "--max-size", "1M").stdout
    assert "0 entries" in _run("cache", "--cache", folder, "--clear").stdout
    assert list(folder.glob("v2/??/*.json")) == []


@pytest.mark.parametrize("arguments", [["--max-size", "big"], ["--older-than", "long ago"]])
def test_sizes_and_times_must_make_sense(arguments: list[str]) -> None:
    done = _run("cache", *arguments)
    assert done.returncode == 2
    assert arguments[1] in done.stderr
