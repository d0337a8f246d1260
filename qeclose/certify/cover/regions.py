"""Covering a set of matrices A by cases, each with an explicit solution of equations for X and Y (docs/theory.md#full-space).

A region is given by equations, solved one by one for entries of A, and polynomials that do not vanish. It is divided by a
generic solution, rational in A: where no denominator vanishes the solution holds, the rest are regions of smaller dimension.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence

from qeclose.algebra.system import Polynomial, Ring, System, factors
from qeclose.certify.cover.generic import Value
from qeclose.certify.effort import COVERS
from qeclose.proof.trees import SolutionLeaf, SolveNode, SplitNode, Tree

__all__ = ["Covering", "TooManyRegions", "Uncovered"]


class Uncovered(Exception):
    """Time or patience ran out."""


class TooManyRegions(Uncovered):
    """A region's tree would need more regions than allowed."""


class Covering(ABC):
    """One attempt. ``generic`` is the first solution found, ``solved`` what the region at hand has its entries of A solved to."""

    def __init__(self, ring: Ring, regions: int, patience: int, deadline: float) -> None:
        self.ring = ring
        self.regions = regions
        self.patience = patience
        self.deadline = deadline
        self.generic: list[Value] | None = None
        self.solved: list[Value] = []

    @abstractmethod
    def draw(
        self, region: System, goal: tuple[Polynomial, ...]
    ) -> tuple[list[Polynomial], list[Value]] | None:
        """One attempt at a generic solution: the polynomials that must not vanish, and the values in order of choice."""

    @abstractmethod
    def solution(self, values: Sequence[Value], region: System) -> SolutionLeaf:
        """The values as a proof holds them."""

    @abstractmethod
    def stuck(self, region: System) -> None:
        """Called where no solution was found; may raise."""

    def cover(self, equations: tuple[Polynomial, ...], goal: tuple[Polynomial, ...]) -> Tree:
        """A tree that solves the goal wherever the equations hold. Raises ``Uncovered``."""
        return self._cover(System(self.ring, equations), goal, self.regions)

    def _cover(self, region: System, goal: tuple[Polynomial, ...], allowance: int) -> Tree:
        """A tree for one region: solve its equations, draw a solution, go on where that does not hold.

        Raises ``TooManyRegions`` if that takes more than ``allowance`` regions. A cheap-looking draw may leave awkward regions,
        so the best of several draws gets half of what is allowed before the next has its turn.
        """
        leaf = region.contradiction()
        if leaf is not None:
            return leaf
        if any(True for _ in region.open_equations()):
            return self._enter(region, goal, allowance)
        end = self.regions - allowance
        if self.regions <= end:
            raise TooManyRegions
        draws = self._best_draws(region, goal)
        for place, (denominators, values) in enumerate(draws, 1):
            left = self.regions - end
            try:
                return self._divide(
                    region, goal, denominators, values, left if place == len(draws) else left // 2
                )
            except TooManyRegions:
                if self.regions <= end:
                    break
        raise TooManyRegions

    def _divide(
        self,
        region: System,
        goal: tuple[Polynomial, ...],
        denominators: Sequence[Polynomial],
        values: list[Value],
        allowance: int,
    ) -> Tree:
        """A tree for a region with a generic solution: it, and trees for where its denominators vanish."""
        end = self.regions - allowance
        apart: list[tuple[Polynomial, Tree]] = []
        for d in denominators:
            if not region.is_unit(d):
                apart.append((d, self._cover(region.with_equation(d), goal, self.regions - end)))
                region = region.with_unit(d)
        tree: Tree = self.solution(values, region)
        for d, zero in reversed(apart):
            tree = SplitNode(self.ring.listed(d), zero, tree)
        return tree

    def _enter(self, region: System, goal: tuple[Polynomial, ...], allowance: int) -> Tree:
        """Solve a defining equation, or distinguish cases so that one can be solved."""
        best: tuple[int, int, int] | None = None
        coefficient: Polynomial | None = None
        for e, a, c in region.linear_pivots():
            if region.is_unit(c):
                candidate = (len(region.equations[e]), e, a)
                best = min(best, candidate) if best else candidate
            elif coefficient is None or len(c) < len(coefficient):
                coefficient = c
        if best is not None:
            _, e, a = best
            if e in region.hidden:
                repeating, repeated = region.repeated(e)
                return repeating(self._cover(repeated, goal, allowance))
            numerator, denominator = region.solution(e, a)
            solved = region.replaced(a, numerator, denominator, e)
            moved = tuple(solved.stripped(self.ring.replace(p, a, numerator, denominator)) for p in goal)
            self.solved.append((a, numerator, denominator))
            try:
                below = self._cover(solved, moved, allowance)
            finally:
                self.solved.pop()
            return SolveNode(e, self.ring.variables[a], below)
        factor = self._factor(region, coefficient)
        end = self.regions - allowance
        zero = self._cover(region.with_equation(factor), goal, allowance)
        nonzero = self._cover(region.with_unit(factor), goal, self.regions - end)
        return SplitNode(self.ring.listed(factor), zero, nonzero)

    def _factor(self, region: System, coefficient: Polynomial | None) -> Polynomial:
        for _, p in region.open_equations():
            parts = factors(p)
            if len(parts) > 1 or parts[0].total_degree() < p.total_degree():
                return parts[0]
        if coefficient is None:
            raise Uncovered
        return next(f for f in factors(coefficient) if not region.is_unit(f))

    def _best_draws(
        self, region: System, goal: tuple[Polynomial, ...]
    ) -> list[tuple[list[Polynomial], list[Value]]]:
        """A few generic solutions of a region, those with the simplest denominators first."""
        self.regions -= 1
        found: list[tuple[int, list[Polynomial], list[Value]]] = []
        for attempt in range(self.patience):
            if time.monotonic() > self.deadline:
                raise Uncovered
            if attempt >= COVERS.draws and found:
                break
            drawn = self.draw(region, goal)
            if drawn is not None:
                found.append((sum(len(d) ** 2 for d in drawn[0]), *drawn))
                if found[-1][0] <= 1:
                    break
        if not found:
            self.stuck(region)
            raise TooManyRegions
        found.sort(key=lambda draw: draw[0])
        if self.generic is None:
            self.generic = found[0][2]
        return [(sorted(denominators, key=len), values) for _, denominators, values in found[: COVERS.turns]]
