"""Commands hit from outside: killed parts, full disks, folders that cannot be written, rivals, clocks that jump."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import psutil

from faulting.commands import Ended, Place, program
from faulting.engine_faults import STANDIN, _environment
from faulting.kinds import Fault, Found, judged

__all__ = ["command_faults"]

_CERTIFY = ("--method", "certify")
_UNDECIDED, _FAILURE, _BAD = frozenset({3}), frozenset({4}), frozenset({2})
_ILL = frozenset({1})


def command_faults() -> Iterator[Fault]:
    for name, number in (
        ("SIGKILL", signal.SIGKILL),
        ("SIGSTOP", signal.SIGSTOP),
        ("SIGTERM", signal.SIGTERM),
    ):
        # A stopped guard is given up a second after the deadline.
        statuses = _UNDECIDED if name == "SIGSTOP" else _FAILURE
        yield Fault(f"the guard: {name}", _blow_in_check("guard.py", number), statuses, needs="z3")
    yield Fault("check: SIGKILL", _blow_at_check(signal.SIGKILL), frozenset({-signal.SIGKILL}), needs="z3")
    yield Fault("check: SIGTERM", _blow_at_check(signal.SIGTERM), frozenset({143}), needs="z3")
    yield Fault("check: SIGINT", _blow_at_check(signal.SIGINT), frozenset({130}), needs="z3")
    yield Fault("check's helper: SIGKILL", _helper_killed, _FAILURE, needs="z3")
    yield Fault("batch: SIGKILL, then --resume", _batch_killed, _ILL)
    yield Fault("batch: a worker SIGKILL", _worker_killed, _ILL, quick=True)
    yield Fault("batch: every worker SIGKILL, again and again", _workers_killed, _FAILURE)
    yield from _disk_faults()
    yield Fault("two batches on one cache", _two_on_one_cache, _ILL, quick=True)
    yield Fault("two batches on one JSONL file", _two_on_one_journal, _BAD)
    yield Fault(
        "a clock that jumps, check with engine",
        _jumping(("check", "--method", "staged", "--engine", "z3")),
        _ILL,
        needs="z3",
    )
    yield Fault("a clock that jumps, check", _jumping(("check", *_CERTIFY)), _ILL, quick=True)
    yield Fault(
        "a clock that jumps, batch",
        _jumping(("batch", *_CERTIFY, "--jsonl", "/dev/stdout", "--jobs", "1")),
        _ILL,
    )


# Blows


def _hanging(place: Place, limit: float) -> tuple[list[str], dict[str, str]]:
    """A check that waits for an engine which never answers."""
    standin = place.write("z3-standin", f"#!/bin/sh\nexec '{sys.executable}' '{STANDIN}' \"$@\"\n")
    standin.chmod(0o755)
    words = ["check", "-q", "lu.txt", "--format", "json", "--timeout", str(limit), "--method", "staged"]
    words += ["--engine", "z3", "--engine-path", f"z3={standin}"]
    return words, {**_environment("z3"), "FAULT": "ignore signals"}


_LU, _STANDINS = {"lu": "ill-posed"}, {"lu.txt", "z3-standin"}


def _waiting(place: Place) -> None:
    place.wait_for("standin.py")
    time.sleep(0.5)


def _blow_in_check(mark: str, number: signal.Signals) -> Callable[[Place, float], Found]:
    def inject(place: Place, limit: float) -> Found:
        def blow(process: subprocess.Popen[str]) -> None:
            _waiting(place)
            place.wait_for(mark).send_signal(number)

        words, env = _hanging(place, limit)
        return judged(place, place.run(*words, env=env, blow=blow), limit, _LU, _STANDINS)

    return inject


def _blow_at_check(number: signal.Signals) -> Callable[[Place, float], Found]:
    def inject(place: Place, limit: float) -> Found:
        def blow(process: subprocess.Popen[str]) -> None:
            _waiting(place)
            process.send_signal(number)

        words, env = _hanging(place, limit)
        return judged(place, place.run(*words, env=env, blow=blow), limit, _LU, _STANDINS)

    return inject


def _helper_killed(place: Place, limit: float) -> Found:
    def blow(process: subprocess.Popen[str]) -> None:
        _waiting(place)
        for child in psutil.Process(process.pid).children():
            child.kill()

    words, env = _hanging(place, limit)
    return judged(place, place.run(*words, env=env, blow=blow), limit, _LU, _STANDINS)


# Batches


def _masks(place: Place, count: int) -> tuple[list[str], dict[str, str]]:
    """Masks that all differ, and whose verdicts are known: direct sums of LU or a full space with rows of ones."""
    truth = {}
    for number in range(count):
        ill = number % 2 == 0
        left, right = (("10", "11"), ("10", "11")) if ill else (("11", "11"), ("10", "01"))
        more = number // 2
        rows = [
            *(f"{row}{'0' * more}" for row in left),
            *("00" + "0" * k + "1" + "0" * (more - k - 1) for k in range(more)),
        ]
        columns = [f"{row}{'0' * more}" for row in right]
        columns += ["00" + "0" * k + "1" + "0" * (more - k - 1) for k in range(more)]
        place.write(f"mask-{number}.txt", "I:\n" + "\n".join(rows) + "\nJ:\n" + "\n".join(columns) + "\n")
        truth[f"mask-{number}"] = "ill-posed" if ill else "well-posed"
    return [f"{name}.txt" for name in truth], truth


def _batch(files: list[str], limit: float, *more: str) -> list[str]:
    return ["batch", *_CERTIFY, "--timeout", str(limit), "--jobs", "2", "--jsonl", "b.jsonl", *more, *files]


def _judged_batch(
    place: Place, limit: float, files: list[str], truth: dict[str, str], **run: object
) -> Found:
    more = [str(word) for word in run.pop("more", ())]  # type: ignore[attr-defined]
    ended = place.run(*_batch(files, limit, *more), **run)  # type: ignore[arg-type]
    return _of_batch(place, ended, files, truth)


def _of_batch(
    place: Place, ended: Ended, files: list[str], truth: dict[str, str], name: str = "b.jsonl"
) -> Found:
    journal = (place.work / name).read_text() if (place.work / name).exists() else ""
    # A batch has a limit an item, not one of its own: that it ends is all there is to see.
    ended = replace(ended, output=journal)
    return judged(
        place, ended, float("inf"), truth, {*files, "lu.txt", name}, complete=ended.status in (0, 1)
    )


def _batch_killed(place: Place, limit: float) -> Found:
    files, truth = _masks(place, 24)

    def blow(process: subprocess.Popen[str]) -> None:
        until = time.monotonic() + 60
        journal = place.work / "b.jsonl"
        while time.monotonic() < until and not (journal.exists() and journal.stat().st_size):
            time.sleep(0.01)
        process.kill()

    place.run(*_batch(files, limit, "--no-cache"), blow=blow)
    if place.left():
        return Found(-9, 0, 1, (), (), "processes were left by the batch that was killed")
    return _judged_batch(place, limit, files, truth, more=("--no-cache", "--resume"))


def _worker_killed(place: Place, limit: float) -> Found:
    files, truth = _masks(place, 12)

    def blow(process: subprocess.Popen[str]) -> None:
        place.wait_for("qeclose.batch.workers.worker").kill()

    return _judged_batch(place, limit, files, truth, blow=blow, more=("--no-cache",))


def _workers_killed(place: Place, limit: float) -> Found:
    files, truth = _masks(place, 2)

    def blow(process: subprocess.Popen[str]) -> None:
        while process.poll() is None:
            for one in place.processes():
                try:
                    if any("qeclose.batch.workers.worker" in word for word in one.cmdline()):
                        one.kill()
                except psutil.Error:
                    continue
            time.sleep(0.02)

    return _judged_batch(place, limit, files, truth, blow=blow, more=("--no-cache",))


def _two_on_one_cache(place: Place, limit: float) -> Found:
    files, truth = _masks(place, 12)
    words = [*program(), *_CERTIFY]
    rivals = [
        place.start([*program(), "batch", *words[len(program()):], "--timeout", str(limit), "--jobs", "2",
                     "--jsonl", f"{name}.jsonl", "--cache", "shared", *files])
        for name in ("one", "two")
    ]  # fmt: skip
    endings = []
    for process in rivals:
        with process:
            endings.append((process, *process.communicate()))
    found = []
    for name, (process, _, errors) in zip(("one", "two"), endings, strict=True):
        journal = (place.work / f"{name}.jsonl").read_text()
        ended = Ended(process.returncode, 0.0, journal, errors)
        kept = {path.name for path in (place.work / "shared").rglob("*.json")}
        found.append(
            judged(
                place, ended, limit, truth, {*files, "lu.txt", "one.jsonl", "two.jsonl", *kept}, complete=True
            )
        )
    return max(found, key=lambda one: (bool(one.wrong), one.status))


def _two_on_one_journal(place: Place, limit: float) -> Found:
    """The second is refused, and the first is not disturbed."""
    files, truth = _masks(place, 24)
    first = place.start([*program(), *_batch(files, limit, "--no-cache")])
    until = time.monotonic() + 60
    while time.monotonic() < until and not (place.work / "b.jsonl").exists():
        time.sleep(0.01)
    # Taken, not merely made: the lock comes right after.
    time.sleep(0.3)
    second = place.run(*_batch(files, limit, "--no-cache", "--resume"))
    with first:
        _, errors = first.communicate()
    found = _of_batch(place, second, files, truth)
    undisturbed = _of_batch(place, Ended(first.returncode, 0.0, "", errors), files, truth)
    return undisturbed if undisturbed.status != 1 or undisturbed.wrong else found


# Disks


def _disk_faults() -> Iterator[Fault]:
    check = ["check", "-q", "lu.txt", *_CERTIFY]
    for what, more in (
        ("the report", ("-o", "/dev/full")),
        ("the JSON", ("--format", "json", "-o", "/dev/full")),
        ("the certificate", ("--certificate", "/dev/full")),
    ):
        yield Fault(f"a full disk: {what}", _plain([*check, *more]), _BAD, quick=what == "the report")
    yield Fault("a full disk: standard output", _stdout_full(check), _BAD)
    batch = ["batch", *_CERTIFY, "--jobs", "1", "lu.txt"]
    yield Fault("a full disk: the JSONL file", _plain([*batch, "--no-cache", "--jsonl", "/dev/full"]), _BAD)
    yield Fault("a full disk: JUnit", _plain([*batch, "--no-cache", "--junit", "/dev/full"]), _BAD)
    yield Fault(
        "files of at most 300 bytes: the JSONL file",
        _small_files([*batch, "--no-cache", "--jsonl", "b.jsonl"], {"b.jsonl"}),
        _BAD,
    )
    yield Fault("files of at most 300 bytes: the cache", _small_files([*batch, "--cache", "c"], set()), _ILL)
    yield Fault(
        "files of at most 300 bytes: the certificate",
        _small_files([*check, "--certificate", "c.json"], set()),
        _BAD,
    )
    yield Fault("a full disk: the cache", _mounted([*batch, "--cache", "disk/c"], "full"), _ILL)
    yield Fault("a read-only disk: the cache", _mounted([*batch, "--cache", "disk/c"], "read-only"), _ILL)
    yield Fault("a read-only disk: the report", _mounted([*check, "-o", "disk/r"], "read-only"), _BAD)
    yield Fault(
        "a read-only disk: the JSONL file",
        _mounted([*batch, "--no-cache", "--jsonl", "disk/b"], "read-only"),
        _BAD,
    )
    yield Fault("a folder that takes no files: the cache", _plain([*batch, "--cache", "/proc/none"]), _ILL)
    yield Fault("no room for temporary files", _mounted(check, "full", {"TMPDIR": "disk"}), _ILL)


def _plain(words: list[str]) -> Callable[[Place, float], Found]:
    return lambda place, limit: judged(
        place, place.run(*words, "--timeout", str(limit)), limit, _LU, {"lu.txt"}
    )


def _stdout_full(words: list[str]) -> Callable[[Place, float], Found]:
    def inject(place: Place, limit: float) -> Found:
        full = os.open("/dev/full", os.O_WRONLY)

        def into_it() -> None:
            os.dup2(full, 1)

        try:
            ended = place.run(*words, before=into_it)
        finally:
            os.close(full)
        return judged(place, ended, limit, _LU, {"lu.txt"})

    return inject


def _small_files(words: list[str], wanted: set[str]) -> Callable[[Place, float], Found]:
    """No file can grow beyond 300 bytes, as on a disk that fills in the midst of a write."""

    def before() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))

    def inject(place: Place, limit: float) -> Found:
        ended = place.run(*words, "--timeout", str(limit), before=before)
        return judged(place, ended, limit, _LU, {"lu.txt", *wanted})

    return inject


def mounting() -> bool:
    """Whether this user may mount a file system in a name space of its own."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    words = [unshare, "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


def _mounted(
    words: list[str], state: str, env: dict[str, str] | None = None
) -> Callable[[Place, float], Found]:
    """The folder ``disk`` is a file system of its own, full or read-only, which the superuser cannot write either."""

    def inject(place: Place, limit: float) -> Found:
        if not mounting():
            raise NotImplementedError("this user cannot mount a file system")
        (place.work / "disk").mkdir()
        fill = "head -c 10000000 /dev/zero >disk/filled 2>/dev/null"
        after = fill if state == "full" else "mount -o remount,ro disk"
        script = f'mount -t tmpfs -o size=16k tmpfs disk; {after}; exec "$@"'
        launcher = ["unshare", "-rm", "sh", "-c", script, "sh", *program()]
        ended = place.run(*words, "--timeout", str(limit), launcher=launcher, env=env)
        return judged(place, ended, limit, _LU, {"lu.txt"})

    return inject


# Clocks

_JUMPING = """
import sys, time
real, calls = time.time, [0]
def jumping():
    calls[0] += 1
    return real() + (-1) ** calls[0] * 86400.0 * 400
time.time = jumping
sys.argv[0] = "qeclose"
from qeclose.cli import main
main()
"""


def _jumping(words: tuple[str, ...]) -> Callable[[Place, float], Found]:
    """Every look at the wall clock finds it more than a year off, forwards and backwards in turn."""

    def inject(place: Place, limit: float) -> Found:
        layout = ("-q", "--format", "json") if words[0] == "check" else ("-q",)
        ended = place.run(
            *words, *layout, "lu.txt", "--timeout", str(limit), launcher=[sys.executable, "-c", _JUMPING]
        )
        return judged(place, ended, limit, _LU, {"lu.txt"}, complete=True)

    return inject
