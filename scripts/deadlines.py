#!/usr/bin/env python
"""How far a command overshoots its ``--timeout``, with something that hangs in every phase.

    python scripts/deadlines.py [--timeout SECONDS] [--only WORD] [--json FILE]

Prints a table: what hangs, the command, the limit, after how many seconds it ended, its exit status, and how many processes it
left. Exits with 1 if a command overshot its limit by more than 2 s, ended with another status than 3, or left a process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from leftovers import TAG, processes_tagged

ALLOWED = 2.0

STANDIN = """#!{python}
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def hang():
    while True: time.sleep(60)
when = {when!r}
if "--version" in sys.argv or "-v" in sys.argv:
    if when == "version": hang()
    print("Z3 version 9.9.9"); sys.exit()
if when == "version": print("unknown"); hang()
if when == "start": hang()
question = sys.stdin.read()
if when == "before the answer": hang()
if when == "byte by byte":
    while True: sys.stdout.write("s"); sys.stdout.flush(); time.sleep(0.05)
if when == "flood":
    while True: sys.stdout.write("; nothing\\n" * 10); time.sleep(0.01)
print('(:version "9.9.9")\\nunknown', flush=True)
hang()
"""

# What hangs in our own work: the module and the function that is put out of action, before the command starts.
OWN = {
    "reading the mask": "qeclose.files.read:read",
    "the search for a proof": "qeclose.certify:certify",
    "the check of our own certificate": "qeclose.checker:verify",
    "looking for engines": "qeclose.engine.registry:installed_engines",
    "the formula": "qeclose.decide.methods.sentence:published_sentence",
    "the description of E": "qeclose.decide.methods.staged:closure_of_description",
}
OWN_OF_A_WORKER = {
    "the search": "qeclose.certify:certify",
    "the check of the certificate": "qeclose.checker:verify",
}
HANGS = {
    "in Python": "    while True: pass",
    "in C": "    import ctypes\n    while True: ctypes.PyDLL(None).sleep(600)",
}
LAUNCHER = """
import importlib, sys
def hang(*args, **kwargs):
{hang}
module, name = {target!r}.split(":")
setattr(importlib.import_module(module), name, hang)
sys.argv[0] = "qeclose"
from qeclose.cli import main
main()
"""
# The workers of a batch are processes of their own: the hang is put into the program that they run.
BATCH_LAUNCHER = """
import sys
from qeclose.batch.workers import local
local._PROGRAM = "import sys; sys.path[:] = {{path!r}}" + {worker!r}
sys.argv[0] = "qeclose"
from qeclose.cli import main
main()
"""


@dataclass(frozen=True)
class Trial:
    """One command, and what hangs in it."""

    phase: str
    words: tuple[str, ...]
    launcher: str = ""


@dataclass(frozen=True)
class Outcome:
    phase: str
    command: str
    limit: float
    ended_after: float
    status: int
    left: int

    @property
    def kept(self) -> bool:
        return self.ended_after <= self.limit + ALLOWED and self.status == 3 and not self.left


def trials(folder: Path) -> Iterator[Trial]:
    mask = folder / "lu-3.txt"
    mask.write_text("I:\n100\n110\n111\nJ:\n100\n110\n111\n")
    certificate = folder / "certificate.json"
    subprocess.run(
        [*program(), "check", "-q", str(mask), "--certificate", str(certificate)],
        stdout=subprocess.DEVNULL,
        check=False,
    )
    yield from engine_trials(folder, str(mask))
    for how, code in HANGS.items():
        for what, target in OWN.items():
            launcher = LAUNCHER.format(hang=code, target=target)
            yield Trial(f"{what}, {how}", ("check", "-q", str(mask), *_method(what)), launcher)
        yield Trial(
            f"the checker, {how}",
            ("verify", str(certificate), str(mask)),
            LAUNCHER.format(hang=code, target="qeclose.checker:verify"),
        )
        for what, target in OWN_OF_A_WORKER.items():
            work = LAUNCHER.partition("sys.argv")[0].format(hang=code, target=target)
            worker = f"{work}\nfrom qeclose.batch.workers.worker import main\nmain()\n"
            yield Trial(
                f"{what} of a batch, {how}",
                ("batch", "-q", "--no-cache", "--jobs", "1", "--method", "certify", str(mask)),
                BATCH_LAUNCHER.format(worker=worker),
            )
        yield Trial(
            f"the search for a repair, {how}",
            ("repair", "-q", str(mask)),
            LAUNCHER.format(hang=code, target="qeclose.repairs:repair"),
        )
        yield Trial(
            f"the elimination, {how}",
            ("eliminate", "-q", str(mask)),
            LAUNCHER.format(hang=code, target="qeclose.decide.description:describe"),
        )
        yield Trial(
            f"training, {how}",
            ("relu", "-q", str(mask)),
            LAUNCHER.format(hang=code, target="qeclose.decide.strategy:decided"),
        )


def _method(what: str) -> tuple[str, ...]:
    match what:
        case "the formula" | "looking for engines":
            return ("--method", "sentence")
        case "the description of E":
            return ("--method", "staged", "--engine", "qepcad")
        case _:
            return ("--method", "certify")


def engine_trials(folder: Path, mask: str) -> Iterator[Trial]:
    for when in ("version", "start", "before the answer", "after the answer", "byte by byte", "flood"):
        standin = folder / f"standin-{when.replace(' ', '-')}"
        standin.write_text(STANDIN.format(python=sys.executable, when=when))
        standin.chmod(0o755)
        for engine in ("qepcad", "redlog", "z3", "cvc5", "yices"):
            # Yices takes no quantifiers.
            for method in ("staged", "existential", *(("sentence",) if engine != "yices" else ())):
                chosen = ("--engine", engine, "--engine-path", f"{engine}={standin}")
                yield Trial(
                    f"{engine}: {when}", ("check", "-q", mask, "--method", method, "--no-presolve", *chosen)
                )


def program() -> list[str]:
    return [sys.executable, "-m", "qeclose"]


def measured(trial: Trial, limit: float) -> Outcome:
    tag = uuid.uuid4().hex
    start = [sys.executable, "-c", trial.launcher] if trial.launcher else program()
    began = time.monotonic()
    ended = subprocess.run(
        [*start, *trial.words, "--timeout", str(limit)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, TAG: tag},
        check=False,
    )
    seconds = time.monotonic() - began
    left = processes_tagged(tag)
    for process in left:
        process.kill()
    words = [word for word in trial.words if "/" not in word and word != "-q"]
    return Outcome(trial.phase, " ".join(words), limit, round(seconds, 2), ended.returncode, len(left))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--timeout", type=float, default=2.0)
    arguments.add_argument("--only", default="", help="only phases with this word in them")
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    print(f"{'what hangs':48} {'command':46} {'limit':>5} {'ended':>6} {'status':>6} {'left':>4}")
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        for trial in trials(Path(folder)):
            if given.only not in trial.phase:
                continue
            found = measured(trial, given.timeout)
            outcomes.append(found)
            print(
                f"{found.phase:48} {found.command:46.46} {found.limit:5g} {found.ended_after:6.2f} "
                f"{found.status:6} {found.left:4}{'' if found.kept else '  <-- not as promised'}",
                flush=True,
            )
    late = [found for found in outcomes if not found.kept]
    worst = max((found.ended_after - found.limit for found in outcomes), default=0.0)
    print(f"{len(outcomes)} commands, largest overshoot {worst:.2f} s, {len(late)} not as promised")
    if given.json:
        given.json.write_text(json.dumps([asdict(found) for found in outcomes], indent=1) + "\n")
    sys.exit(bool(late))


if __name__ == "__main__":
    main()
