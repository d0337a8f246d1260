"""``describe``: a quantifier-free description of E or of a set made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from qeclose.decide.method import Question, too_large
from qeclose.decide.panel import Deadline, Panel, Watch
from qeclose.decide.staged import coordinates, missed_point
from qeclose.decide.strategy import DEFAULT_MEMORY_MB, DEFAULT_TIMEOUT
from qeclose.decide.verdict import Status
from qeclose.engine.protocol import Ability, Outcome, Run
from qeclose.errors import EngineNotFound, UsageError
from qeclose.formula.builders import SetName
from qeclose.formula.language import FALSE, And, Formula, Truth
from qeclose.formula.operations import is_positive_weak, negate, simplify_truth

if TYPE_CHECKING:
    from qeclose.engine.protocol import Engine
    from qeclose.support.model import Support

__all__ = ["Description", "describe"]


@final
@dataclass(frozen=True, slots=True)
class Description:
    """A quantifier-free formula of a set, or why there is none; ``formula`` is a ``Truth`` for the sentence."""

    formula: Formula | None
    runs: tuple[Run, ...]
    seconds: float
    reason: str = ""
    failed: bool = False

    @property
    def status(self) -> Status:
        """The exit status of ``qeclose eliminate``."""
        if self.formula is not None:
            return Status.WELL_POSED
        return Status.ENGINE_FAILURE if self.failed else Status.UNDECIDED


def describe(
    support: Support,
    which: SetName,
    *,
    engine: str = "auto",
    timeout: float = DEFAULT_TIMEOUT,
    memory_mb: int = DEFAULT_MEMORY_MB,
    seed: int = 0,
    paths: Mapping[str, Path] | None = None,
    watch: Watch | None = None,
) -> Description:
    """Eliminate the quantifiers of one set of ``support``, in the entries of A.

    E is eliminated first; the other sets are eliminated from its description, which is far cheaper. Raises
    ``UsageError`` for an engine that does not eliminate quantifiers.
    """
    deadline = Deadline(timeout)
    try:
        engines = _eliminators(engine, paths or {})
    except EngineNotFound as error:
        return Description(None, (), deadline.elapsed(), str(error), failed=True)
    panel = Panel(engines, deadline, memory_mb, watch)
    for _ in panel.rounds(alone=len(engines) == 1 and which is SetName.E):
        found = _described(support, which, seed, panel)
        if found is not None:
            formula, runs = found
            return Description(formula, runs, deadline.elapsed())
    why = "; ".join(panel.failures + panel.limits)
    return Description(None, panel.summary(), deadline.elapsed(), why, panel.only_failed)


def _eliminators(name: str, paths: Mapping[str, Path]) -> list[Engine]:
    from qeclose.engine.registry import find_engine, installed_engines

    if name != "auto":
        chosen = find_engine(name, paths)
        if Ability.ELIMINATE not in chosen.abilities:
            raise UsageError(f"{name} does not eliminate quantifiers; qepcad and redlog do")
        return [chosen]
    found = [engine for engine in installed_engines(paths) if Ability.ELIMINATE in engine.abilities]
    if not found:
        raise EngineNotFound("qepcad, redlog", "no engine that eliminates quantifiers is installed")
    return found


def _described(
    support: Support, which: SetName, seed: int, panel: Panel
) -> tuple[Formula, tuple[Run, ...]] | None:
    from qeclose.formula.builders import AtomShape, membership

    if too_large(support, panel):
        return None
    for outcome in panel.eliminate(membership(support, shape=AtomShape.EQUATIONS)):
        if outcome.value is None:
            continue
        missed = missed_point(outcome.value, Question(support), seed)
        if missed is not None:
            panel.distrust(outcome.run, f"its description of E misses the product {missed}")
            continue
        second = _from_description(simplify_truth(outcome.value), which, panel)
        if second is not None:
            formula, runs = second
            return formula, (outcome.run, *runs)
    return None


def _from_description(phi: Formula, which: SetName, panel: Panel) -> tuple[Formula, tuple[Run, ...]] | None:
    """The set ``which``, eliminated from the description ``phi`` of E."""
    from qeclose.formula.builders import closure_of, frontier_sentence_of

    point = coordinates(phi)
    closed = is_positive_weak(phi)
    outcome: Outcome[Formula] | None
    match which:
        case SetName.E:
            return phi, ()
        case SetName.COMPLEMENT:
            return simplify_truth(negate(phi)), ()
        case SetName.CLOSURE if closed:
            return phi, ()
        case SetName.FRONTIER | SetName.SENTENCE if closed:
            return FALSE, ()
        case SetName.CLOSURE:
            outcome = next(panel.eliminate(closure_of(phi, point)), None)
        case SetName.FRONTIER:
            outcome = next(panel.eliminate(And((closure_of(phi, point), negate(phi)))), None)
        case SetName.SENTENCE:
            decided = panel.decide(frontier_sentence_of(phi, point))
            if decided is None or decided.value is None:
                return None
            return Truth(decided.value), (decided.run,)
    if outcome is None or outcome.value is None:
        return None
    return simplify_truth(outcome.value), (outcome.run,)
