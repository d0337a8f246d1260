"""``describe``: a quantifier-free description of E or of a set made from it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from qeclose.decide.closure import line_limits
from qeclose.decide.linear_description import linear_description
from qeclose.decide.method import Question, too_large
from qeclose.decide.methods.presolved import block_lines, block_question
from qeclose.decide.methods.staged import coordinates, missed_point, simplified
from qeclose.decide.panel import Deadline, Panel, Watch
from qeclose.decide.strategy import DEFAULT_MEMORY_MB, DEFAULT_TIMEOUT
from qeclose.decide.verdict import Status
from qeclose.engine.protocol import Ability, Outcome, Run
from qeclose.errors import EngineNotFound, UsageError
from qeclose.formula.builders import SetName
from qeclose.formula.language import FALSE, And, Exists, Formula, Truth
from qeclose.formula.normal_forms import put_first, reordered
from qeclose.formula.operations import (
    free_variables,
    is_positive_weak,
    negate,
    simplify_truth,
    substitute,
)
from qeclose.formula.polynomials import natural_order

if TYPE_CHECKING:
    from qeclose.engine.protocol import Engine
    from qeclose.formula.builders import Positions
    from qeclose.support.model import Support

__all__ = ["Block", "Description", "describe", "describe_blocks"]


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
    positions: Positions | None = None,
    order: Sequence[str] = (),
    known: Formula | None = None,
    engine: str = "auto",
    timeout: float = DEFAULT_TIMEOUT,
    memory_mb: int = DEFAULT_MEMORY_MB,
    seed: int = 0,
    paths: Mapping[str, Path] | None = None,
    watch: Watch | None = None,
) -> Description:
    """Eliminate the quantifiers of one set of ``support``, in the entries of A, of those at ``positions`` if given.

    E is eliminated first; the other sets are eliminated from its description, which is far cheaper. Unless an engine is
    named E is described by linear algebra if that goes all the way, and not again if a description of it is ``known``.
    Engines get the variables named ``order`` first.
    Raises ``UsageError`` for an engine that does not eliminate quantifiers.
    """
    deadline = Deadline(timeout)
    question = Question(support, None if positions is None else tuple(positions))
    to_be_described = known is None
    if known is None and engine == "auto":
        linear = linear_description(question, deadline.left())
        known = None if linear is None else linear.simple
    if known is not None and which in (SetName.E, SetName.COMPLEMENT):
        phi = known if which is SetName.E else simplify_truth(negate(known))
        return Description(phi, (), deadline.elapsed())
    try:
        engines = _eliminators(engine, paths or {})
    except EngineNotFound as error:
        return Description(None, (), deadline.elapsed(), str(error), failed=True)
    panel = Panel(engines, deadline, memory_mb, watch)
    asking = _Asking(question, which, seed, tuple(order), panel)
    for _ in panel.rounds(alone=len(engines) == 1 and which is SetName.E):
        found = None if known is None else asking.from_description(known)
        if found is None and to_be_described:
            found = asking.described()
        if found is not None:
            formula, runs = found
            return Description(formula, runs, deadline.elapsed())
    why = "; ".join(panel.failures + panel.limits)
    return Description(None, panel.summary(), deadline.elapsed(), why, panel.only_failed)


@final
@dataclass(frozen=True, slots=True)
class Block:
    """A block that presolve leaves: its lines and its entries as the user counts them, from 0."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    positions: tuple[tuple[int, int], ...]


def describe_blocks(
    support: Support, which: SetName, *, timeout: float = DEFAULT_TIMEOUT, **options: Any
) -> list[tuple[Block, Description]]:
    """``describe`` for every block that presolve leaves, in the entries of A as the user names them.

    E is closed if and only if the projection of every block to its positions is. Raises ``UsageError`` for more than two
    factors.
    """
    from qeclose.formula.builders import entries
    from qeclose.presolve import reduce
    from qeclose.problem import Problem, time_limit

    if len(support.factors) != 2:
        raise UsageError("presolve is for two factors")
    deadline = Deadline(timeout)
    with time_limit(time.monotonic() + timeout):
        blocks = reduce(Problem.of(support)).blocks()
    names = entries(support)
    found = []
    for block in blocks:
        rows, columns = block_lines(block.core)
        question = block_question(block.core)
        theirs = entries(question.support, positions=question.positions)
        place = {(i, j): (rows[i], columns[j]) for i, j in theirs}
        to_user = {symbol: names[place[entry]] for entry, symbol in theirs.items()}
        # The order is given in the user's names.
        named = {symbol.name: other.name for other, symbol in to_user.items()}
        order = [named[name] for name in options.get("order", ()) if name in named]
        told = describe(
            question.support,
            which,
            **{
                **options,
                "positions": question.positions,
                "order": order,
                "timeout": max(deadline.left(), 0.01),
            },
        )
        if told.formula is not None:
            told = replace(told, formula=substitute(told.formula, to_user))
        found.append((Block(tuple(rows), tuple(columns), tuple(place.values())), told))
    return found


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


@final
@dataclass(frozen=True, slots=True)
class _Asking:
    """One set of one question, to be described by the engines of a panel."""

    question: Question
    which: SetName
    seed: int
    order: tuple[str, ...]
    panel: Panel

    def described(self) -> tuple[Formula, tuple[Run, ...]] | None:
        """The set by way of an engine's description of E."""
        from qeclose.formula.builders import AtomShape, membership

        support, positions = self.question.support, self.question.positions
        if too_large(support, self.panel):
            return None
        for outcome in self._eliminate(membership(support, shape=AtomShape.EQUATIONS, positions=positions)):
            if outcome.value is None:
                continue
            missed = missed_point(outcome.value, self.question, self.seed)
            if missed is not None:
                self.panel.distrust(outcome.run, f"its description of E misses the product {missed}")
                continue
            second = self.from_description(simplified(outcome.value, self.panel))
            if second is not None:
                formula, runs = second
                return formula, (outcome.run, *runs)
        return None

    def from_description(self, phi: Formula) -> tuple[Formula, tuple[Run, ...]] | None:
        """The set, eliminated from the description ``phi`` of E."""
        from qeclose.formula.builders import closure_of, frontier_sentence_of

        point = coordinates(phi)
        closed = is_positive_weak(phi)
        match self.which:
            case SetName.E:
                return phi, ()
            case SetName.COMPLEMENT:
                return simplify_truth(negate(phi)), ()
            case SetName.CLOSURE if closed:
                return phi, ()
            case SetName.FRONTIER | SetName.SENTENCE if closed:
                return FALSE, ()
            case SetName.SENTENCE:
                decided = self.panel.decide(frontier_sentence_of(phi, point))
                if decided is None or decided.value is None:
                    return None
                return Truth(decided.value), (decided.run,)
            case SetName.CLOSURE | SetName.FRONTIER:
                by_lines = self._closure_by_lines(phi)
                if by_lines is not None:
                    closure, runs = by_lines
                    outside = And((closure, negate(phi)))
                    wanted = closure if self.which is SetName.CLOSURE else outside
                    return simplified(simplify_truth(wanted), self.panel), runs
        wanted = closure_of(phi, point)
        if self.which is SetName.FRONTIER:
            wanted = And((wanted, negate(phi)))
        outcome = next(self._eliminate(wanted), None)
        if outcome is None or outcome.value is None:
            return None
        return simplified(outcome.value, self.panel), (outcome.run,)

    def _closure_by_lines(self, phi: Formula) -> tuple[Formula, tuple[Run, ...]] | None:
        """The closure of ``phi``, if the points that segments inside end at are all of it."""
        segments = line_limits(phi)
        if not isinstance(segments, Exists):
            return (segments, ()) if is_positive_weak(segments) else None
        outcome = next(self._eliminate(segments), None)
        if outcome is None or outcome.value is None:
            return None
        limits = simplified(outcome.value, self.panel)
        return (limits, (outcome.run,)) if is_positive_weak(limits) else None

    def _eliminate(self, formula: Formula) -> Iterator[Outcome[Formula]]:
        """Engines take free variables in the order of their names: for another order they get other names."""
        if not self.order:
            yield from self.panel.eliminate(formula)
            return
        import sympy

        free = put_first(natural_order(free_variables(formula)), self.order)
        names = {symbol: sympy.Symbol(f"q{place}") for place, symbol in enumerate(free, 1)}
        back = {name: symbol for symbol, name in names.items()}
        for outcome in self.panel.eliminate(substitute(reordered(formula, self.order), names)):
            value = None if outcome.value is None else substitute(outcome.value, back)
            yield Outcome(value, outcome.run)
