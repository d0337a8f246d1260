"""Presolve: the rules run to a fixed point, block by block."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import final

from qeclose.algebra.curve import Curve
from qeclose.presolve.absorption import AbsorbEqual, AbsorbMatching, find_absorptions
from qeclose.presolve.direct_sum import direct_summands
from qeclose.presolve.empty import EmptyTerm, find_empty_terms
from qeclose.presolve.splitting import SplitTerm, find_splits
from qeclose.presolve.step import Step
from qeclose.presolve.twins import find_twins
from qeclose.problem import OutOfTime, Problem, Rectangle, tick

__all__ = ["Reduction", "reduce"]


@final
@dataclass(frozen=True, slots=True)
class Reduction:
    """What the rules made of a problem: the steps in order, then the summands, each reduced in turn.

    ``summands`` is empty if nothing is left (the problem is closed) or if no rule applies to ``core`` any more, or none
    was found in time: then ``finished`` is False.
    """

    before: Problem
    steps: tuple[Step, ...]
    core: Problem
    summands: tuple[Reduction, ...] = field(default=())
    finished: bool = True

    @property
    def complete(self) -> bool:
        """Whether all rules were tried on every part."""
        return self.finished and all(summand.complete for summand in self.summands)

    def blocks(self) -> Iterator[Reduction]:
        """The leaves that are still open questions, with no step and no summand of their own to come."""
        if self.summands:
            for summand in self.summands:
                yield from summand.blocks()
        elif self.core.terms:
            yield self

    def all_steps(self) -> Iterator[Step]:
        """Every step taken, those of the summands included."""
        yield from self.steps
        for summand in self.summands:
            yield from summand.all_steps()

    def lift(self, block: Reduction, curve: Curve) -> Curve:
        """A curve of ``before`` from one of the core of ``block``, one of ``blocks()``."""
        for summand in self.summands:
            if any(leaf is block for leaf in summand.blocks()):
                curve = summand.lift(block, curve)  # the other summands are zero
        problems = list(
            itertools.accumulate(self.steps, lambda problem, step: step.apply(problem), initial=self.before)
        )
        for step, before in zip(reversed(self.steps), reversed(problems[:-1]), strict=True):
            curve = step.lift(curve, before)
        return curve

    def origins(self, terms: Iterable[int]) -> dict[int, int]:
        """For terms of the cores, the terms of ``before`` that they descend from."""
        parents = {
            part: step.term for step in self.all_steps() if isinstance(step, SplitTerm) for part in step.parts
        }

        def first(term: int) -> int:
            while term in parents:
                term = parents[term]
            return term

        return {term: first(term) for term in terms}


def reduce(problem: Problem, *, keep_set: bool = False) -> Reduction:
    """Apply R1 and R3–R7 until none applies, or the time is up. The problem is closed iff every core of ``blocks()`` is.

    With ``keep_set`` R3 is left out: all other rules keep the set E + R^W itself, not only whether it is closed.
    """
    return _reduce(problem, itertools.count(max(problem.terms, default=-1) + 1), twins=not keep_set)


def _reduce(problem: Problem, ids: itertools.count[int], *, twins: bool) -> Reduction:
    before = problem
    steps: list[Step] = []
    while True:
        try:
            found = _local_steps(problem, ids)
            summands = [] if found else direct_summands(problem)
            if not found and len(summands) == 1:
                found = _costly_steps(problem, twins=twins)
            problem = _applied(problem, found)
            steps += found
        except OutOfTime:
            return Reduction(before, tuple(steps), problem, finished=False)
        if len(summands) > 1:
            parts = tuple(_reduce(summand, ids, twins=twins) for summand in summands)
            return Reduction(before, tuple(steps), problem, parts)
        if not found:
            return Reduction(before, tuple(steps), problem)


def _applied(problem: Problem, steps: Iterable[Step]) -> Problem:
    """The problem after steps that were found at once: one new problem for all of them, but for twins."""
    gone: set[int] = set()
    come: dict[int, Rectangle] = {}
    filled: list[Rectangle] = []
    for step in steps:
        tick()
        match step:
            case EmptyTerm():
                gone.add(step.term)
            case SplitTerm():
                gone.add(step.term)
                come |= step.parts
            case AbsorbEqual() | AbsorbMatching():
                gone.update(step.ids)
                filled += (problem.terms[k] for k in step.ids)
            case _:
                problem = step.apply(problem)
    if not gone:
        return problem
    left = {k: term for k, term in problem.terms.items() if k not in gone}
    return Problem(left | come, problem.with_free(filled) if filled else problem.free)


def _local_steps(problem: Problem, ids: itertools.count[int]) -> list[Step]:
    """Steps of one rule that looks at each term alone."""
    empty = find_empty_terms(problem)
    return list(empty) if empty else list(find_splits(problem, ids))


def _costly_steps(problem: Problem, *, twins: bool) -> list[Step]:
    """Steps of one rule that looks at all terms together: better asked of one summand at a time."""
    return (list(find_twins(problem)) if twins else []) or list(find_absorptions(problem))
