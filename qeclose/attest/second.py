"""Second opinions: what a certificate shows is put to engines, which know nothing of its proof."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, final

from qeclose.attest.asking import MAX_VARIABLES, answer
from qeclose.attest.sentences import sentence_of
from qeclose.attest.statements import statements
from qeclose.errors import EngineError, UsageError

if TYPE_CHECKING:
    from qeclose.checker.masks import Asked
    from qeclose.checker.questions import Answer, Question
    from qeclose.engine.protocol import Engine, Limits

__all__ = ["Opinion", "SecondOpinion", "second_opinion"]

Said: TypeAlias = Literal["confirmed", "open", "contradicted"]


@final
@dataclass(frozen=True, slots=True)
class Opinion:
    """What came of one statement of a certificate: ``path`` is where it is shown, ``notes`` who said what."""

    path: str
    statement: str
    said: Said
    notes: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """All statements of a certificate, in its order."""

    opinions: tuple[Opinion, ...]

    def count(self, said: Said) -> int:
        """How many statements ended so."""
        return sum(opinion.said == said for opinion in self.opinions)


def second_opinion(
    certificate: Any,
    support: Asked | None,
    engines: Sequence[Engine],
    limits: Limits,
    *,
    each: float = 10.0,
) -> SecondOpinion:
    """Ask every engine about everything that the certificate shows; it must be one that the checker accepts.

    A statement is contradicted if one engine says so, confirmed if one agrees and none says otherwise, else open: no engine
    answered within ``each`` seconds, or within those of ``limits`` for all of it, or could be asked. Raises
    ``CertificateError``.
    """
    until = time.monotonic() + limits.seconds
    return SecondOpinion(
        tuple(
            _opinion(question, engines, limits, until, each) for question in statements(certificate, support)
        )
    )


def _opinion(
    question: Question, engines: Sequence[Engine], limits: Limits, until: float, each: float
) -> Opinion:
    answers: list[Answer] = []
    notes: list[str] = []
    for engine in engines:
        found = _ask(engine, question, limits, until, each)
        if isinstance(found, str):
            notes.append(f"{engine.name}: {found}")
            continue
        answers.append(found)
        said = {True: "agrees", False: "says otherwise", None: found.note}[found.agrees]
        notes.append(f"{found.engine} {found.version}: {said}")
    agree = [found.agrees for found in answers]
    outcome: Said = "contradicted" if False in agree else "confirmed" if True in agree else "open"
    return Opinion(question.path, question.statement, outcome, tuple(notes))


def _ask(engine: Engine, question: Question, limits: Limits, until: float, each: float) -> Answer | str:
    """The answer, or why there is none."""
    from qeclose.engine.protocol import Limits

    if question.asked.size > MAX_VARIABLES:
        return f"{question.asked.size} variables, more than {MAX_VARIABLES}, are not given to an engine"
    left = min(each, until - time.monotonic())
    if left <= 0:
        return "no time is left"
    try:
        return answer(engine, sentence_of(question.asked), question, Limits(left, limits.memory_mb))
    except (EngineError, UsageError) as error:
        return str(error)
