"""SMT solvers with nonlinear real arithmetic: Z3, cvc5 and Yices 2, each as a process that reads SMT-LIB 2.6."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import final

from qeclose.engine.discovery import command_of
from qeclose.engine.process import Program, Transcript, run
from qeclose.engine.protocol import Ability, Limits, Model, Outcome, Run
from qeclose.engine.questions import check_model, require_sentence, system_of
from qeclose.errors import EngineCrashed, EngineGarbled, OutOfMemory, OutOfTime, UsageError
from qeclose.formula.language import Exists, ForAll, Formula
from qeclose.formula.operations import is_prenex, negate, nnf, prenex_parts, variables
from qeclose.formula.parsers.smtlib import ApproximateValue, parse_smtlib_model
from qeclose.formula.printers.smtlib import smtlib_names, to_smtlib

__all__ = ["DIALECTS", "Dialect", "SmtSolver"]

# A verdict is a line of its own; the first alternatives swallow what only looks like one.
_SAID = re.compile(
    r'"(?:[^"]|"")*(?:"|\Z)|\|[^|]*\||(?P<opened>\()|(?P<closed>\))|^(?P<word>sat|unsat|unknown|timeout)[^\S\n]*$',
    re.MULTILINE,
)
_VERSION = re.compile(r'\(:version "([^"]*)"\)')
_ERROR = re.compile(r'\(error\s+"((?:[^"]|"")*)"\s*\)')
_OUT_OF_MEMORY = re.compile(r"out of memory|memout|bad_alloc|cannot allocate memory", re.IGNORECASE)
_OUT_OF_TIME = re.compile(
    r"interrupted by timeout|^timeout\s*$|reason-unknown \(?\"?(?:timeout|canceled|resourceout)", re.MULTILINE
)


def _seconds(limits: Limits) -> int:
    # The guard ends the process on time; the solver's own clock, a little late, is for a guard that cannot.
    return math.ceil(limits.seconds) + 1


@final
@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between the solvers.

    ``flags`` are those of a run under limits. ``quantifiers``: whether alternating ones are understood.
    ``exact``: whether a decimal in a model is the very value; Yices prints irrational numbers rounded.
    ``tells_why``: whether ``:reason-unknown`` may be asked for. ``keeps_prefix``: whether a sentence in prenex form is
    put as it is, its first variables bound; elsewhere they become constants (both measured, docs/benchmarks.md).
    """

    flags: Callable[[Limits], tuple[str, ...]]
    version: re.Pattern[str]
    quantifiers: bool
    exact: bool
    tells_why: bool
    keeps_prefix: bool = False


DIALECTS = {
    "z3": Dialect(
        lambda limits: ("-in", "-smt2", f"-T:{_seconds(limits)}", f"-memory:{limits.memory_mb}"),
        re.compile(r"Z3 version ([0-9.]+)"),
        quantifiers=True,
        exact=True,
        tells_why=True,
        keeps_prefix=True,
    ),
    "cvc5": Dialect(
        lambda limits: ("--lang", "smt2", f"--tlimit={1000 * _seconds(limits)}"),
        re.compile(r"cvc5 version ([0-9.]+)"),
        quantifiers=True,
        exact=True,
        tells_why=True,
    ),
    "yices": Dialect(
        lambda limits: (f"--timeout={_seconds(limits)}", "--smt2-model-format"),
        re.compile(r"Yices ([0-9.]+)"),
        quantifiers=False,
        exact=False,
        tells_why=False,
    ),
}


@final
@dataclass(frozen=True, slots=True)
class SmtSolver:
    """An installed SMT solver; ``name`` is a key of ``DIALECTS``."""

    name: str
    path: Path
    abilities: frozenset[Ability] = frozenset({Ability.DECIDE, Ability.SATISFY})

    def version(self) -> str:
        """The version that the program reports."""
        return _version(self.name, self.path)

    def decide(self, sentence: Formula, limits: Limits) -> Outcome[bool]:
        """As ``Engine.decide``, of sentences with one kind of quantifier in front."""
        require_sentence(self.name, sentence)
        matrix, positive = self._satisfiability_question(sentence)
        verdict, transcript = self._ask(to_smtlib(matrix), limits)
        if verdict == "unknown":
            return Outcome(None, self._record(transcript, verdict))
        value = (verdict == "sat") is positive
        return Outcome(value, self._record(transcript, str(value).lower()))

    def eliminate(self, formula: Formula, limits: Limits) -> Outcome[Formula]:  # noqa: ARG002 - the protocol's signature
        """Not something SMT solvers do. Raises ``UsageError``."""
        raise UsageError(f"{self.name} eliminates no quantifiers")

    def satisfy(self, system: Formula, limits: Limits) -> Outcome[Model | bool]:
        """As ``Engine.satisfy``: a model, or the proof that there is none."""
        matrix = system_of(self.name, system)
        verdict, transcript = self._ask(to_smtlib(matrix, produce_models=True), limits)
        record = self._record(transcript, verdict)
        match verdict:
            case "unknown":
                return Outcome(None, record)
            case "unsat":
                return Outcome(False, record)
        model = self._model(matrix, transcript.output)
        if model is None:
            return Outcome(True, record)
        check_model(self.name, matrix, model)
        return Outcome(model, record)

    def script(self, sentence: Formula) -> str:
        """What the solver is sent about a sentence; the answer is then the sentence's truth or the opposite."""
        return to_smtlib(self._satisfiability_question(sentence)[0])

    def _satisfiability_question(self, sentence: Formula) -> tuple[Formula, bool]:
        """A formula, its free variables constants now, and whether the sentence holds iff that is satisfiable.

        Leading existential quantifiers become constants, but for a solver that ``keeps_prefix``; before leading universal
        ones the sentence is negated.
        """
        prefix, matrix = prenex_parts(sentence)
        kinds = {kind for kind, _ in prefix}
        if kinds <= {"exists"}:
            return matrix, True
        if kinds == {"forall"}:
            return negate(matrix), False
        if not DIALECTS[self.name].quantifiers:
            raise UsageError(f"{self.name} decides purely existential or universal sentences only")
        if DIALECTS[self.name].keeps_prefix and is_prenex(sentence):
            return sentence, True
        # Not the prenex form: solvers do better with short scopes.
        body = nnf(sentence)
        positive = not isinstance(body, ForAll)
        body = body if positive else negate(body)
        while isinstance(body, Exists):
            body = body.body
        return body, positive

    def _ask(self, script: str, limits: Limits) -> tuple[str, Transcript]:
        dialect = DIALECTS[self.name]
        script = f"(get-info :version)\n{script}"
        if dialect.tells_why:
            script += "(get-info :reason-unknown)\n"
        try:
            transcript = run(_program(self.name, self.path, dialect.flags(limits)), script, limits)
        except EngineCrashed as error:
            raise self._limit_behind(error.tail) or error from error
        return self._verdict(transcript.output), transcript

    def _verdict(self, output: str) -> str:
        found = _verdicts(output)
        said = output[: found[0].start()] if found else output
        error = _ERROR.search(said)
        if not found or error or found[0]["word"] == "timeout":
            problem = f"reported: {error[1]}" if error else "ended without an answer"
            raise self._limit_behind(output[-1000:]) or EngineCrashed(
                self.name, problem, output[-1000:].strip()
            )
        words = [one["word"] for one in found if one["word"] != "timeout"]
        if len(words) > 1:
            # Whoever says sat and unsat says nothing.
            raise EngineGarbled(self.name, f"gave several answers to one question: {', '.join(words[:5])}")
        if words[0] == "unknown":
            limit = self._limit_behind(output[found[0].end() :][-1000:])
            if limit is not None:
                raise limit
        return words[0]

    def _limit_behind(self, text: str) -> OutOfMemory | OutOfTime | None:
        if _OUT_OF_MEMORY.search(text):
            return OutOfMemory(self.name, "ran out of memory", text.strip())
        if _OUT_OF_TIME.search(text):
            return OutOfTime(self.name, "ran out of time", text.strip())
        return None

    def _model(self, system: Formula, output: str) -> Model | None:
        """The model after the word ``sat``; None if it is rounded. Variables it leaves out are free: 0."""
        names = smtlib_names(system)
        text = output[_verdicts(output)[0].end() :]
        try:
            values = parse_smtlib_model(text, decimals_are_exact=DIALECTS[self.name].exact)
        except ApproximateValue:
            return None
        except ValueError as error:
            raise EngineGarbled(
                self.name, f"gave a model that cannot be read: {error}", text[:200]
            ) from error
        return {symbol: values.get(names[symbol], Fraction(0)) for symbol in variables(system)}

    def _record(self, transcript: Transcript, word: str) -> Run:
        ending = transcript.ending
        version = _VERSION.search(transcript.output)
        return Run(self.name, version[1] if version else "", ending.seconds, ending.peak_mb, word)


def _verdicts(output: str) -> list[re.Match[str]]:
    """The verdicts an output holds: lines by themselves, neither in parentheses nor in the text of a message."""
    found, depth = [], 0
    for match in _SAID.finditer(output):
        depth += (match["opened"] is not None) - (match["closed"] is not None)
        if match["word"] is not None and depth == 0:
            found.append(match)
    return found


def _program(name: str, path: Path, flags: tuple[str, ...]) -> Program:
    program, first = command_of(path)
    return Program(name, program, (*first, *flags))


@lru_cache
def _version(name: str, path: Path) -> str:
    transcript = run(_program(name, path, ("--version",)), "", Limits(5, 1024))
    match = DIALECTS[name].version.search(transcript.output)
    if match is None:
        raise EngineGarbled(name, "does not tell its version", transcript.output[:200])
    return match[1]
