"""Redlog, the logic package of the computer algebra system REDUCE: virtual substitution, CAD and more.

A. Dolzmann, T. Sturm, REDLOG: computer algebra meets computer logic, SIGSAM Bulletin 31 (1997).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar, final

from qeclose.engine.dialogue import Dialogue
from qeclose.engine.process import Process, run
from qeclose.engine.protocol import Ability, Limits, Model, Outcome, Run
from qeclose.engine.questions import require_sentence
from qeclose.engine.reduce import complaint, readable, reduce_program, version_in
from qeclose.errors import EngineCrashed, EngineError, EngineGarbled, OutOfMemory, UsageError
from qeclose.formula.language import Formula, Truth
from qeclose.formula.operations import evaluate, is_quantifier_free, variables
from qeclose.formula.parsers.redlog import parse_redlog
from qeclose.formula.printers.redlog import redlog_names, to_redlog
from qeclose.formula.symbols import all_symbols

__all__ = ["Redlog"]

_T = TypeVar("_T")

_LAST_WORDS = 0.5
"""How many seconds REDUCE may take to end once it has answered; more is of no interest."""

_PROLOGUE = "off int; on errcont; off nat; load_package redlog; rlset reals; linelength 10000;\n"
# An answer's line starts with the marker; REDUCE's echo of a faulty line has words before it, and a comma after.
# The marker is printed before the formula is worked on, so that an error can follow it.
_BEGIN = r"(?:^|\n)<<<(?!,)"
_END = r">\n?>\n?>"
_MEMORY = r"(?i:run out of memory|out of heap|heap (?:space|overflow|exhausted))"
_NO_ROOM = "(?i:insufficient freestore)"
# A line of error is waited for to its end; it may have no words.
_TROUBLE = r"\*{5}[^\n]*\n|\+\+\+ (?i:error)[^\n]*"
_QUESTION = r"\? *\(Y or N\)|\?Type Y or N"
# REDUCE took a variable for something that it can apply: the formula was not understood.
_MISREAD = r"\*\*\* [^\n]*declared (?:operator|predicate)"


@final
@dataclass(frozen=True, slots=True)
class _Answer:
    text: str
    version: str
    seconds: float
    peak_mb: float
    several: bool
    """Whether another answer came after it."""


@final
@dataclass(frozen=True, slots=True)
class Redlog:
    """An installed REDUCE with Redlog."""

    path: Path
    name: str = "redlog"
    abilities: frozenset[Ability] = frozenset({Ability.DECIDE, Ability.ELIMINATE})

    def version(self) -> str:
        """The version that the program reports."""
        return _version(self.path)

    def decide(self, sentence: Formula, limits: Limits) -> Outcome[bool]:
        """As ``Engine.decide``."""
        require_sentence(self.name, sentence)
        formula, answer = self._ask(sentence, limits)
        match formula:
            case Truth(value):
                return self._outcome(value, answer, str(value).lower())
            case _ if not variables(formula):
                value = evaluate(formula, {})
                return self._outcome(value, answer, str(value).lower())
            case _ if not is_quantifier_free(formula):
                return self._outcome(None, answer, "unknown")
        raise EngineGarbled(
            self.name, "answered a sentence with a formula that has free variables", answer.text
        )

    def eliminate(self, formula: Formula, limits: Limits) -> Outcome[Formula]:
        """As ``Engine.eliminate``; unknown if quantifiers are left."""
        result, answer = self._ask(formula, limits)
        if not is_quantifier_free(result):
            return self._outcome(None, answer, "unknown")
        return self._outcome(result, answer, "formula")

    def satisfy(self, system: Formula, limits: Limits) -> Outcome[Model | bool]:  # noqa: ARG002 - the protocol's signature
        """Not something Redlog does. Raises ``UsageError``."""
        raise UsageError("redlog finds no models; ask it to decide the existential sentence")

    def _outcome(self, value: _T | None, answer: _Answer, word: str) -> Outcome[_T]:
        return Outcome(value, Run(self.name, answer.version, answer.seconds, answer.peak_mb, word))

    def _ask(self, formula: Formula, limits: Limits) -> tuple[Formula, _Answer]:
        try:
            with (
                reduce_program(self.path, limits) as program,
                Process(program, limits) as process,
            ):
                answer = _Talk(process, limits).run(to_redlog(formula))
        except EngineError as error:
            raise type(error)(self.name, error.problem, readable(error.tail)) from error
        try:
            parsed = parse_redlog(answer.text, redlog_names(formula))
        except ValueError as error:
            raise EngineGarbled(
                self.name, f"gave an answer that cannot be read: {error}", answer.text[:200]
            ) from error
        if not all_symbols(parsed) <= all_symbols(formula):
            raise EngineGarbled(self.name, "answered with a variable that is not ours", answer.text[:200])
        if answer.several:
            raise EngineGarbled(self.name, "gave several answers to one question", answer.text[:200])
        return parsed, answer


@final
class _Talk:
    """One question and its answer."""

    def __init__(self, process: Process, limits: Limits) -> None:
        self._process = process
        self._limits = limits
        self._dialogue = Dialogue("redlog", process)

    def run(self, question: str) -> _Answer:
        """The answer to a formula; raises the typed error of whatever else REDUCE says."""
        # REDUCE folds constants, so that even 0 = 0 under a quantifier is answered. All is sent at once: the
        # prompts are of no use, for REDUCE answers a pipe whether or not it is asked.
        self._dialogue.send(f'{_PROLOGUE}write "<<<", rlqe {question}, ">>>";\nquit;\n')
        self._process.end_input()
        self._wait(_BEGIN)
        version = version_in(self._dialogue.before)
        self._wait(_END)
        # Lines longer than linelength are broken between words; the blanks of the text are kept.
        text = self._dialogue.before.replace("\n", "").strip()
        several = re.search(_BEGIN, self._dialogue.rest(_LAST_WORDS)) is not None
        ending = self._process.release()
        return _Answer(text, version, ending.seconds, ending.peak_mb, several)

    def _wait(self, wanted: str) -> None:
        index = self._dialogue.wait_for([wanted, _MEMORY, _NO_ROOM, _TROUBLE, _QUESTION, _MISREAD])
        tail = self._process.tail
        match index:
            case 1:
                raise OutOfMemory("redlog", "ran out of memory", tail)
            case 2:
                raise OutOfMemory("redlog", f"REDUCE does not start in {self._limits.memory_mb} MB", tail)
            case 3:
                words = complaint(self._dialogue.match[0])
                raise EngineCrashed("redlog", f"reported: {words or 'an error, without saying which'}", tail)
            case 4:
                raise EngineGarbled("redlog", "asked something instead of answering", tail)
            case 5:
                raise EngineGarbled("redlog", "did not understand the formula", tail)


@lru_cache
def _version(path: Path) -> str:
    limits = Limits(5, 2048)
    with reduce_program(path, limits) as program:
        transcript = run(program, "quit;\n", limits)
    version = version_in(transcript.output)
    if not version:
        raise EngineGarbled("redlog", "does not tell its version", readable(transcript.output)[:200])
    return version
