"""Adjacent factors whose products are all the matrices with some support, replaced by one factor.

*Theorem.* If {X_l X_{l+1}} is the coordinate space R^S of a support S, the chain with one factor of support S in their place
has the same set E. Rule R4 (``presolve.absorption``) proves that: it writes the set as E' + R^V and drops the terms that made
R^V; when no term is left, E = R^V. Only the steps that keep E + R^W as a set are used (R1, R4, R5, R6), not twin capping.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import final

from qeclose.algebra.curve import Curve, Laurent, constant, scale
from qeclose.certify.effort import CHAINS
from qeclose.presolve.absorption import find_absorption
from qeclose.presolve.empty import find_empty_terms
from qeclose.presolve.splitting import SplitTerm, find_splits
from qeclose.presolve.step import Step
from qeclose.problem import Problem, Rectangle
from qeclose.proof.well_posed import Merging
from qeclose.support import Mask, Support
from qeclose.support.bits import bits
from qeclose.support.mask import product_mask

__all__ = ["Factor", "Merge", "merges", "unmerge"]

Factor = Mapping[tuple[int, int], Laurent]
"""A factor along a curve: its nonzero entries."""


@final
@dataclass(frozen=True, slots=True)
class Merge:
    """Factors ``at`` and ``at`` + 1 of a chain, ``left`` and ``right``, become ``merged``."""

    at: int
    left: Mask
    right: Mask
    steps: tuple[Step, ...]

    @property
    def merged(self) -> Mask:
        """The one factor that stands for both: their Boolean product."""
        return product_mask(self.left, self.right)

    def apply(self, factors: Sequence[Mask]) -> tuple[Mask, ...]:
        """The chain with both factors replaced by ``merged``."""
        return (*factors[: self.at], self.merged, *factors[self.at + 2 :])

    def listed(self) -> Merging:
        """The merging as a proof lists it."""
        return Merging(self.at, tuple([step.listed() for step in self.steps]))


def merges(factors: Sequence[Mask]) -> Iterator[Merge]:
    """The merges the theorem allows in this chain."""
    for at, (left, right) in enumerate(itertools.pairwise(factors)):
        if product_mask(left, right).nnz > CHAINS.merged_entries:
            continue
        steps = _filling_steps(Problem.of(Support.of_factors((left, right))))
        if steps is not None:
            yield Merge(at, left, right, steps)


def _filling_steps(problem: Problem) -> tuple[Step, ...] | None:
    """Steps that absorb every term, or None."""
    ids = itertools.count(max(problem.terms, default=-1) + 1)
    taken: list[Step] = []
    while problem.terms:
        found: list[Step] = list(find_empty_terms(problem)) or list(find_splits(problem, ids))
        if not found:
            absorption = find_absorption(problem)
            if absorption is None:
                return None
            found = [absorption]
        for step in found:
            problem = step.apply(problem)
        taken += found
    return tuple(taken)


def unmerge(merge: Merge, target: Factor) -> tuple[Factor, Factor]:
    """Factors along a curve with the product ``target``, a curve of matrices with the merged support.

    The lifts of the steps cancel whatever other terms make where the absorbed terms can; one other term a column makes
    −target.
    """
    problem = Problem.of(Support.of_factors((merge.left, merge.right)))
    parts = [part for step in merge.steps if isinstance(step, SplitTerm) for part in step.parts]
    first = max(parts, default=merge.left.n_cols) + 1
    others: dict[int, Rectangle] = {}
    x: dict[tuple[int, int], Laurent] = {}
    y: dict[tuple[int, int], Laurent] = {}
    for j, rows in enumerate(merge.merged.columns):
        if rows:
            others[first + j] = Rectangle(rows, 1 << j)
            y[j, first + j] = constant(1)
            for i in bits(rows):
                if (i, j) in target:
                    x[i, first + j] = scale(target[i, j], Fraction(-1))
    start = Problem({**problem.terms, **others}, {})
    problems = list(itertools.accumulate(merge.steps, lambda before, step: step.apply(before), initial=start))
    curve = Curve(x, y)
    for step, before in zip(reversed(merge.steps), reversed(problems[:-1]), strict=True):
        curve = step.lift(curve, before)
    left = {(i, k): value for (i, k), value in curve.x.items() if k < first and value}
    right = {(k, j): value for (j, k), value in curve.y.items() if k < first and value}
    return left, right
