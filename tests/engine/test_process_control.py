"""Processes end on time, for the right reason, and leave nothing behind, whatever they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from leftovers import processes_tagged, wait_until_gone

from qeclose.engine import process as process_module
from qeclose.engine.process import Process, Program, kill_all, run
from qeclose.engine.protocol import Limits
from qeclose.errors import (
    EngineCrashed,
    EngineError,
    EngineGarbled,
    EngineNotFound,
    LimitReached,
    OutOfMemory,
    OutOfTime,
)

Misbehaving = Callable[[str], Path]
LIMITS = Limits(1.0, 300)
PLENTY = 60.0
LONG = Limits(PLENTY, 300)
CAT = Path("/bin/cat")


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ("silent", OutOfTime),
        ("spewing", OutOfTime),
        ("stubborn", OutOfTime),
        ("deaf", OutOfTime),
        ("forking_for_ever", LimitReached),
        ("prompting", OutOfTime),
        ("flooding", EngineGarbled),
        ("one_line", EngineGarbled),
        ("crashing", EngineCrashed),
        ("closing", EngineCrashed),
        ("greedy", OutOfMemory),
        ("greedy_child", OutOfMemory),
    ],
)
def test_a_misbehaving_program_ends_on_time_with_its_error(
    misbehaving: Misbehaving, tag: str, behaviour: str, error: type[EngineError]
) -> None:
    # Only who runs out of time has little of it: the others end as soon as the machine lets them.
    limits = LIMITS if error in (OutOfTime, LimitReached) else Limits(PLENTY, 200)
    start = time.monotonic()
    with pytest.raises(error):
        run(Program("standin", misbehaving(behaviour)), "x" * 300_000, limits)
    assert time.monotonic() - start < PLENTY
    assert processes_tagged(tag) == []


@pytest.mark.parametrize("behaviour", ["forking", "daemonising"])
def test_children_that_outlive_the_program_are_killed(
    misbehaving: Misbehaving, tag: str, behaviour: str
) -> None:
    transcript = run(Program("standin", misbehaving(behaviour)), "", LONG)
    assert transcript.ending.status == 0
    assert transcript.ending.seconds < PLENTY
    assert processes_tagged(tag) == []


def test_daemons_in_sessions_of_their_own_are_killed_at_the_deadline(
    misbehaving: Misbehaving, tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEN", "hang")
    with pytest.raises(OutOfTime):
        run(Program("standin", misbehaving("daemonising")), "", LIMITS)
    assert processes_tagged(tag) == []


def test_the_last_lines_are_in_the_error(misbehaving: Misbehaving) -> None:
    with pytest.raises(EngineCrashed, match="SIGSEGV") as caught:
        run(Program("standin", misbehaving("crashing")), "", LONG)
    assert caught.value.tail == "about to crash"


def test_an_exit_status_is_reported_and_no_error(misbehaving: Misbehaving) -> None:
    transcript = run(Program("standin", misbehaving("failing")), "", LONG)
    assert (transcript.ending.status, transcript.output) == (3, "something is wrong here\n")


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 100_001, 3_000_000])
def test_a_line_of_any_length_goes_through_unchanged(tag: str, size: int) -> None:
    text = "abcdefghi " * (size // 10) + "z" * (size % 10)
    assert run(Program("cat", CAT), text + "\n", Limits(20, 300)).output == text + "\n"


def test_input_that_is_never_read_does_not_block(misbehaving: Misbehaving) -> None:
    transcript = run(Program("standin", misbehaving("failing")), "x" * 3_000_000, LONG)
    assert transcript.ending.status == 3


@pytest.mark.parametrize("path", ["/nonexistent/program", "/tmp", "/etc/hostname"])  # noqa: S108
def test_a_path_that_cannot_be_run_is_no_engine(tag: str, path: str) -> None:
    with pytest.raises(EngineNotFound, match="cannot be run"):
        run(Program("standin", Path(path)), "", LONG)


def test_no_time_at_all_is_out_of_time() -> None:
    with pytest.raises(OutOfTime):
        Process(Program("cat", CAT), Limits(0, 300))


def test_no_core_is_dumped_and_memory_is_bounded_by_the_kernel_too(tag: str) -> None:
    code = "import resource as r; print(r.getrlimit(r.RLIMIT_CORE)[0], r.getrlimit(r.RLIMIT_AS)[0] // 2**20)"
    transcript = run(Program("python", Path(sys.executable), ("-c", code)), "", LONG)
    core, address_space = map(int, transcript.output.split())
    assert core == 0
    assert 300 < address_space <= 4 * 300 + 8192


def test_the_program_runs_in_a_session_of_its_own(tag: str) -> None:
    code = "import os; print(os.getsid(0) == os.getpid() == os.getpgid(0))"
    assert run(Program("python", Path(sys.executable), ("-c", code)), "", LONG).output == "True\n"


def test_the_peak_is_that_of_the_whole_tree(tag: str) -> None:
    code = (
        "import os, time\n"
        "pid = os.fork()\n"
        "hoard = os.urandom(60 * 2**20)\n"
        "time.sleep(0.5)\n"
        "os.waitpid(pid, 0) if pid else None\n"
    )
    peak = run(Program("python", Path(sys.executable), ("-c", code)), "", Limits(PLENTY, 1000)).ending.peak_mb
    assert 110 < peak < 250


def test_leaving_the_block_early_ends_the_program(misbehaving: Misbehaving, tag: str) -> None:
    with pytest.raises(KeyboardInterrupt), Process(Program("standin", misbehaving("stubborn")), LIMITS):
        time.sleep(0.1)
        raise KeyboardInterrupt
    assert processes_tagged(tag) == []


def test_kill_all_ends_what_other_threads_wait_for(misbehaving: Misbehaving, tag: str) -> None:
    program = Program("standin", misbehaving("stubborn"))
    caught: list[BaseException] = []

    def ask() -> None:
        try:
            run(program, "", Limits(30, 300))
        except EngineError as error:
            caught.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    while len(process_module._registry) < 3:
        time.sleep(0.01)
    start = time.monotonic()
    kill_all()
    assert processes_tagged(tag) == []
    for thread in threads:
        thread.join(PLENTY)
    assert time.monotonic() - start < PLENTY
    assert [type(error) for error in caught] == [EngineCrashed] * 3


def test_several_threads_keep_their_own_deadlines(misbehaving: Misbehaving, tag: str) -> None:
    program = Program("standin", misbehaving("spewing"))
    late: list[float] = []

    def ask(seconds: float) -> None:
        start = time.monotonic()
        with pytest.raises(OutOfTime):
            run(program, "", Limits(seconds, 300))
        late.append(time.monotonic() - start - seconds)

    threads = [threading.Thread(target=ask, args=(0.4 + 0.2 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(late) == 4
    assert max(late) < PLENTY


_PARENT = """
import sys
from pathlib import Path
from qeclose.engine.process import Program, run
from qeclose.engine.protocol import Limits
run(Program("standin", Path(sys.argv[1])), "", Limits(60, 5000))
"""


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", ["stubborn", "daemonising", "forking_for_ever"])
@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_survives_the_death_of_the_parent(
    misbehaving: Misbehaving, tag: str, monkeypatch: pytest.MonkeyPatch, behaviour: str, death: signal.Signals
) -> None:
    monkeypatch.setenv("THEN", "hang")
    words = [sys.executable, "-c", _PARENT, str(misbehaving(behaviour))]
    parent = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    # The parent, the guard and the program itself.
    while len(processes_tagged(tag)) < 3:
        time.sleep(0.02)
    time.sleep(0.4)
    parent.send_signal(death)
    parent.wait(PLENTY)
    assert wait_until_gone(tag, PLENTY) == []


@pytest.mark.slow
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
def test_nothing_survives_a_guard_that_is_attacked(
    misbehaving: Misbehaving, tag: str, monkeypatch: pytest.MonkeyPatch, blow: signal.Signals
) -> None:
    monkeypatch.setenv("THEN", "hang")
    start = time.monotonic()
    with Process(Program("standin", misbehaving("daemonising")), Limits(1.5, 300)) as process:
        time.sleep(0.6)
        os.kill(process._popen.pid, blow)
        with pytest.raises(EngineError):
            while process.read():
                pass
            process.finish()
    assert time.monotonic() - start < PLENTY
    assert wait_until_gone(tag, PLENTY) == []
