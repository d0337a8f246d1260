"""Putting questions to several engines."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction

import sympy
from stand_ins import ScriptedEngine

from qeclose.decide.effort import PANEL
from qeclose.decide.panel import Deadline, Panel
from qeclose.engine.protocol import Ability
from qeclose.errors import EngineCrashed, OutOfMemory, UsageError
from qeclose.formula.language import TRUE, Atom, Relation

A = sympy.Symbol("a")
ZERO = Atom(A, Relation.EQ)


def panel_of(*engines: ScriptedEngine, seconds: float = 5.0) -> Panel:
    return Panel(engines, Deadline(seconds), 1000)


def test_the_first_engine_that_knows_answers():
    silent = ScriptedEngine("redlog", {Ability.DECIDE: None})
    knowing = ScriptedEngine("z3", {Ability.DECIDE: True})
    last = ScriptedEngine("cvc5", {Ability.DECIDE: False})
    outcome = panel_of(last, knowing, silent).decide(TRUE)
    assert outcome is not None
    assert (outcome.value, outcome.run.engine) == (True, "z3")
    assert len(silent.asked) == 1
    assert not last.asked


def test_false_is_an_answer():
    outcome = panel_of(ScriptedEngine("z3", {Ability.DECIDE: False})).decide(TRUE)
    assert outcome is not None
    assert outcome.value is False


def test_an_engine_without_the_ability_is_not_asked():
    engine = ScriptedEngine("yices", {Ability.SATISFY: False})
    assert panel_of(engine).decide(TRUE) is None
    assert not engine.asked


def test_a_crash_is_recorded_and_the_next_engine_asked():
    crashing = ScriptedEngine("redlog", {Ability.DECIDE: EngineCrashed("redlog", "ended by SIGSEGV")})
    panel = panel_of(crashing, ScriptedEngine("z3", {Ability.DECIDE: True}))
    assert panel.decide(TRUE) is not None
    assert panel.failures == ["redlog: ended by SIGSEGV"]


def test_only_failures_are_told_from_limits():
    crash = ScriptedEngine("redlog", {Ability.DECIDE: EngineCrashed("redlog", "ended by SIGSEGV")})
    memory = ScriptedEngine("z3", {Ability.DECIDE: OutOfMemory("z3", "stopped")})
    alone, both = panel_of(crash), panel_of(crash, memory)
    alone.decide(TRUE)
    both.decide(TRUE)
    assert alone.only_failed
    assert not both.only_failed
    assert both.limits == ["z3: out of memory (decide)"]


def test_a_question_beyond_an_engine_is_a_limit_not_an_error():
    engine = ScriptedEngine("yices", {Ability.DECIDE: UsageError("yices knows no such thing")})
    panel = panel_of(engine)
    assert panel.decide(TRUE) is None
    assert panel.limits == ["yices knows no such thing"]


def test_an_answered_question_is_not_asked_twice():
    engine = ScriptedEngine("z3", {Ability.DECIDE: True})
    panel = panel_of(engine)
    for _ in panel.rounds(alone=False):
        panel.decide(TRUE)
        panel.decide(TRUE)
    assert len(engine.asked) == 1


def test_a_question_that_ran_out_of_its_slice_is_asked_again_with_a_longer_one(monkeypatch):
    monkeypatch.setattr("qeclose.decide.panel.PANEL", replace(PANEL, first_slice=0.1))
    engine = ScriptedEngine("z3", {Ability.DECIDE: True}, needs_seconds=0.3)
    panel = panel_of(engine)
    answers = [panel.decide(TRUE) for _ in panel.rounds(alone=False)]
    assert [answer is None for answer in answers] == [True, False]
    assert [round(limits.seconds, 3) for _, _, limits in engine.asked] == [0.1, 0.4]


def test_rounds_end_when_nobody_wants_more_time():
    panel = panel_of(ScriptedEngine("z3", {Ability.DECIDE: None}))
    assert [panel.decide(TRUE) for _ in panel.rounds(alone=False)] == [None]
    assert panel.limits == ["z3: answered unknown (decide)"]


def test_rounds_end_at_the_deadline():
    start = time.monotonic()
    panel = panel_of(ScriptedEngine("z3", {Ability.DECIDE: True}, needs_seconds=60), seconds=0.5)
    assert all(panel.decide(TRUE) is None for _ in panel.rounds(alone=True))
    assert time.monotonic() - start < 1.5
    assert panel.limits == ["z3: out of time (decide)"]


def test_solvers_get_the_bare_system_and_eliminators_a_sentence():
    solver = ScriptedEngine("z3", {Ability.SATISFY: None, Ability.DECIDE: True})
    eliminator = ScriptedEngine(
        "qepcad", {Ability.SATISFY: {}, Ability.DECIDE: False, Ability.ELIMINATE: TRUE}
    )
    outcome = panel_of(eliminator, solver).exists(ZERO)
    assert outcome is not None
    assert (outcome.value, outcome.run.engine) == (False, "qepcad")
    assert solver.asked[0][:2] == (Ability.SATISFY, ZERO)
    assert eliminator.asked[0][0] is Ability.DECIDE


def test_a_model_counts_as_a_solution_and_none_as_unknown():
    model = {A: Fraction(0)}
    assert panel_of(ScriptedEngine("z3", {Ability.SATISFY: model})).exists(ZERO).value is True
    assert panel_of(ScriptedEngine("z3", {Ability.SATISFY: False})).exists(ZERO).value is False
    assert panel_of(ScriptedEngine("z3", {Ability.SATISFY: None})).exists(ZERO) is None


def test_the_summary_adds_up_the_runs_of_an_engine(monkeypatch):
    monkeypatch.setattr("qeclose.decide.panel.PANEL", replace(PANEL, first_slice=0.1))
    panel = panel_of(ScriptedEngine("z3", {Ability.DECIDE: None}, needs_seconds=0.2))
    for _ in panel.rounds(alone=False):
        panel.decide(TRUE)
    (run,) = panel.summary()
    assert (run.engine, run.version, run.answer) == ("z3", "1.0", "None")
    assert run.seconds >= 0.3


def test_the_watcher_hears_of_every_question():
    from contextlib import contextmanager

    heard: list[str] = []

    @contextmanager
    def watch(engine: str, action: str, seconds: float):
        heard.append(f"{engine} {action}")
        yield
        heard.append("done")

    Panel([ScriptedEngine("z3", {Ability.DECIDE: True})], Deadline(5), 1000, watch).decide(TRUE)
    assert heard == ["z3 decide", "done"]
