"""The engines of one check: whom to ask what, in which order, for how long, and what came back."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, final

from qeclose.decide.effort import PANEL
from qeclose.engine.protocol import Ability, Engine, Limits, Outcome, Run
from qeclose.errors import EngineError, EngineGarbled, LimitReached, OutOfMemory, UsageError
from qeclose.supervise.helper import Watch
from qeclose.supervise.phases import phase

if TYPE_CHECKING:
    from qeclose.engine.protocol import Model
    from qeclose.formula.language import Formula

__all__ = ["Deadline", "Panel", "Watch"]

_ORDER = {
    Ability.DECIDE: ("redlog", "qepcad", "z3", "cvc5", "yices"),
    Ability.ELIMINATE: ("redlog", "qepcad", "z3", "cvc5", "yices"),
    Ability.SATISFY: ("z3", "yices", "cvc5", "redlog", "qepcad"),
}
_Asked: TypeAlias = "tuple[Engine, Ability, Formula, str]"
"""Whom to ask, for what, and the name of the question, if it has one."""

_LONGEST_QUOTE = 160


@final
class Deadline:
    """A moment ``seconds`` from now."""

    def __init__(self, seconds: float) -> None:
        self.start = time.monotonic()
        self.seconds = seconds

    def expire(self) -> None:
        """Let the moment be now."""
        self.seconds = 0.0

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.start

    def left(self) -> float:
        """Seconds that are left, negative when time is up."""
        return self.seconds - self.elapsed()


def _nobody_watches(_engine: str, _action: str, _seconds: float) -> AbstractContextManager[None]:
    return nullcontext()


@final
class Panel:
    """Puts questions to several engines, one after the other, until one of them answers.

    A question is asked at most once of an engine, unless it ran out of its slice of time and the slice has
    grown since. Whatever is short of an answer is recorded, not raised: limits in ``limits``, failures in
    ``failures``, both as lines for the user; ``summary()`` has one record an engine.
    """

    def __init__(
        self, engines: Sequence[Engine], deadline: Deadline, memory_mb: int, watch: Watch | None = None
    ) -> None:
        self.engines = tuple(engines)
        self.deadline = deadline
        self.failures: list[str] = []
        self.limits: list[str] = []
        self.cut_short = False
        self._memory_mb = memory_mb
        self._watch = watch or _nobody_watches
        self._slice = deadline.seconds
        self._memo: dict[tuple[str, Ability, Formula], Outcome[Any] | None] = {}
        self._tried: dict[str, Run] = {}

    def rounds(self, *, alone: bool) -> Iterator[None]:
        """Rounds of questions in growing slices of time, as long as more time may help.

        In each no engine runs longer than the slice. Whoever is ``alone``, asking one engine in one way, gets
        a single round with all the time there is.
        """
        self._slice = self.deadline.seconds if alone else PANEL.first_slice
        while True:
            self.cut_short = False
            yield
            if not self.cut_short or self.deadline.left() <= 0:
                return
            self._slice *= PANEL.slice_growth

    @property
    def slice(self) -> float:
        """How many seconds an engine has for one question in this round."""
        return self._slice

    @property
    def worth_waiting(self) -> bool:
        """Whether a question was cut short that has more time in the next round, and there is time for a few such.

        An answer that needs no engine is held back so long: the engines that were asked for should have their say.
        """
        return self.cut_short and self.deadline.left() > PANEL.patience * PANEL.slice_growth * self._slice

    @property
    def only_failed(self) -> bool:
        """Whether engines failed and none merely reached a limit or knew no answer."""
        return bool(self.failures) and not self.limits and not self.cut_short

    def has(self, ability: Ability) -> bool:
        """Whether one of the engines has the ability."""
        return bool(self._able(ability))

    def decide(self, sentence: Formula, *, without: Ability | None = None) -> Outcome[bool] | None:
        """The first answer to a sentence, or None. Engines with the ability ``without`` are passed over."""
        engines = [e for e in self._able(Ability.DECIDE) if without not in e.abilities]
        asked = ((e, Ability.DECIDE, sentence, "") for e in engines)
        return next(self._answers(asked), None)

    def decide_variants(
        self, variants: Callable[[Engine], Iterable[tuple[str, Formula]]]
    ) -> Outcome[bool] | None:
        """The first answer to one of the equivalent sentences that ``variants`` has for an engine, each with a name."""
        asked = (
            (e, Ability.DECIDE, sentence, name)
            for e in self._able(Ability.DECIDE)
            for name, sentence in variants(e)
        )
        return next(self._answers(asked), None)

    def eliminate(self, formula: Formula) -> Iterator[Outcome[Formula]]:
        """Quantifier-free equivalents of the formula, engine by engine."""
        return self._answers((e, Ability.ELIMINATE, formula, "") for e in self._able(Ability.ELIMINATE))

    def exists(
        self, system: Formula, name: str = "", *, without: Container[str] = ()
    ) -> Outcome[bool] | None:
        """Whether a quantifier-free system has a solution, or None; engines ``without`` are passed over.

        Satisfiability solvers get the system itself, quantifier eliminators the existential sentence.
        """
        asked = (
            (e, ability, formula, name)
            for e, ability, formula, _ in self._existential(system)
            if e.name not in without
        )
        outcome = next(self._answers(asked), None)
        return outcome if outcome is None else Outcome(outcome.value is not False, outcome.run)

    @property
    def finds_models(self) -> bool:
        """Whether ``model`` has somebody to ask."""
        return bool(self._solvers())

    def model(self, system: Formula, name: str = "") -> Outcome[Model | bool] | None:
        """A solution of a quantifier-free system, or the answer that there is none; None: neither.

        Satisfiability solvers only are asked: such systems have too many variables for quantifier eliminators.
        """
        asked = ((e, Ability.SATISFY, system, name) for e in self._solvers())
        return next((outcome for outcome in self._answers(asked) if outcome.value is not True), None)

    def note_limit(self, line: str) -> None:
        """Record why a question was not asked or not answered."""
        _note(self.limits, line)

    def distrust(self, run: Run, problem: str) -> None:
        """Record that an answer turned out wrong."""
        self._failed(EngineGarbled(run.engine, problem), run)

    def summary(self) -> tuple[Run, ...]:
        """One record an engine that was asked: its total time, highest peak, and last answer."""
        return tuple(self._tried.values())

    def _able(self, ability: Ability) -> list[Engine]:
        order = _ORDER[ability]
        able = [engine for engine in self.engines if ability in engine.abilities]
        return sorted(able, key=lambda e: order.index(e.name) if e.name in order else len(order))

    def _solvers(self) -> list[Engine]:
        return [e for e in self._able(Ability.SATISFY) if Ability.ELIMINATE not in e.abilities]

    def _existential(self, system: Formula) -> Iterator[_Asked]:
        from qeclose.formula.language import Exists
        from qeclose.formula.operations import variables

        for engine in self._solvers():
            yield engine, Ability.SATISFY, system, ""
        sentence = Exists(variables(system), system)
        for engine in self._able(Ability.DECIDE):
            if Ability.ELIMINATE in engine.abilities or Ability.SATISFY not in engine.abilities:
                yield engine, Ability.DECIDE, sentence, ""

    def _answers(self, asked: Iterator[_Asked]) -> Iterator[Outcome[Any]]:
        for engine, ability, formula, name in asked:
            key = engine.name, ability, formula
            if key not in self._memo:
                seconds = min(self._slice, self.deadline.left())
                if seconds < PANEL.shortest_run:
                    self.cut_short = True
                    return
                self._ask(engine, ability, formula, seconds, name)
            outcome = self._memo.get(key)
            if outcome is not None and outcome.value is not None:
                yield outcome

    def _ask(self, engine: Engine, ability: Ability, formula: Formula, seconds: float, name: str) -> None:
        key = engine.name, ability, formula
        start = time.monotonic()
        try:
            with self._watch(engine.name, ability.value, seconds):
                outcome = _put(engine, ability, formula, Limits(seconds, self._memory_mb))
        except LimitReached as error:
            memory = isinstance(error, OutOfMemory)
            self.cut_short = self.cut_short or not memory
            if memory:
                self._memo[key] = None
            _note(self.limits, f"{engine.name}: {'out of memory' if memory else 'out of time'} ({ability})")
            word = "out of memory" if memory else "timeout"
            self._record(Run(engine.name, "", time.monotonic() - start, 0.0, word), engine)
        except EngineError as error:
            self._memo[key] = None
            self._failed(error, Run(engine.name, "", time.monotonic() - start, 0.0, "failed"))
        except UsageError as error:
            # The engine knows such questions in general but not this one (too high a degree, say).
            self._memo[key] = None
            _note(self.limits, str(error))
        else:
            outcome = replace(outcome, run=replace(outcome.run, question=name))
            self._memo[key] = outcome
            self._record(outcome.run, engine)
            if outcome.value is None:
                _note(self.limits, f"{engine.name}: answered unknown ({ability})")

    def _failed(self, error: EngineError, run: Run) -> None:
        _note(self.failures, _one_line(error))
        self._record(run, None)

    def _record(self, run: Run, engine: Engine | None) -> None:
        before = self._tried.get(run.engine)
        version = run.version or (before.version if before else "")
        if not version and engine is not None:
            version = _version(engine)
        self._tried[run.engine] = Run(
            run.engine,
            version,
            run.seconds + (before.seconds if before else 0.0),
            max(run.peak_mb, before.peak_mb if before else 0.0),
            run.answer,
            run.question,
        )


def _version(engine: Engine) -> str:
    """The version the engine reports, or "" if it does not, in time or at all: no verdict depends on it."""
    try:
        with phase(f"asking {engine.name} for its version"):
            return engine.version()
    except EngineError:
        return ""


def _put(engine: Engine, ability: Ability, formula: Formula, limits: Limits) -> Outcome[Any]:
    match ability:
        case Ability.DECIDE:
            return engine.decide(formula, limits)
        case Ability.ELIMINATE:
            return engine.eliminate(formula, limits)
        case Ability.SATISFY:
            return engine.satisfy(formula, limits)


def _one_line(error: EngineError) -> str:
    """The error without most of what the engine printed: its last line, if that is short, is enough to go on."""
    last = error.tail.strip().rpartition("\n")[2].strip()[:_LONGEST_QUOTE]
    return f"{error.engine}: {error.problem}" + (f" (last output: {last!r})" if last else "")


def _note(lines: list[str], line: str) -> None:
    if line not in lines:
        lines.append(line)
