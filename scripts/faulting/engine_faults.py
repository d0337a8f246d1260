"""Engines that fail in every way, in ``qeclose check``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from faulting.commands import Place
from faulting.kinds import Fault, Found, judged

__all__ = ["engine_faults"]

STANDIN = Path(__file__).with_name("standin.py")
FAKE_REDUCE = Path(__file__).parents[2] / "tests" / "engine" / "standins" / "fake_reduce.py"
_MEMORY = "600"

# What the answer of each begins with, and the method that asks it a question it answers at once.
ANSWERS = {"z3": r"(?m)^(sat|unsat|unknown)$", "qepcad": r"(?m)^An equivalent", "redlog": "<<<"}
METHODS = {"z3": "staged", "qepcad": "staged", "redlog": "sentence"}

_WORKS, _LIMIT, _FAILS = frozenset({1}), frozenset({3}), frozenset({4})
_SIGNALS = (
    "SIGSEGV",
    "SIGABRT",
    "SIGKILL",
    "SIGTERM",
    "SIGBUS",
    "SIGILL",
    "SIGFPE",
    "SIGPIPE",
    "SIGHUP",
    "SIGXCPU",
)

# Statuses that are right, by what the stand-in does. The true verdict is always allowed where the true answer was given.
EXPECTED = {
    "hang before": _LIMIT,
    "hang after": _LIMIT | _WORKS | _FAILS,
    "ignore signals": _LIMIT,
    # Half of what an SMT solver says may hold its whole answer.
    "half an answer": _FAILS | _WORKS,
    "both answers": _FAILS,
    "contrary first": _FAILS,
    "byte by byte": _WORKS,
    "flood": _FAILS | _LIMIT,
    "close stdout": _FAILS,
    "fork twice": _WORKS,
    "fill memory": _LIMIT,
    "formula": _FAILS,
    "in an error": _FAILS,
    "nonsense": _FAILS,
    "bad status": _WORKS | _FAILS,
    "no answer": _FAILS,
}


def engine_faults() -> Iterator[Fault]:
    for engine in ANSWERS:
        for fault, statuses in EXPECTED.items():
            yield _fault(
                engine, fault, statuses, quick=engine == "z3" and fault in ("both answers", "in an error")
            )
        yield _fault(engine, "before SIGSEGV", _FAILS)
        # What QEPCAD and REDUCE do once they have answered is of no interest.
        yield _fault(engine, "after SIGSEGV", _FAILS if engine == "z3" else _WORKS | _FAILS)
    # The model is refused, with a warning; the next question, which asks for none, may be answered.
    yield _fault("z3", "wrong model", _FAILS | _WORKS, quick=True)
    for number in _SIGNALS[1:]:
        yield _fault("z3", f"before {number}", _FAILS)
    yield _fault("z3", "before SIGSTOP", _LIMIT)


def _fault(engine: str, fault: str, statuses: frozenset[int], *, quick: bool = False) -> Fault:
    def inject(place: Place, limit: float) -> Found:
        standin = place.write(f"{engine}-standin", f"#!/bin/sh\nexec '{sys.executable}' '{STANDIN}' \"$@\"\n")
        standin.chmod(0o755)
        words = ["check", "-q", "lu.txt", "--format", "json", "--timeout", str(limit), "--memory", _MEMORY]
        words += ["--method", METHODS[engine], "--engine", engine, "--engine-path", f"{engine}={standin}"]
        ended = place.run(*words, env={**_environment(engine), "FAULT": fault})
        return judged(place, ended, limit, {"lu": "ill-posed"}, {"lu.txt", standin.name})

    return Fault(f"{engine}: {fault}", inject, statuses, needs=engine, quick=quick)


def _environment(engine: str) -> dict[str, str]:
    real = [sys.executable, str(FAKE_REDUCE)] if engine == "redlog" else [str(real_engine(engine))]
    return {
        "FAULT_ENGINE": engine,
        "FAULT_ANSWER": ANSWERS[engine],
        "FAULT_REAL": json.dumps(real),
        # The recording that the stand-in for REDUCE plays.
        "FAKE_REDUCE": "sentence-lu2",
        **(_qepcad_home() if engine == "qepcad" else {}),
    }


def real_engine(engine: str) -> Path:
    """Raises ``EngineNotFound``."""
    from qeclose.engine.discovery import find_binary

    return find_binary(engine)


def _qepcad_home() -> dict[str, str]:
    from qeclose.engine.qepcad import environment

    return environment(real_engine("qepcad"))


def installed(engine: str) -> bool:
    from qeclose.errors import EngineNotFound

    if engine == "redlog":
        return True
    try:
        real_engine(engine)
    except EngineNotFound:
        return False
    return True
