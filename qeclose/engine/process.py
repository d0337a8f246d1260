"""The one module that starts, bounds and ends processes.

Every process runs under a guard of its own (``guard.py``), which holds it to a wall-clock deadline and a
limit of resident memory, and kills it with everything it forked when it ends, when a limit is passed, when
this side hangs up, or when this side dies. This side feeds the process, reads it, and caps its output.

A process never sees a terminal: pipes have no line limit, no echo and no line editing.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, final

from qeclose.engine.protocol import Limits
from qeclose.engine.transcript import opened
from qeclose.errors import EngineCrashed, EngineGarbled, EngineNotFound, OutOfMemory, OutOfTime, UsageError
from qeclose.supervise.clock import time_left
from qeclose.supervise.messages import pipe

__all__ = ["Ending", "Process", "Program", "Transcript", "kill_all", "run"]

OUTPUT_CAP = 64 * 2**20
_log = logging.getLogger(__name__)
_TAIL = 1200
_MARKER = "QECLOSE_RUN"
_GUARD = Path(__file__).with_name("guard.py")
# The guard acts on the deadline; these are for the case that it cannot.
_GUARD_LATE = 1.0
_CLOSING_GRACE = 0.5
_KILLING_GRACE = 2.0


@final
@dataclass(frozen=True, slots=True)
class Program:
    """What to run: the engine's name (for messages), its binary, arguments, and additions to the environment.

    ``bounded_addresses`` is for all but programs that map far more memory than they use, and bound that use.
    """

    engine: str
    path: Path
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    bounded_addresses: bool = True


@final
@dataclass(frozen=True, slots=True)
class Ending:
    """How a process that ended by itself did so: exit status, wall-clock seconds, peak megabytes of its tree."""

    status: int
    seconds: float
    peak_mb: float


@final
@dataclass(frozen=True, slots=True)
class Transcript:
    """All that a process printed, standard error included, and how it ended."""

    output: str
    ending: Ending


@final
class Process:
    """A running program, as a context manager that leaves no process behind.

    Reading and finishing raise ``OutOfTime``, ``OutOfMemory``, ``EngineCrashed`` (ended by a signal, or stopped
    from outside), ``EngineGarbled`` (printed more than ``OUTPUT_CAP`` bytes) or ``EngineNotFound`` (no program
    the system can run). One thread uses a process; ``hang_up`` may be called from any.
    """

    def __init__(self, program: Program, limits: Limits) -> None:
        if not hasattr(os, "fork"):
            raise UsageError("engines can only be run on Linux and macOS")
        self._engine = program.engine
        # Whatever is asked of a program, even its version, is part of the time of the work around it.
        limits = Limits(min(limits.seconds, time_left()), limits.memory_mb)
        self._limits = limits
        self._start = time.monotonic()
        self._deadline = self._start + limits.seconds
        if limits.seconds <= 0:
            raise self._out_of_time()
        self._marker = uuid.uuid4().hex
        self._launch(program)
        self._pending = memoryview(b"")
        self._input_ended = False
        self._printed = 0
        self._tail = b""
        self._record = opened(program.engine, (str(program.path), *program.arguments))
        _log.debug(
            "%s starts: %s, at most %.1f s and %d MB",
            program.engine, program.path, limits.seconds, limits.memory_mb,
        )  # fmt: skip
        with _registry_lock:
            _registry.add(self)

    def _launch(self, program: Program) -> None:
        # Opened here rather than by Popen, whose stream objects would be in the way.
        pipes = [pipe() for _ in range(4)]
        (lifeline, lifeline_end), (self._report, report), (stdin, self._stdin), (self._stdout, stdout) = pipes
        theirs = (lifeline, report, stdin, stdout)
        words = [sys.executable, "-I", "-S", str(_GUARD), str(lifeline), str(report)]
        words += [
            repr(self._deadline),
            str(self._limits.memory_mb),
            str(_addresses_mb(program, self._limits)),
        ]
        words += [str(program.path.absolute())]
        try:
            self._popen = subprocess.Popen(
                [*words, *program.arguments],
                stdin=stdin,
                stdout=stdout,
                stderr=stdout,
                env={**os.environ, "LC_ALL": "C", **program.environment, _MARKER: self._marker},
                pass_fds=(lifeline, report),
                start_new_session=True,
            )
        except BaseException:
            for descriptor in (lifeline_end, self._report, self._stdin, self._stdout):
                os.close(descriptor)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        os.set_blocking(self._stdin, False)
        self._lifelines = [lifeline_end]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def tail(self) -> str:
        """The last lines the process printed."""
        return self._tail.decode(errors="replace").strip()

    def feed(self, text: str) -> None:
        """Queue text for the process's standard input; it is written while this side reads."""
        self._pending = memoryview(bytes(self._pending) + text.encode())
        if self._record is not None:
            self._record.sent(text)

    def end_input(self) -> None:
        """Close the process's standard input once all that was fed is written."""
        self._input_ended = True

    def read(self, timeout: float | None = None, size: int = 2**18) -> bytes | None:
        """The next piece of output; empty at its end, None if nothing came for ``timeout`` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        last = self._deadline + _GUARD_LATE
        while True:
            now = time.monotonic()
            if now >= last:
                raise self._out_of_time()
            wait = last - now if until is None else min(last, until) - now
            writing = self._stdin if self._pending or self._input_ended else -1
            readable, writable = _wait_for(self._stdout, writing, wait)
            if writable:
                self._write()
            if readable:
                return self._read(size)
            if until is not None and time.monotonic() >= until:
                return None

    def _write(self) -> None:
        try:
            if self._pending:
                self._pending = self._pending[os.write(self._stdin, self._pending) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            # It reads no more. Whatever that means, its output and its end will tell.
            self._pending = memoryview(b"")
            self._input_ended = True
        if self._input_ended and not self._pending:
            os.close(self._stdin)
            self._stdin = -1

    def _read(self, size: int) -> bytes:
        data = os.read(self._stdout, size)
        self._printed += len(data)
        self._tail = (self._tail + data)[-_TAIL:]
        if self._record is not None:
            self._record.said(data)
        if self._printed > OUTPUT_CAP:
            problem = f"printed more than {OUTPUT_CAP // 2**20} MB"
            raise EngineGarbled(self._engine, problem, self.tail[-200:])
        return data

    def finish(self) -> Ending:
        """Wait for the process to end, which it should have begun to do: its output is at its end.

        Raises the typed error of an end that was not the process's own, or was by a signal.
        """
        report = self._read_report(min(self._deadline + _GUARD_LATE, time.monotonic() + _CLOSING_GRACE))
        if not report:
            alive = self._popen.poll() is None
            self.close()
            if time.monotonic() >= self._deadline:
                raise self._out_of_time()
            problem = "closed its output but kept running" if alive else "lost its guard"
            raise EngineCrashed(self._engine, problem, self.tail)
        reason, status, peak_kb = report.split()
        seconds = time.monotonic() - self._start
        self.close()
        return self._judged(reason, Ending(int(status), seconds, int(peak_kb) / 1024))

    def release(self, grace: float = 0.5) -> Ending:
        """End the process, which has said all it was asked for, however it behaves from here on.

        It has ``grace`` seconds to end by itself.
        """
        report = self._read_report(time.monotonic() + grace)
        if not report:
            self.hang_up()
            report = self._read_report(time.monotonic() + _KILLING_GRACE) or "hangup 0 0"
        _, status, peak_kb = report.split()
        seconds = time.monotonic() - self._start
        self.close()
        return Ending(int(status), seconds, int(peak_kb) / 1024)

    def _judged(self, reason: str, ending: Ending) -> Ending:
        match reason:
            case "time":
                raise self._out_of_time()
            case "memory":
                raise OutOfMemory(
                    self._engine, f"stopped: it held more than {self._limits.memory_mb} MB", self.tail
                )
            case "hangup":
                raise EngineCrashed(self._engine, "was stopped before it answered", self.tail)
            case "exec-failed":
                raise EngineNotFound(self._engine, f"cannot be run: {os.strerror(ending.status)}")
            case _ if ending.status < 0:
                raise EngineCrashed(self._engine, f"ended by {_signal_name(-ending.status)}", self.tail)
        return ending

    def _out_of_time(self) -> OutOfTime:
        tail = self.tail if hasattr(self, "_tail") else ""
        return OutOfTime(self._engine, f"stopped after {max(0.0, round(self._limits.seconds, 2)):g} s", tail)

    def _read_report(self, until: float) -> str:
        report = b""
        while not report.endswith(b"\n"):
            ready, _ = _wait_for(self._report, -1, until - time.monotonic())
            data = os.read(self._report, 200) if ready else b""
            if not data:
                return ""
            report += data
        return report.decode()

    def hang_up(self) -> None:
        """Tell the guard to end the process; returns at once."""
        # Taking from a list is atomic, where a lock could be held by the very code a signal interrupted.
        while self._lifelines:
            with suppress(IndexError):
                os.close(self._lifelines.pop())

    def wait(self, seconds: float) -> bool:
        """Whether the guard, and so all that it guards, ends within that time."""
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def close(self) -> None:
        """End the process if it still runs, and reap it. Does nothing the second time."""
        with _registry_lock:
            if self not in _registry:
                return
            _registry.discard(self)
        if self._record is not None:
            self._record.close(time.monotonic() - self._start)
        _log.debug("%s ends after %.2f s", self._engine, time.monotonic() - self._start)
        self.hang_up()
        try:
            if not self.wait(_KILLING_GRACE):
                self._popen.kill()
                self._popen.wait()
            if self._popen.returncode != 0:
                _kill_marked(self._marker)
        finally:
            for descriptor in (self._stdin, self._stdout, self._report):
                if descriptor >= 0:
                    os.close(descriptor)


def _addresses_mb(program: Program, limits: Limits) -> int:
    """The limit of addresses in megabytes, 0 for none.

    A backstop only: engines reserve far more addresses than they use, and what counts is resident memory.
    """
    return 4 * limits.memory_mb + 8192 if program.bounded_addresses else 0


def _wait_for(reading: int, writing: int, seconds: float) -> tuple[bool, bool]:
    """Whether one descriptor can be read and the other (if it is not -1) written, within that time."""
    # Not select(), which cannot watch descriptors beyond 1023.
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    if writing >= 0:
        poll.register(writing, select.POLLOUT)
    ready = {descriptor for descriptor, _ in poll.poll(max(0.0, seconds) * 1000)}
    return reading in ready, writing in ready


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _kill_marked(marker: str) -> None:
    """Kill what a guard left that was itself killed: processes with the run's mark in their environment."""
    import psutil

    for process in psutil.process_iter():
        try:
            if process.environ().get(_MARKER) == marker:
                process.kill()
        except psutil.Error:
            continue


_registry: set[Process] = set()
_registry_lock = threading.Lock()


def kill_all() -> None:
    """End every process this module runs, whichever thread waits for it, and wait until they are gone.

    The threads that wait for them get ``EngineCrashed``. For handlers of SIGTERM and the like; when the
    interpreter simply exits or dies, the guards notice by themselves.
    """
    # A signal handler may interrupt the holder of the lock in this very thread: do without rather than hang.
    locked = _registry_lock.acquire(timeout=0.2)
    try:
        running = list(_registry)
    finally:
        if locked:
            _registry_lock.release()
    for process in running:
        process.hang_up()
    until = time.monotonic() + _KILLING_GRACE
    for process in running:
        process.wait(max(0.0, until - time.monotonic()))


def run(program: Program, text: str, limits: Limits) -> Transcript:
    """Start a program, feed it the text, and return all it printed. Raises as ``Process`` does."""
    with Process(program, limits) as process:
        process.feed(text)
        process.end_input()
        pieces: list[bytes] = []
        while piece := process.read():
            pieces.append(piece)
        return Transcript(b"".join(pieces).decode(errors="replace"), process.finish())
