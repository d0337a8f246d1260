"""A helper does the work, or is ended: whatever it is doing, and leaving nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest
import works

from qeclose.errors import InputError, Unforeseen
from qeclose.supervise import Ended, Helper

ENGINE = """#!{python}
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(600)
"""


@pytest.fixture
def helper() -> Iterator[Helper]:
    # Another test in this process may have left a server of its library's own, multiprocessing's for one.
    before = set(psutil.Process().children())
    with Helper(1000) as helper:
        yield helper
    assert set(psutil.Process().children()) <= before


def test_values_come_back_and_one_process_serves_call_after_call(helper: Helper) -> None:
    pids = {helper.call(works.own_pid, seconds=60) for _ in range(3)}
    assert len(pids) == 1
    assert os.getpid() not in pids
    assert helper.call(partial(works.add, 1, 2), seconds=60) == 3


def test_errors_of_qeclose_are_raised_as_they_were(helper: Helper) -> None:
    with pytest.raises(InputError) as caught:
        helper.call(works.malformed, seconds=60)
    assert (str(caught.value), caught.value.line) == ("masks.txt:3:7: a row is missing", 3)


def test_any_other_error_is_one_line(helper: Helper) -> None:
    with pytest.raises(Unforeseen, match="ZeroDivisionError: an oversight of two lines"):
        helper.call(works.mistaken, seconds=60)
    assert helper.call(partial(works.add, 1, 2), seconds=60) == 3


def test_parts_that_were_handed_over_are_kept_whatever_becomes_of_the_rest(helper: Helper) -> None:
    kept: list[object] = []
    ended = helper.call(partial(works.counting_then_in_c, 3), seconds=1.0, keep=kept.append)
    assert isinstance(ended, Ended) and ended.kind == "time"
    assert kept == [("number", 0), ("number", 1), ("number", 2)]
    # Nobody asked for those of the next call.
    assert isinstance(helper.call(partial(works.counting_then_in_c, 1), seconds=0.1), Ended)
    assert len(kept) == 3


def test_a_value_that_cannot_be_sent_is_an_error_and_no_hang(helper: Helper) -> None:
    with pytest.raises(Unforeseen, match="RecursionError"):
        helper.call(partial(works.nested, 100_000), seconds=60)


@pytest.mark.parametrize(
    ("work", "doing"),
    [
        (works.looking_at_the_clock, "looking at the clock"),
        (works.in_python, "counting"),
        (works.swallowing, "swallowing"),
        (works.in_c, "calling into C"),
        (works.deaf, "being deaf"),
    ],
)
def test_work_that_does_not_end_is_ended_and_the_reason_says_what_it_did(
    helper: Helper, work, doing: str
) -> None:
    began = time.monotonic()
    assert helper.call(work, seconds=1.0) == Ended("time", doing)
    # The promise is 2 s more than the limit; scripts/deadlines.py measures it. Here a machine may be busy.
    assert time.monotonic() - began < 60
    assert helper.call(partial(works.add, 1, 2), seconds=60) == 3


@pytest.mark.parametrize(
    ("work", "doing"), [(works.growing, "growing"), (works.asking_too_much, "asking for the moon")]
)
def test_memory_is_bounded(work, doing: str) -> None:
    with Helper(300) as helper:
        ended = helper.call(work, seconds=120)
    assert isinstance(ended, Ended)
    assert (ended.kind, ended.phase) == ("memory", doing)


def test_what_the_program_around_us_holds_is_not_counted() -> None:
    notebook = bytearray(b"x") * (500 * 2**20)
    with Helper(300) as helper:
        assert helper.call(partial(works.add, 1, 2), seconds=60) == 3
        ended = helper.call(works.growing, seconds=120)
    assert isinstance(ended, Ended)
    assert ended.kind == "memory"
    assert len(notebook) > 0


def test_a_crash_is_named_and_the_next_call_works(helper: Helper) -> None:
    ended = helper.call(works.crashing, seconds=60)
    assert ended == Ended("crash", "crashing", "ended by SIGSEGV")
    assert ended.reason == "qeclose's own process was ended by SIGSEGV while crashing"
    assert helper.call(partial(works.add, 1, 2), seconds=60) == 3


def test_a_watch_is_entered_and_left_on_this_side(helper: Helper) -> None:
    seen: list[object] = []

    @contextmanager
    def watch(*about: object) -> Iterator[None]:
        seen.append(about)
        yield
        seen.append("left")

    told: list[str] = []
    assert helper.call(works.watched, seconds=60, watch=watch, tell=told.append) == "done"
    assert seen == [("z3", "decide", 1.5), "left"]
    assert "waiting for z3 (decide)" in told


@pytest.fixture
def engine(tmp_path: Path) -> str:
    path = tmp_path / "stubborn-engine"
    path.write_text(ENGINE.format(python=sys.executable))
    path.chmod(0o755)
    return str(path)


def running(engine: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if engine in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.slow
@pytest.mark.parametrize("work", [works.with_an_engine, works.hanging_beside_an_engine])
def test_engines_end_with_the_helper_that_started_them(helper: Helper, engine: str, work) -> None:
    try:
        ended = helper.call(partial(work, engine), seconds=3.0)
        assert isinstance(ended, Ended)
    except Exception as error:
        assert "stopped after" in str(error)
    assert running(engine) == []


@pytest.mark.slow
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_helper_ends_with_its_parent_even_in_a_call_that_never_returns(
    blow: signal.Signals, tmp_path
) -> None:
    here = str(Path(__file__).parent)
    script = (
        f"import sys; sys.path.insert(0, {here!r})\n"
        "import works\n"
        "from qeclose.supervise import Helper\n"
        "with Helper(1000) as helper:\n"
        "    print(helper.call(works.own_pid, seconds=60), flush=True)\n"
        "    helper.call(works.in_c, seconds=600, tell=lambda doing: print('hangs', flush=True))\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert parent.stdout is not None
    helper = psutil.Process(int(parent.stdout.readline()))
    assert parent.stdout.readline() == "hangs\n"
    parent.send_signal(blow)
    parent.wait(30)
    _, left = psutil.wait_procs([helper], timeout=30)
    assert not left
