"""A forked copy of this process that does the work, and can be ended whatever it is doing.

The helper lives on from call to call, so that modules and tables are loaded once. A call that does not keep its limit is first
interrupted inside the helper (``alarm``), which still tells what it knows; if that does not help, because it is in a call into C
that never returns, the helper is killed, and the next call gets a new one.

Engines are started by the helper and guarded (``qeclose.engine.guard``): they end with it, however it ends.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
import uuid
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, TypeVar, cast, final

from qeclose.errors import OutOfMemory, QecloseError, Unforeseen
from qeclose.errors import OutOfTime as OutOfTimeError
from qeclose.supervise.alarm import interrupted_after
from qeclose.supervise.clock import OutOfTime, time_limit
from qeclose.supervise.limits import bound_addresses, die_with_parent, inherited_mb, most_mb, resident_mb
from qeclose.supervise.messages import Closed, Receiver, Sender, pipe
from qeclose.supervise.parts import kept_by
from qeclose.supervise.phases import listen, phase

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ALARM_GRACE", "GRACE", "Ended", "Helper", "Watch"]

_T = TypeVar("_T")

Watch = Callable[[str, str, float], AbstractContextManager[None]]
"""Called with an engine's name, what it does and for how many seconds at most; entered while it runs."""

ALARM_GRACE = 0.25
"""How long after its limit Python code is interrupted that did not look at the clock."""
GRACE = 0.75
"""How long after its limit a call is ended from outside. All in all a call ends within its limit + 2 s."""

_SAMPLING = 0.1
_UNWINDING = 0.4
_CLEARING = 1.0
_OWNER = "QECLOSE_HELPER"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@final
@dataclass(frozen=True, slots=True)
class Ended:
    """A call that came to nothing: out of ``time`` or ``memory``, or its process died (``crash``), in a ``phase``."""

    kind: Literal["time", "memory", "crash"]
    phase: str = ""
    detail: str = ""

    @property
    def reason(self) -> str:
        """One sentence for the user."""
        during = f" while {self.phase}" if self.phase else ""
        match self.kind:
            case "time":
                return f"time ran out{during}"
            case "memory":
                return f"memory ran out{during}" + (f" ({self.detail})" if self.detail else "")
            case "crash":
                return f"qeclose's own process was {self.detail}{during}"

    def error(self, subject: str) -> QecloseError:
        """The same as an error about ``subject``, for callers that have nothing else to tell."""
        if self.kind == "crash":
            return Unforeseen(f"{subject}: {self.reason}")
        return (OutOfTimeError if self.kind == "time" else OutOfMemory)(subject, self.reason)


class _Dismissed(BaseException):
    """SIGTERM: unwind, so that engines are ended in order."""


@final
class Helper:
    """A process for our own work, as a context manager that leaves nothing behind.

    ``memory_mb`` bounds what the process may hold (at least ``limits.LEAST_MB``). Where processes cannot be forked the work is
    done here, and ends by the deadlines it keeps itself. To be used from one thread, best before others are started.
    """

    def __init__(self, memory_mb: int) -> None:
        self._memory_mb = most_mb(memory_mb)
        self._process: _Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Fork now: better than when a display has started its threads."""
        if self._process is None and hasattr(os, "fork"):
            self._process = _Process(self._memory_mb)

    def close(self, *, kindly: bool = True) -> None:
        """End the process, with whatever it started; ``kindly`` lets it end its engines itself, if it listens."""
        process, self._process = self._process, None
        if process is not None:
            process.end(kindly=kindly)

    def dismiss(self) -> None:
        """Let the call that runs now come to nothing, soon; may be called from any thread."""
        process = self._process
        if process is not None:
            process.dismiss()

    def call(
        self,
        work: Callable[..., _T],
        *,
        seconds: float,
        watch: Watch | None = None,
        tell: Callable[[str], None] | None = None,
        keep: Callable[[Any], None] | None = None,
    ) -> _T | Ended:
        """What ``work()`` returns, or ``work(watch=…)`` with a ``watch``; or how it ended without, by ``seconds`` + 2.

        ``tell`` is called with every phase (``phases``) as it begins, ``keep`` with every part of the result that the work
        hands over (``parts``). ``work``, its value, the parts and its errors must be fit for pickle. Errors of qeclose are
        raised here as they were there; any other exception is ``Unforeseen``.
        """
        self.start()
        answer: _Answer | Ended
        if self._process is None:
            with kept_by(keep):
                answer = _attempt(work if watch is None else lambda: work(watch=watch), seconds, None)
            return cast("_T | Ended", _value(answer))
        try:
            answer = self._process.call(work, seconds, watch, tell or _nobody, keep or _nobody)
        except BaseException:
            self.close()
            raise
        if isinstance(answer, Ended):
            # It did not listen to the alarm, or grows while it is waited for.
            self.close(kindly=False)
            return answer
        return cast("_T | Ended", _value(answer))


_Answer = tuple[Literal["value", "error", "ended"], Any]


def _value(answer: _Answer) -> Any:
    match answer:
        case ("error", error):
            raise error
        case (_, value):
            return value


def _attempt(work: Callable[[], object], seconds: float, alarm: float | None) -> _Answer:
    """Do the work under its limit; with ``alarm``, be interrupted by then."""
    try:
        with time_limit(time.monotonic() + seconds):
            if alarm is None:
                return "value", work()
            with interrupted_after(alarm):
                return "value", work()
    except Closed:
        raise
    except OutOfTime as error:
        return "ended", Ended("time", error.phase)
    except MemoryError as error:
        return "ended", Ended("memory", getattr(error, "phase", ""))
    except QecloseError as error:
        return "error", error
    except Exception as error:
        return "error", Unforeseen.of(error)


@final
class _Process:
    """This side of a helper: what the process was asked, and what is known of it."""

    def __init__(self, memory_mb: int) -> None:
        self._memory_mb = memory_mb
        self._inherited_mb = inherited_mb()
        self._owner = uuid.uuid4().hex
        (requests, self_requests), (self_answers, answers) = pipe(), pipe()
        parent = os.getpid()
        # A signal between the fork and the helper's own handlers would unwind a copy of everything above.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns of threads; callers fork before they start any.
                warnings.simplefilter("ignore", DeprecationWarning)
                self._pid = os.fork()
            if self._pid == 0:
                _helper(parent, self._owner, memory_mb, requests, answers, (self_requests, self_answers))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(requests)
        os.close(answers)
        self._requests, self._answers = Sender(self_requests), Receiver(self_answers)
        self._doing: dict[int, str] = {}
        self._last = ""
        self._tell: Callable[[str], None] = _nobody
        self._keep: Callable[[Any], None] = _nobody

    def call(
        self,
        work: Callable[..., object],
        seconds: float,
        watch: Watch | None,
        tell: Callable[[str], None],
        keep: Callable[[Any], None],
    ) -> _Answer | Ended:
        self._doing.clear()
        self._tell, self._keep = tell, keep
        self._last = ""
        last = time.monotonic() + seconds + GRACE
        watched: dict[int, AbstractContextManager[None]] = {}
        try:
            self._requests.send((work, seconds, watch is not None))
            while True:
                message = self._answers.receive(min(last, time.monotonic() + _SAMPLING))
                if message is not None:
                    answer = self._heard(message[0], watch, watched)
                    if answer is not None:
                        return answer
                held = resident_mb(self._pid) - self._inherited_mb
                if held > self._memory_mb:
                    return Ended("memory", self._phase, f"qeclose itself held {held:.0f} MB")
                if time.monotonic() >= last:
                    return Ended("time", self._phase)
        except Closed:
            return self._death()
        finally:
            for shown in watched.values():
                shown.__exit__(None, None, None)

    def _heard(
        self, message: Any, watch: Watch | None, watched: dict[int, AbstractContextManager[None]]
    ) -> _Answer | Ended | None:
        """Note what the helper says of its work; its answer, once that comes."""
        match message:
            case ("phase", thread, doing):
                self._doing[thread] = self._last = doing
                self._tell(doing)
            case ("part", part):
                self._keep(part)
            case ("begins", key, engine, action, seconds) if watch is not None:
                watched[key] = watch(engine, action, seconds)
                watched[key].__enter__()
            case ("ends", key) if key in watched:
                watched.pop(key).__exit__(None, None, None)
            case ("ended", Ended() as ended):
                return Ended(ended.kind, ended.phase or self._phase, ended.detail)
            case ("value" | "error", _):
                return message  # type: ignore[no-any-return]
        return None

    @property
    def _phase(self) -> str:
        return self._last or " and ".join(dict.fromkeys(filter(None, self._doing.values())))

    def _death(self) -> Ended:
        status = self._reaped(_CLEARING)
        if status is not None and status < 0:
            return Ended("crash", self._phase, f"ended by {_signal_name(-status)}")
        return Ended("crash", self._phase, "lost")

    def _reaped(self, seconds: float) -> int | None:
        """The exit status, or minus the signal, if it ends within that time."""
        until = time.monotonic() + seconds
        pause = 0.001
        while self._pid:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._pid = 0
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() >= until:
                return None
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
        return 0

    def dismiss(self) -> None:
        """Ask the process to end; whoever waits for it sees that it did."""
        if self._pid:
            _signal(self._pid, signal.SIGTERM)

    def end(self, *, kindly: bool) -> None:
        """End the process and its engines."""
        self._requests.close()
        if self._pid:
            _signal(self._pid, signal.SIGTERM if kindly else signal.SIGKILL)
            if self._reaped(_UNWINDING) is None:
                _signal(self._pid, signal.SIGKILL)
                self._reaped(_CLEARING)
                kindly = False
        if not kindly:
            _clear(self._owner)
        self._answers.close()


def _nobody(_said: Any) -> None:
    return


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _clear(owner: str) -> None:
    """Wait for the engines of a helper that was killed: their guards notice; kill what is left after a second."""
    until = time.monotonic() + _CLEARING
    while left := _owned(owner):
        if time.monotonic() >= until:
            for pid in left:
                _signal(pid, signal.SIGKILL)
            return
        time.sleep(0.01)


def _owned(owner: str) -> list[int]:
    """The living processes with the helper's mark in their environment."""
    found = []
    if sys.platform.startswith("linux"):
        # Not by psutil, which takes longer to load than this takes.
        for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208
            with suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:  # noqa: PTH123
                if owner.encode() in file.read():
                    found.append(int(name))
        return found
    import psutil

    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if owner in process.environ().get(_OWNER, "") and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


# What follows runs in the helper.


def _helper(
    parent: int, owner: str, memory_mb: int, requests: int, answers: int, others: tuple[int, ...]
) -> NoReturn:
    status = 1
    try:
        for descriptor in others:
            os.close(descriptor)
        signal.set_wakeup_fd(-1)
        # Ctrl-C reaches the whole group; it is for the parent, which ends its helper in order.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, _dismiss)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        die_with_parent(parent)
        bound_addresses(memory_mb)
        # A helper may have helpers: what they start is the outer one's too.
        os.environ[_OWNER] = f"{os.environ.get(_OWNER, '')} {owner}"
        # What a library prints must not get between the results.
        os.dup2(2, 1)
        _serve(Receiver(requests), Sender(answers))
        status = 0
    except Closed:
        status = 0
    except _Dismissed:
        status = 128 + signal.SIGTERM
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _dismiss(_signum: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Dismissed


def _serve(requests: Receiver, answers: Sender) -> None:
    listen(lambda thread, doing: answers.send(("phase", thread, doing)))
    watch = _Announcing(answers)
    while True:
        try:
            received = requests.receive()
        except Closed:
            return
        assert received is not None, "without a time to stop waiting, receiving waits"
        work, seconds, watched = received[0]

        def task(work: Callable[..., object] = work, watched: bool = watched) -> object:
            return work(watch=watch) if watched else work()

        with kept_by(lambda part: answers.send(("part", part))):
            answer = _attempt(task, seconds, seconds + ALARM_GRACE)
        _answer(answers, answer)


def _answer(answers: Sender, answer: _Answer) -> None:
    try:
        answers.send(answer)
    except Closed:
        raise
    except MemoryError:
        answers.send(("ended", Ended("memory", "telling the result")))
    except Exception as error:  # the value, or an error, that pickle does not take
        answers.send(("error", Unforeseen.of(error)))


@final
class _Announcing:
    """The ``watch`` of the helper: it tells the parent, whose own ``watch`` shows it."""

    def __init__(self, answers: Sender) -> None:
        self._answers = answers
        self._count = 0

    @contextmanager
    def __call__(self, engine: str, action: str, seconds: float) -> Iterator[None]:
        self._count += 1
        key = self._count
        self._answers.send(("begins", key, engine, action, seconds))
        try:
            with phase(f"waiting for {engine} ({action})"):
                yield
        finally:
            self._answers.send(("ends", key))
