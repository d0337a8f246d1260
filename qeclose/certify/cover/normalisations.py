"""Beginnings of solutions of A = X Yᵀ that are worth trying: tested at points modulo a prime before polynomials are touched.

A plan looks at one side, say the rows. Each y_k is a unit vector, or it is what row i of A leaves of it: x_ik = 1, and
terms known before make what of the row lies outside J_k. The other rows are linear equations for x. A plan that works at
many points of a region, special ones too, is likely to have simple denominators, or none.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from qeclose.algebra.modular import PRIME
from qeclose.algebra.system import Ring
from qeclose.certify.effort import PLANS
from qeclose.problem import Problem
from qeclose.support.bits import bits

__all__ = ["Plans", "Point"]


Point = Mapping[tuple[int, int], int]
"""The entries of A on Q modulo ``PRIME``."""


@final
@dataclass(frozen=True, slots=True)
class _Plan:
    """``units``: where a vector has its 1. ``defined``: lines, and the terms whose vectors they define, in order."""

    units: Mapping[int, int]
    defined: tuple[tuple[int, int], ...]


@final
class Plans:
    """Random plans for one problem; ``ring`` has the variables ("x", k, i) and ("y", k, j)."""

    def __init__(self, problem: Problem, ring: Ring, rng: random.Random) -> None:
        self._sides = (
            _Side(problem, ring, ("x", "y"), False, rng),
            _Side(problem.transposed, ring, ("y", "x"), True, rng),
        )
        self._rng = rng
        self._good: list[tuple[_Side, _Plan]] = []

    def best(self, points: Sequence[Point], tries: int, keep: int) -> list[tuple[int, list[tuple[int, int]]]]:
        """The first choices of the best plans that work at the first point, with the number of points where they do.

        Plans that worked at all points of another region are tested first.
        """
        found: list[tuple[int, list[tuple[int, int]]]] = []
        everywhere = 0
        for side, plan in itertools.chain(tuple(self._good), (self._random() for _ in range(tries))):
            if not side.works(plan, points[0]):
                continue
            score = 1 + sum(side.works(plan, point) for point in points[1:])
            choices = side.choices(plan)
            if any(choices == other for _, other in found):
                continue
            found.append((score, choices))
            if score == len(points):
                self._good = [(side, plan), *(good for good in self._good if good[1] != plan)][
                    : PLANS.remembered
                ]
                everywhere += 1
                if everywhere == keep:
                    break
        return sorted(found, key=lambda one: -one[0])[:keep]

    def _random(self) -> tuple[_Side, _Plan]:
        side = self._rng.choice(self._sides)
        return side, side.random_plan()


@final
class _Side:
    """The plans that solve line by line."""

    def __init__(
        self, problem: Problem, ring: Ring, letters: tuple[str, str], transposed: bool, rng: random.Random
    ) -> None:
        self.terms = problem.terms
        self.lines = {i: tuple(bits(asked)) for i, asked in sorted(problem.rows.items()) if asked}
        self.visible = {i: problem.terms_of_row[i] for i in self.lines}
        self.index = ring.index
        self.letters = letters
        self.transposed = transposed
        self.rng = rng

    def random_plan(self) -> _Plan:
        """Lines that few terms meet define vectors first; the other vectors are unit vectors."""
        rng = self.rng
        left = set(self.terms)
        defined: list[tuple[int, int]] = []
        share = rng.random()
        count = rng.randint(0, len(left))
        for i in sorted(self.lines, key=lambda i: len(self.visible[i]) * share + rng.random()):
            candidates = [k for k in self.visible[i] if k in left]
            if candidates and len(defined) < count:
                k = rng.choice(candidates)
                left.remove(k)
                defined.append((i, k))
        units = {k: rng.choice(tuple(bits(self.terms[k].columns))) for k in sorted(left)}
        return _Plan(units, tuple(defined))

    def choices(self, plan: _Plan) -> list[tuple[int, int]]:
        """The plan as numbers for unknowns: indices and values."""
        line, vector = self.letters
        chosen = [
            (self.index[vector, k, j], int(j == place))
            for k, place in plan.units.items()
            for j in bits(self.terms[k].columns)
        ]
        known = set(plan.units)
        for i, k in plan.defined:
            whole = not any(not self.terms[k].columns >> j & 1 for j in self.lines[i])
            chosen += [
                (self.index[line, l, i], int(l == k))
                for l in self.visible[i]
                if l == k or whole or l not in known
            ]
            known.add(k)
        return chosen

    def works(self, plan: _Plan, point: Point) -> bool:
        """Whether the plan gives factors of the matrix with these entries."""
        vectors = {k: {place: 1} for k, place in plan.units.items()}
        for i, k in plan.defined:
            outside = [j for j in self.lines[i] if not self.terms[k].columns >> j & 1]
            known = [l for l in self.visible[i] if l in vectors]
            factors = self._solve(vectors, known, i, outside, point)
            if factors is None:
                return False
            made = [(factor, vectors[l]) for factor, l in zip(factors, known, strict=True) if factor]
            vectors[k] = {
                j: (self._entry(point, i, j) - sum(factor * other.get(j, 0) for factor, other in made))
                % PRIME
                for j in self.lines[i]
                if self.terms[k].columns >> j & 1
            }
        done = {i for i, _ in plan.defined}
        return all(
            i in done or self._solve(vectors, self.visible[i], i, asked, point) is not None
            for i, asked in self.lines.items()
        )

    def _entry(self, point: Point, i: int, j: int) -> int:
        return point[j, i] if self.transposed else point[i, j]

    def _solve(
        self,
        vectors: Mapping[int, Mapping[int, int]],
        known: Sequence[int],
        i: int,
        columns: Sequence[int],
        point: Point,
    ) -> list[int] | None:
        """Factors with which the known vectors make line i in these columns; None if they cannot."""
        rows = [[*(vectors[k].get(j, 0) for k in known), self._entry(point, i, j)] for j in columns]
        pivots: list[tuple[int, int]] = []
        for place in range(len(known)):
            top = len(pivots)
            found = next((q for q in range(top, len(rows)) if rows[q][place]), None)
            if found is None:
                continue
            rows[top], rows[found] = rows[found], rows[top]
            inverse = pow(rows[top][place], -1, PRIME)
            rows[top] = [entry * inverse % PRIME for entry in rows[top]]
            for q, row in enumerate(rows):
                if q != top and row[place]:
                    factor = row[place]
                    rows[q] = [(a - factor * b) % PRIME for a, b in zip(row, rows[top], strict=True)]
            pivots.append((top, place))
        if any(row[-1] for row in rows[len(pivots) :]):
            return None
        solution = [0] * len(known)
        for top, place in pivots:
            solution[place] = rows[top][-1]
        return solution
