"""The guard of one engine process: a program of its own, started by ``qeclose.engine.process``.

    python -I -S guard.py LIFELINE REPORT DEADLINE MEMORY_MB ADDRESSES_MB PROGRAM ARGUMENT...

It starts PROGRAM as its child, in a session of its own, on the standard streams it was given, and outlives
it by the few milliseconds it takes to kill and reap everything PROGRAM left behind. The run ends when

- PROGRAM exits,
- the clock (``time.monotonic``) passes DEADLINE,
- PROGRAM and its descendants together hold more than MEMORY_MB of resident memory,
- the file descriptor LIFELINE is at its end, because qeclose hung up or died, however suddenly.

Then one line ``REASON STATUS PEAK_KB`` goes to the file descriptor REPORT; REASON is ``exit``, ``time``,
``memory``, ``hangup`` or ``exec-failed``, STATUS the exit status, minus the signal, or the errno.

Why a process between: only an ancestor can be a *subreaper*, to which the kernel hands children whose own
parent is gone, so that a daemon which forked twice and opened a session of its own is still found; and
qeclose itself, often a library in someone else's process, must not adopt strangers. It also keeps the limits
when qeclose is busy, stopped or dead. It imports nothing but the standard library, for its start-up counts.

Linux is the target. Elsewhere there are no subreapers and no /proc: the engine's process group is killed, the
memory limit is left to the kernel's limit of addresses, if it has one, and the peak is that of the largest process.
"""

from __future__ import annotations

import ctypes
import os
import resource
import select
import signal
import sys
import time

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LINUX = sys.platform.startswith("linux")
_TICK = 0.01
_PATIENCE = 1.5


def _prctl(option: int, value: int) -> None:
    if _LINUX:
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _parents() -> dict[int, int]:
    """The parent of every process of this machine; empty without /proc."""
    parents: dict[int, int] = {}
    if not _LINUX:
        return parents
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib would double the start-up time
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                    # The command's name, in parentheses, may hold anything.
                    parents[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
    return parents


def _descendants() -> list[int]:
    children: dict[int, list[int]] = {}
    for pid, parent in _parents().items():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    pending = [os.getpid()]
    while pending:
        new = children.get(pending.pop(), [])
        found += new
        pending += new
    return found


def _resident_kb(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * resource.getpagesize() // 1024
    except (OSError, IndexError, ValueError):
        return 0


def _start(arguments: list[str], addresses_mb: int) -> tuple[int, int]:
    """The engine's process id, and a descriptor that yields the errno if the program cannot be run."""
    errno_read, errno_write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(errno_write)
        return pid, errno_read
    try:
        os.setsid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if addresses_mb:
            _limit_address_space(addresses_mb)
        _volunteer_for_the_oom_killer()
        # The interpreter ignores these; a program expects them at their defaults.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        os.execv(arguments[0], arguments)  # noqa: S606 - no shell is what is wanted
    except OSError as error:
        os.write(errno_write, str(error.errno).encode())
    finally:
        os._exit(127)


def _limit_address_space(addresses_mb: int) -> None:
    wanted = addresses_mb * 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    except (OSError, ValueError):
        # Not every system has this limit.
        return


def _volunteer_for_the_oom_killer() -> None:
    # Should the machine run out of memory, the engine goes first, not qeclose or its guard.
    try:
        with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
            file.write("800")
    except OSError:
        return


class _Memory:
    """The resident memory of the engine's process tree, sampled without burning a core on /proc."""

    def __init__(self, engine: int) -> None:
        self.engine = engine
        self.peak_kb = 0
        self._others: list[int] = []
        self._next_scan = 0.0

    def sample(self) -> int:
        now = time.monotonic()
        if now >= self._next_scan:
            self._others = [pid for pid in _descendants() if pid != self.engine]
            cost = time.monotonic() - now
            self._next_scan = now + max(0.05, 20 * cost)
        held = sum(map(_resident_kb, (self.engine, *self._others)))
        self.peak_kb = max(self.peak_kb, held)
        return held


def _kill(pid: int) -> None:
    # The group first: it may hold processes that fork faster than /proc is read.
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except OSError:
            continue


def _kill_all(engine: int) -> None:
    """Kill and reap until no descendant is left; give up on what the kernel cannot kill just now.

    The engine must not have been reaped yet, so that its number is still its own.
    """
    _kill(engine)
    give_up = time.monotonic() + _PATIENCE
    while time.monotonic() < give_up:
        for pid in _descendants():
            _kill(pid)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def _exit_status(engine: int) -> int | None:
    """The engine's exit status, or minus its signal, once it has ended; where the system allows, not reaped."""
    if not hasattr(os, "waitid"):
        pid, code = os.waitpid(engine, os.WNOHANG)
        return os.waitstatus_to_exitcode(code) if pid else None
    ended = os.waitid(os.P_PID, engine, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if ended is None:
        return None
    return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status


def _watch(engine: int, lifeline: int, wake: int, deadline: float, memory_mb: int) -> tuple[str, int, int]:
    """Wait for the end of the run; the reason, the exit status and the peak in kilobytes."""
    parent = os.getppid()
    memory = _Memory(engine)
    tick = 0.001
    while True:
        status = _exit_status(engine)
        if status is not None:
            return "exit", status, memory.peak_kb
        if memory.sample() > memory_mb * 1024:
            return "memory", 0, memory.peak_kb
        left = deadline - time.monotonic()
        if left <= 0:
            return "time", 0, memory.peak_kb
        ready, _, _ = select.select([lifeline, wake], [], [], min(tick, left))
        # A process forked off qeclose can hold the lifeline open after qeclose is gone.
        if lifeline in ready or os.getppid() != parent:
            return "hangup", 0, memory.peak_kb
        if wake in ready and set(os.read(wake, 4096)) - {signal.SIGCHLD}:
            return "hangup", 0, memory.peak_kb
        tick = min(2 * tick, _TICK)


def _wake_on_signals() -> int:
    """A descriptor that yields the number of each signal: the engine's end, or a request to stop."""
    wake, sender = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(sender, False)
    signal.set_wakeup_fd(sender, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return wake


def main() -> None:
    """Run the command given and end it with all its children at its limits, or when the parent is gone."""
    lifeline, report = int(sys.argv[1]), int(sys.argv[2])
    deadline, memory_mb, addresses_mb = float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
    for descriptor in (lifeline, report):
        os.set_inheritable(descriptor, False)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    own_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wake = _wake_on_signals()
    engine, errno_read = _start(sys.argv[6:], addresses_mb)
    # From here on only the engine holds its streams, so that qeclose sees their end.
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    reason, status, peak_kb = _watch(engine, lifeline, wake, deadline, memory_mb)
    failure = os.read(errno_read, 16) if reason == "exit" else b""
    _kill_all(engine)
    if failure:
        reason, status = "exec-failed", int(failure)
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if not _LINUX:
        own_kb, largest = own_kb // 1024, largest // 1024
    # Before it became the engine, the child was a copy of this process, and its peak counts from there.
    peak_kb = max(peak_kb, largest if largest > 1.5 * own_kb else 0)
    os.write(report, f"{reason} {status} {peak_kb}\n".encode())


if __name__ == "__main__":
    main()
