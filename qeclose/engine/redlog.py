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
from qeclose.engine.process import Process, Program, run
from qeclose.engine.protocol import Ability, Limits, Model, Outcome, Run
from qeclose.engine.questions import require_sentence
from qeclose.errors import EngineCrashed, EngineGarbled, OutOfMemory, UsageError
from qeclose.formula.language import Formula, Truth
from qeclose.formula.operations import evaluate, is_quantifier_free, variables
from qeclose.formula.parsers import parse_redlog
from qeclose.formula.printers.redlog import redlog_names, to_redlog

__all__ = ["Redlog"]

_T = TypeVar("_T")

_PROLOGUE = "off int; on errcont; off nat; load_package redlog; rlset reals; linelength 10000;\n"
# An answer's line starts with the marker; REDUCE's echo of a faulty line has words before it, and a comma after.
_BEGIN = r"(?:^|\n)<<<(?!,)"
_END = r">\n?>\n?>"
_MEMORY = r"(?i:run out of memory|out of heap|heap (?:space|overflow|exhausted)|insufficient freestore)"
_TROUBLE = r"\*{5}[^\n]*|\+\+\+ (?i:error)[^\n]*"
_QUESTION = r"\? *\(Y or N\)|\?Type Y or N"


@final
@dataclass(frozen=True, slots=True)
class _Answer:
    text: str
    version: str
    seconds: float
    peak_mb: float


@final
@dataclass(frozen=True, slots=True)
class Redlog:
    """An installed REDUCE with Redlog."""

    path: Path
    name: str = "redlog"
    abilities: frozenset[Ability] = frozenset({Ability.DECIDE, Ability.ELIMINATE})

    def version(self) -> str:
        return _version(self.path)

    def decide(self, sentence: Formula, limits: Limits) -> Outcome[bool]:
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
        result, answer = self._ask(formula, limits)
        if not is_quantifier_free(result):
            return self._outcome(None, answer, "unknown")
        return self._outcome(result, answer, "formula")

    def satisfy(self, system: Formula, limits: Limits) -> Outcome[Model | bool]:
        raise UsageError("redlog finds no models; ask it to decide the existential sentence")

    def _outcome(self, value: _T | None, answer: _Answer, word: str) -> Outcome[_T]:
        return Outcome(value, Run(self.name, answer.version, answer.seconds, answer.peak_mb, word))

    def _ask(self, formula: Formula, limits: Limits) -> tuple[Formula, _Answer]:
        # REDUCE folds constants, so that even 0 = 0 under a quantifier is answered.
        question = f'write "<<<", rlqe {to_redlog(formula)}, ">>>";\n'
        with Process(Program(self.name, self.path, _flags(self.path)), limits) as process:
            dialogue = Dialogue(self.name, process)
            # All at once: REDUCE's prompts are of no use, for it answers a pipe whether or not it is asked.
            dialogue.send(f"{_PROLOGUE}{question}quit;\n")
            process.end_input()
            self._wait(dialogue, process, _BEGIN)
            version = _version_in(dialogue.before)
            self._wait(dialogue, process, _END)
            # Lines longer than linelength are broken between words; the blanks of the text are kept.
            text = dialogue.before.replace("\n", "").strip()
            ending = process.release()
        try:
            parsed = parse_redlog(text, redlog_names(formula))
        except ValueError as error:
            raise EngineGarbled(
                self.name, f"gave an answer that cannot be read: {error}", text[:200]
            ) from error
        return parsed, _Answer(text, version, ending.seconds, ending.peak_mb)

    def _wait(self, dialogue: Dialogue, process: Process, wanted: str) -> None:
        index = dialogue.wait_for([wanted, _MEMORY, _TROUBLE, _QUESTION])
        if index == 1:
            raise OutOfMemory(self.name, "ran out of memory", process.tail)
        if index == 2:
            raise EngineCrashed(self.name, f"reported: {dialogue.match[0].strip('* ')}", process.tail)
        if index == 3:
            raise EngineGarbled(self.name, "asked something instead of answering", process.tail)


def _flags(path: Path) -> tuple[str, ...]:
    """No window and no start-up file; REDUCE on PSL (``redpsl``) knows neither flag."""
    return () if "psl" in path.name else ("-w", "--no-rcfile")


@lru_cache
def _version(path: Path) -> str:
    transcript = run(Program("redlog", path, _flags(path)), "quit;\n", Limits(5, 2048))
    version = _version_in(transcript.output)
    if not version:
        raise EngineGarbled("redlog", "does not tell its version", transcript.output[:200])
    return version


def _version_in(banner: str) -> str:
    match = re.search(r"R[Ee][Dd][Uu][Cc][Ee] \(([^)]*)\)", banner)
    return match[1].replace(",", "") if match else ""
