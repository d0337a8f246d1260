"""Matrices of zeros and ones that seem to have no factors: what curves of factors may end at, and E may miss."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

from qeclose.certify.frontier.numeric import Approximation
from qeclose.problem import Problem

__all__ = ["small_points"]

Point = dict[tuple[int, int], int]


def small_points(problem: Problem, seed: int, *, deadline: float) -> Iterator[Point]:
    """The 0/1 matrices on Q, fewest ones first, for which no factors are found numerically, until ``deadline``.

    Scaling rows and columns keeps E, so that the nonzero entries of a matrix may be taken to be 1 along a spanning forest of
    its bipartite graph; of the other entries only 0 and 1 are tried. Nothing is proved of what comes out.
    """
    positions = tuple(problem.positions())
    approximation = Approximation(problem, seed)
    for size in range(1, len(positions) + 1):
        for places in itertools.combinations(positions, size):
            if time.monotonic() > deadline:
                return
            point = dict.fromkeys(places, 1)
            if not approximation.finds(point):
                yield point
