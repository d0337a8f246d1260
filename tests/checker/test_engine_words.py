"""Questions that are put to engines again, answered here by engines made up for the test."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

import pytest
from handmade import full_space_by_engine, lu_engine, sentence_by_engine

from qeclose.attest import asker
from qeclose.checker import Answer, Question, verify
from qeclose.checker.questions import Ask
from qeclose.engine.protocol import Ability, Limits, Outcome, Run
from qeclose.errors import CertificateError, EngineCrashed, EngineError, EngineNotFound, OutOfTime, UsageError
from qeclose.formula.language import And, Exists, ForAll, Formula
from qeclose.formula.operations import free_variables, is_quantifier_free

LIMITS = Limits(5.0, 1000)


class FakeEngine:
    """Answers every question with ``answer``, or raises it."""

    def __init__(self, name: str, answer: Any, *abilities: Ability) -> None:
        self.name = name
        self.answer = answer
        self.path = FilePath("/nowhere")
        self.abilities = frozenset(abilities)
        self.asked: list[Formula] = []

    def version(self) -> str:
        return "9.9"

    def _outcome(self, formula: Formula) -> Outcome[Any]:
        self.asked.append(formula)
        if isinstance(self.answer, Exception):
            raise self.answer
        return Outcome(self.answer, Run(self.name, "9.9", 0.1, 1.0, str(self.answer)))

    def decide(self, sentence: Formula, limits: Limits) -> Outcome[Any]:
        assert limits == LIMITS
        assert not free_variables(sentence)
        return self._outcome(sentence)

    def satisfy(self, system: Formula, limits: Limits) -> Outcome[Any]:
        assert is_quantifier_free(system)
        return self._outcome(system)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[FakeEngine]:
    from qeclose.engine import registry

    engines: list[FakeEngine] = []

    def find(name: str, paths: Any = None) -> FakeEngine:
        for engine in engines:
            if engine.name == name:
                return engine
        raise EngineNotFound(name, "not installed")

    monkeypatch.setattr(registry, "installed_engines", lambda paths=None: tuple(engines))
    monkeypatch.setattr(registry, "find_engine", find)
    return engines


def test_a_solver_of_systems_is_given_the_equations(installed: list[FakeEngine]) -> None:
    installed.append(FakeEngine("z3", False, Ability.SATISFY))
    (word,) = verify(lu_engine(), ask=asker((), LIMITS)).words
    assert word.confirmed
    assert word.answers == (Answer("z3", "9.9", True),)
    (system,) = installed[0].asked
    assert isinstance(system, And)
    assert len(system.arguments) == 3


def test_a_model_contradicts_a_refutation(installed: list[FakeEngine]) -> None:
    installed.append(FakeEngine("z3", {}, Ability.SATISFY))
    with pytest.raises(CertificateError, match=r"^proof\.refutation: z3 9\.9 says otherwise"):
        verify(lu_engine(), ask=asker((), LIMITS))


def test_a_decider_is_given_whole_sentences(installed: list[FakeEngine]) -> None:
    installed.append(FakeEngine("redlog", True, Ability.DECIDE, Ability.ELIMINATE))
    assert verify(full_space_by_engine(), ask=asker((), LIMITS)).complete
    (sentence,) = installed[0].asked
    assert isinstance(sentence, ForAll)
    assert isinstance(sentence.body, Exists)
    assert (len(sentence.variables), len(sentence.body.variables)) == (4, 8)
    with pytest.raises(CertificateError, match="says otherwise"):
        verify(lu_engine(), ask=asker((), LIMITS))
    with pytest.raises(CertificateError, match="says otherwise"):
        verify(sentence_by_engine(), ask=asker((), LIMITS))
    ill_posed = {**sentence_by_engine(), "claim": "ill-posed"}
    assert verify(ill_posed, ask=asker((), LIMITS)).complete


def test_unknown_and_limits_decide_nothing(installed: list[FakeEngine]) -> None:
    installed.append(FakeEngine("z3", None, Ability.SATISFY))
    installed.append(FakeEngine("cvc5", OutOfTime("cvc5", "out of time"), Ability.SATISFY))
    verification = verify(lu_engine(), ask=asker((), LIMITS))
    assert not verification.complete
    assert [answer.agrees for answer in verification.words[0].answers] == [None, None]
    assert all(answer.note for answer in verification.words[0].answers)


def test_the_recorded_engine_is_asked_first_and_others_only_if_it_does_not_know(
    installed: list[FakeEngine],
) -> None:
    installed.append(FakeEngine("cvc5", False, Ability.SATISFY))
    installed.append(FakeEngine("z3", False, Ability.SATISFY))
    assert verify(lu_engine(), ask=asker((), LIMITS)).complete
    assert [len(engine.asked) for engine in installed] == [0, 1]
    installed[1].answer = None
    assert verify(lu_engine(), ask=asker((), LIMITS)).complete
    assert [len(engine.asked) for engine in installed] == [1, 2]


def test_every_named_engine_is_asked(installed: list[FakeEngine]) -> None:
    installed.append(FakeEngine("cvc5", False, Ability.SATISFY))
    installed.append(FakeEngine("z3", {}, Ability.SATISFY))
    with pytest.raises(CertificateError, match=r"z3 9\.9 says otherwise"):
        verify(lu_engine(), ask=asker(("cvc5", "z3"), LIMITS))
    assert verify(lu_engine(), ask=asker(("cvc5",), LIMITS)).complete
    with pytest.raises(EngineNotFound):
        verify(lu_engine(), ask=asker(("yices",), LIMITS))


def test_an_engine_without_the_means_is_passed_over_unless_it_was_named(installed: list[FakeEngine]) -> None:
    installed.append(FakeEngine("z3", False, Ability.SATISFY))
    (word,) = verify(full_space_by_engine(), ask=asker((), LIMITS)).words
    assert not word.confirmed
    assert "no installed engine" in word.answers[0].note
    with pytest.raises(UsageError):
        verify(full_space_by_engine(), ask=asker(("z3",), LIMITS))


def test_a_crash_is_raised_only_if_no_other_engine_answers(installed: list[FakeEngine]) -> None:
    installed.append(FakeEngine("z3", EngineCrashed("z3", "it crashed"), Ability.SATISFY))
    with pytest.raises(EngineError, match="it crashed"):
        verify(lu_engine(), ask=asker((), LIMITS))
    installed.append(FakeEngine("cvc5", False, Ability.SATISFY))
    assert verify(lu_engine(), ask=asker((), LIMITS)).complete
    with pytest.raises(EngineError, match="it crashed"):
        verify(lu_engine(), ask=asker(("z3", "cvc5"), LIMITS))


def test_a_question_too_large_for_any_engine_is_not_asked(
    installed: list[FakeEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qeclose.attest.asking.MAX_VARIABLES", 3)
    installed.append(FakeEngine("z3", False, Ability.SATISFY))
    (word,) = verify(lu_engine(), ask=asker((), LIMITS)).words
    assert not word.confirmed
    assert installed[0].asked == []


def test_questions_say_where_and_what() -> None:
    seen: list[Question] = []

    def ask(question: Question) -> list[Answer]:
        seen.append(question)
        return []

    listening: Ask = ask
    for make in (lu_engine, full_space_by_engine, sentence_by_engine):
        assert not verify(make(), ask=listening).complete
    assert [(q.path, q.expected, q.recorded, q.asked.size) for q in seen] == [
        ("proof.refutation", False, ("z3",), 4),
        ("proof", True, ("z3",), 12),
        ("proof", False, ("redlog",), 6),
    ]
