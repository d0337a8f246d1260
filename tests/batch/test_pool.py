"""Local workers: nothing is lost when one dies, nothing runs for ever, nothing outlives the batch."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qeclose.batch.workers import local, worker
from qeclose.batch.workers.local import LocalPool
from qeclose.batch.workers.task import Result, Task
from qeclose.decide.options import Options
from qeclose.support import Support


def _task(number: int, behaviour: str, timeout: float = 60.0) -> Task:
    return Task(number, Support([[1]], [[1]]), Options(method=behaviour, timeout=timeout))


def _run(crew: LocalPool, behaviours: list[str], timeout: float = 60.0) -> list[tuple[int, Result]]:
    tasks = [_task(number, behaviour, timeout) for number, behaviour in enumerate(behaviours)]
    return [found for found in crew.run(tasks) if found is not None]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie that nobody has reaped yet is no longer running.
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def _gone(pid: int, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if not _alive(pid):
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def _written(path: Path) -> str:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.02)
    raise AssertionError(f"nothing was written to {path}")


def test_every_task_gets_one_result_from_no_more_workers_than_asked_for(
    fake_workers: type[LocalPool],
) -> None:
    results = _run(fake_workers(2), ["fine"] * 40)
    assert sorted(number for number, _ in results) == list(range(40))
    assert 1 <= len({result["why"][0] for _, result in results}) <= 2


def test_a_task_whose_worker_was_killed_is_given_to_another_one(
    fake_workers: type[LocalPool], tmp_path: Path
) -> None:
    behaviours = ["fine", f"die-once:{tmp_path / 'died'}", *["fine"] * 10]
    results = dict(_run(fake_workers(2), behaviours))
    assert len(results) == len(behaviours)
    assert {result["verdict"] for result in results.values()} == {"well-posed"}


@pytest.mark.slow
@pytest.mark.parametrize(("behaviour", "end"), [("die", "SIGKILL"), ("exit", "exit status 3")])
def test_a_task_that_kills_two_workers_is_reported_as_failed_and_costs_no_other(
    fake_workers: type[LocalPool], behaviour: str, end: str
) -> None:
    results = _run(fake_workers(2), ["fine"] * 5 + [behaviour] + ["fine"] * 5)
    assert sorted(number for number, _ in results) == list(range(11))
    assert dict(results)[5]["failures"] == [f"the worker process died twice ({end})"]
    assert all(result["verdict"] == "well-posed" for number, result in results if number != 5)


def test_a_worker_that_does_not_end_in_time_is_stopped(
    fake_workers: type[LocalPool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(local, "GRACE_SECONDS", 1.0)
    results = dict(_run(fake_workers(1), [f"sleep:{tmp_path / 'pid'}", "fine"], timeout=0.1))
    assert results[0]["verdict"] == "undecided"
    assert "time ran out" in results[0]["why"][0]
    assert results[0]["failures"] == []
    assert results[1]["verdict"] == "well-posed"
    assert _gone(int((tmp_path / "pid").read_text()))


def test_the_time_a_worker_took_to_start_is_part_of_its_first_task_s(fake_workers: type[LocalPool]) -> None:
    results = dict(_run(fake_workers(1), ["limit"] * 3, timeout=600.0))
    first, *others = (float(results[number]["why"][0]) for number in range(3))
    assert 300.0 <= first < 600.0
    assert others == [600.0, 600.0]


def test_what_libraries_print_does_not_get_between_the_answers(fake_workers: type[LocalPool]) -> None:
    results = _run(fake_workers(1), ["print"] * 3)
    assert [result["verdict"] for _, result in results] == ["well-posed"] * 3


@pytest.mark.slow
def test_time_grows_with_the_length_of_an_answer_and_no_faster(fake_workers: type[LocalPool]) -> None:
    spent = []
    for length in (10**7, 8 * 10**7):
        start = time.process_time()
        ((_, result),) = _run(fake_workers(1), [f"talk:{length}"])
        spent.append(time.process_time() - start)
        assert len(result["why"][0]) == length
    # Eight times as long; a copy of all that has come for each piece would take 64 times as long.
    assert spent[1] < 30 * spent[0]


@pytest.mark.slow
def test_a_free_worker_takes_the_next_task_while_another_is_busy(fake_workers: type[LocalPool]) -> None:
    numbers = [number for number, _ in _run(fake_workers(2), ["pause:1.5", *["fine"] * 8])]
    assert numbers[-1] == 0


def test_results_come_while_tasks_are_still_being_made(fake_workers: type[LocalPool]) -> None:
    made: list[int] = []

    def tasks():
        for number in range(500):
            made.append(number)
            yield _task(number, "fine")

    stream = fake_workers(1).run(tasks())
    next(found for found in stream if found is not None)
    assert len(made) < 500
    stream.close()


def test_closing_the_stream_stops_the_workers(fake_workers: type[LocalPool], tmp_path: Path) -> None:
    stream = fake_workers(1).run([_task(0, f"sleep:{tmp_path / 'pid'}")])
    while not (tmp_path / "pid").exists():
        next(stream)
    pid = int(_written(tmp_path / "pid"))
    stream.close()
    assert _gone(pid)


def test_workers_end_when_the_batch_is_killed(tmp_path: Path) -> None:
    here = str(Path(__file__).parent)
    script = f"""
import sys
sys.path.insert(0, {here!r})
from qeclose.batch.workers import local, worker
from test_pool import _task
local._PROGRAM = "import sys; sys.path[:] = {{path!r}}; from fake_worker import main; main()"
for _ in local.LocalPool(1).run([_task(0, "sleep:{tmp_path / "pid"}")]):
    pass
"""
    batch = subprocess.Popen([sys.executable, "-c", script])
    pid = int(_written(tmp_path / "pid"))
    batch.send_signal(signal.SIGKILL)
    batch.wait()
    assert _gone(pid)


@pytest.mark.parametrize(("queued", "kept"), [([3, 4, 5], [3]), ([4, 5], []), ([], [])])
def test_a_worker_that_has_not_begun_yet_keeps_its_first_task(queued: list[int], kept: list[int]) -> None:
    tasks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    for number in queued:
        tasks.put(json.dumps(_task(number, "fine").to_json()).encode())
    worker._forget(tasks, 3)
    left = [json.loads(tasks.get_nowait())["number"] for _ in range(tasks.qsize())]
    assert left == kept
