"""Search for a frontier point: a curve X(t), the limits of its column spaces, and a matrix in them that is not in E."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from qeclose.algebra.curve import ZERO, Curve, Laurent, add, scale
from qeclose.certify.effort import PAIR_CURVES
from qeclose.certify.frontier.limits import LimitVector, limit_space
from qeclose.certify.frontier.numeric import Approximation
from qeclose.certify.refute.confirm import Candidate, Frontier, confirm
from qeclose.problem import Problem
from qeclose.support.bits import bits

__all__ = ["candidates", "find_frontier"]


def find_frontier(
    problem: Problem, origin: Mapping[int, int], rng: random.Random, *, tries: int, deadline: float
) -> Frontier | None:
    """A frontier point of ``problem``, by at most ``tries`` random curves in each orientation.

    ``origin`` maps term ids to the columns of the user's mask (for the refutation's variables); ``deadline`` is a
    value of ``time.monotonic``. None means that none was found, not that there is none.
    """
    for candidate in candidates(problem, rng, tries=tries, deadline=deadline):
        frontier = confirm(candidate, problem, origin)
        if frontier is not None:
            return frontier
    return None


def candidates(
    problem: Problem, rng: random.Random, *, tries: int, deadline: float = math.inf
) -> Iterator[Candidate]:
    """Matrices in the closure of E, each with its curve, for which no factors were found numerically.

    At most ``tries`` random curves in each orientation, three matrices a curve.
    """
    views = (_View(problem, transposed=False), _View(problem.transposed, transposed=True))
    approximation = Approximation(problem, rng.getrandbits(32))
    for _ in range(tries):
        for view in views:
            if time.monotonic() > deadline:
                return
            for candidate in view.try_curve(rng):
                if not approximation.finds(candidate.point):
                    yield candidate


class _View:
    """One orientation of the problem: the curve moves X, the columns are solved for."""

    def __init__(self, problem: Problem, *, transposed: bool) -> None:
        self.problem = problem
        self.transposed = transposed
        self.columns = {j: tuple(bits(rows)) for j, rows in sorted(problem.transposed.rows.items()) if rows}
        self.visible = {j: problem.transposed.terms_of_row[j] for j in self.columns}

    def try_curve(self, rng: random.Random) -> list[Candidate]:
        """Candidate frontier points from one random curve, with the curves that reach them."""
        x = self._random_factor(rng)
        limits: dict[int, list[LimitVector]] = {}
        for j, rows in self.columns.items():
            limits[j] = limit_space([[x.get((i, k), ZERO) for i in rows] for k in self.visible[j]])
        jumps = any(
            any(min(c, default=0) < 0 for c in v.combination) for basis in limits.values() for v in basis
        )
        if not jumps:
            return []
        return [self._random_point(x, limits, rng) for _ in range(PAIR_CURVES.points_a_curve)]

    def _random_factor(self, rng: random.Random) -> dict[tuple[int, int], Laurent]:
        constants, degree = rng.choice(PAIR_CURVES.constants), rng.choice(PAIR_CURVES.degrees)
        x: dict[tuple[int, int], Laurent] = {}
        for k, term in self.problem.terms.items():
            for i in bits(term.rows):
                coefficients = [
                    rng.choice(constants),
                    *(rng.choice(PAIR_CURVES.slopes) for _ in range(degree)),
                ]
                x[i, k] = {e: Fraction(c) for e, c in enumerate(coefficients) if c}
        return x

    def _random_point(
        self,
        x: Mapping[tuple[int, int], Laurent],
        limits: Mapping[int, Sequence[LimitVector]],
        rng: random.Random,
    ) -> Candidate:
        point: dict[tuple[int, int], Fraction] = {}
        y: dict[tuple[int, int], Laurent] = {}
        for j, basis in limits.items():
            for vector in basis:
                factor = rng.choice(PAIR_CURVES.coefficients)
                for i, entry in zip(self.columns[j], vector.vector, strict=True):
                    point[i, j] = point.get((i, j), Fraction(0)) + factor * entry
                for k, c in zip(self.visible[j], vector.combination, strict=True):
                    y[j, k] = add(y.get((j, k), ZERO), scale(c, factor))
        curve = Curve(x, y)
        if self.transposed:
            return Candidate({(j, i): value for (i, j), value in point.items() if value}, curve.transposed)
        return Candidate({place: value for place, value in point.items() if value}, curve)
