"""Asking engines again what a certificate takes from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qeclose.attest.sentences import sentence_of
from qeclose.checker.questions import Answer, Ask, Question
from qeclose.errors import EngineError, LimitReached, UsageError

if TYPE_CHECKING:
    from qeclose.engine.protocol import Engine, Limits, Outcome
    from qeclose.formula.language import Formula

__all__ = ["MAX_VARIABLES", "answer", "asker"]

MAX_VARIABLES = 1000


def asker(names: Sequence[str], limits: Limits, paths: Mapping[str, Path] | None = None) -> Ask:
    """Asks every engine in ``names``; if there are none, the installed ones until one answers, those recorded first.

    ``limits`` hold for each run. A limit that is reached, or "unknown", is an answer that decides nothing.
    An engine that fails, or one named that has no means for the question, raises its ``EngineError`` or
    ``UsageError``; without names that happens only if no other engine answers.
    """

    def ask(question: Question) -> list[Answer]:
        if question.asked.size > MAX_VARIABLES:
            problem = (
                f"{question.asked.size} variables, more than {MAX_VARIABLES}, are not given to an engine"
            )
            return [Answer("", "", None, problem)]
        sentence = sentence_of(question.asked)
        if names:
            return [answer(engine, sentence, question, limits) for engine in _named(names, paths or {})]
        return _firstanswer(question, sentence, limits, paths or {})

    return ask


def _named(names: Sequence[str], paths: Mapping[str, Path]) -> list[Engine]:
    from qeclose.engine.registry import find_engine

    return [find_engine(name, paths) for name in names]


def _firstanswer(
    question: Question, sentence: Formula, limits: Limits, paths: Mapping[str, Path]
) -> list[Answer]:
    from qeclose.engine.registry import installed_engines

    answers: list[Answer] = []
    failures: list[EngineError] = []
    # Sorting keeps the order of the registry otherwise.
    for engine in sorted(installed_engines(paths), key=lambda engine: engine.name not in question.recorded):
        try:
            answers.append(answer(engine, sentence, question, limits))
        except UsageError:
            continue
        except EngineError as error:
            failures.append(error)
            continue
        if answers[-1].agrees is not None:
            return answers
    if failures:
        raise failures[0]
    return answers or [Answer("", "", None, "no installed engine can answer it")]


def answer(engine: Engine, sentence: Formula, question: Question, limits: Limits) -> Answer:
    """What one engine says to a question, whose sentence is made already. A limit that is reached decides nothing.

    Raises ``EngineError``, and ``UsageError`` if the engine has no means for the question.
    """
    try:
        outcome = _put(engine, sentence, limits)
    except LimitReached as error:
        return Answer(engine.name, engine.version(), None, str(error))
    agrees = None if outcome.value is None else outcome.value is question.expected
    note = {None: "answered unknown", True: "", False: "says otherwise"}[agrees]
    return Answer(engine.name, outcome.run.version or engine.version(), agrees, note)


def _put(engine: Engine, sentence: Formula, limits: Limits) -> Outcome[bool]:
    """The truth of the sentence; a solver of existential systems gets the system alone."""
    from qeclose.engine.protocol import Ability, Outcome
    from qeclose.formula.language import Exists
    from qeclose.formula.operations import is_quantifier_free

    is_system = isinstance(sentence, Exists) and is_quantifier_free(sentence.body)
    if isinstance(sentence, Exists) and is_system and Ability.SATISFY in engine.abilities:
        found = engine.satisfy(sentence.body, limits)
        return Outcome(None if found.value is None else found.value is not False, found.run)
    if Ability.DECIDE not in engine.abilities:
        raise UsageError(f"{engine.name} cannot decide sentences of this kind")
    return engine.decide(sentence, limits)
