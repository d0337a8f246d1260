"""Contenders side by side: which answers count, and that nobody is left running."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import psutil
import pytest

import qeclose
from qeclose.decide.options import Options
from qeclose.decide.racing.contenders import check_by_race
from qeclose.decide.racing.race import Contender, race
from qeclose.decide.verdict import Verdict
from qeclose.engine.protocol import Run
from qeclose.errors import EngineCrashed

LU = qeclose.Support([[1, 0], [1, 1]], [[1, 0], [1, 1]], name="lu")


def says(
    verdict: str, engine: str = "", *, after: float = 0.0, certificate: dict | None = None, timeout: float
) -> Verdict:
    """A check that knows its answer."""
    time.sleep(after)
    runs = (Run(engine, "1", after, 1.0, verdict),) if engine else ()
    return Verdict(LU, verdict, "staged", after, f"{engine} says so", engines=runs, certificate=certificate)


def fails(*, timeout: float) -> Verdict:
    raise EngineCrashed("z3", "ended by SIGSEGV")


def never(pids: Path, *, timeout: float) -> Verdict:
    pids.joinpath(str(os.getpid())).touch()
    time.sleep(600)
    raise AssertionError


def contender(verdict: str, engine: str = "", **details) -> Contender:
    return Contender(engine or "certify", partial(says, verdict, engine, **details))


def run(*contenders: Contender, seconds: float = 60.0):
    return race(contenders, seconds, 2000, lanes=len(contenders))


def test_an_answer_with_a_certificate_ends_the_race_and_every_process(tmp_path: Path):
    outcome = run(
        Contender("endless", partial(never, tmp_path)),
        contender("ill-posed", certificate={"kind": "any"}, after=0.5),
    )
    assert outcome.kind == "certified"
    assert [verdict.verdict for verdict in outcome.verdicts] == ["ill-posed"]
    started = [int(path.name) for path in tmp_path.iterdir()]
    assert started
    assert not any(psutil.pid_exists(pid) for pid in started)


def test_two_engines_that_agree_are_enough(tmp_path: Path):
    outcome = run(
        Contender("endless", partial(never, tmp_path)),
        contender("well-posed", "z3"),
        contender("well-posed", "cvc5"),
    )
    assert outcome.kind == "agreed"
    assert [verdict.engines[0].engine for verdict in outcome.verdicts] == ["z3", "cvc5"]


def test_one_engine_by_two_methods_is_one_voice():
    assert run(contender("well-posed", "z3"), contender("well-posed", "z3")).kind == "alone"


def test_one_word_counts_when_nobody_else_says_anything_for_a_while(tmp_path: Path):
    outcome = run(Contender("endless", partial(never, tmp_path)), contender("ill-posed", "z3"))
    assert outcome.kind == "alone"


def test_answers_that_contradict_each_other_are_no_answer():
    outcome = run(contender("well-posed", "z3"), contender("ill-posed", "cvc5"))
    assert outcome.kind == "contradiction"


def test_failures_are_told_and_do_not_keep_others_from_answering():
    outcome = run(Contender("z3", fails), contender("ill-posed", "cvc5", after=0.5))
    assert outcome.kind == "alone"
    assert outcome.others == ("z3: z3: ended by SIGSEGV",)


def test_nobody_has_an_answer(tmp_path: Path):
    outcome = run(Contender("endless", partial(never, tmp_path)), seconds=1.0)
    assert (outcome.kind, outcome.verdicts) == ("nothing", ())


def test_a_whole_check_by_race_is_certified():
    found = check_by_race(LU, Options(memory_mb=2000))
    assert (found.verdict, found.method) == ("ill-posed", "certify")


def test_a_contradiction_is_a_failure_of_the_check(monkeypatch: pytest.MonkeyPatch):
    pair = [contender("well-posed", "z3"), contender("ill-posed", "cvc5")]
    monkeypatch.setattr("qeclose.decide.racing.contenders.contenders", lambda *details: pair)
    found = check_by_race(LU, Options(memory_mb=2000))
    assert found.verdict == "undecided"
    assert "z3: well-posed; cvc5: ill-posed" in found.failures[0]
