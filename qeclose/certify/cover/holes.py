"""A hole: a matrix outside E where generic matrices around it, of the ranks that E allows, are in E (docs/theory.md#holes)."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction

from qeclose.algebra.curve import Curve, Laurent
from qeclose.algebra.system import Polynomial, System, evaluate
from qeclose.certify.cover.generic import Draws, Value
from qeclose.certify.cover.points import along_line
from qeclose.certify.effort import HOLES
from qeclose.certify.refute.confirm import Candidate, Frontier, confirm
from qeclose.problem import Problem

__all__ = ["curve_to", "frontier_at"]


Point = Mapping[tuple[int, int], Fraction]


def frontier_at(
    problem: Problem,
    origin: Mapping[int, int],
    draws: Draws,
    conditions: tuple[Polynomial, ...],
    point: Point,
    patience: int,
) -> Frontier | None:
    """The point with a curve of E that reaches it and a refutation of A ∈ E, if both are found.

    The conditions, equations that all of E satisfies, are solved near the point, so that the entries that are left can move
    freely; a generic solution along a line of them is the curve. Rank conditions that are not independent at the
    point cannot be solved there: None.
    """
    for curve in _curves_to(draws, conditions, point, patience):
        nonzero = {place: value for place, value in point.items() if value}
        return confirm(Candidate(nonzero, curve), problem, origin)
    return None


def curve_to(
    problem: Problem, draws: Draws, conditions: tuple[Polynomial, ...], point: Point, patience: int
) -> Curve | None:
    """A curve of E that ends at the point, all of whose positions are given; with conditions as above."""
    for curve in _curves_to(draws, conditions, point, patience):
        if all(
            min(entry := curve.product(problem, *place), default=0) >= 0 and entry.get(0, 0) == value
            for place, value in point.items()
        ):
            return curve
    return None


def _curves_to(
    draws: Draws, conditions: tuple[Polynomial, ...], point: Point, patience: int
) -> Iterator[Curve]:
    near = _solved_near(draws, conditions, point)
    if near is None:
        return
    found = 0
    for _ in range(patience):
        drawn = draws.draw(*near)
        if drawn is None:
            continue
        found += 1
        values = draws.resolved(drawn[1], System(draws.ring, ()))
        yield from _curves(draws, values, point)
        if found == HOLES.solutions:
            break


def _solved_near(
    draws: Draws, conditions: tuple[Polynomial, ...], point: Point
) -> tuple[System, tuple[Polynomial, ...]] | None:
    """The goal with entries of A expressed by others, so that all conditions hold, where that is possible at the point."""
    ring = draws.ring
    value = {ring.index["a", *place]: entry for place, entry in point.items()}
    region, goal = System(ring, conditions), draws.goal
    while any(True for _ in region.open_equations()):
        pivot = next(
            (
                (e, a, c)
                for e, a, c in region.linear_pivots()
                if all(b in value for b in ring.occurring(c)) and evaluate(c, value)
            ),
            None,
        )
        if pivot is None:
            return None
        e, a, c = pivot
        numerator, denominator = region.solution(e, a)
        region = region.with_unit(c).replaced(a, numerator, denominator, e)
        goal = tuple(region.stripped(ring.replace(p, a, numerator, denominator)) for p in goal)
        del value[a]
    return region, goal


def _curves(draws: Draws, values: list[Value], point: Point) -> Iterator[Curve]:
    """X(t), Y(t) with X Yᵀ = point + O(t), from a generic solution along lines through the point."""
    ring = draws.ring
    rng: random.Random = draws.rng
    for attempt in range(HOLES.directions):
        steps = (1,) if attempt == 0 else HOLES.steps
        line: dict[int, Laurent] = {
            ring.index["a", *place]: {e: c for e, c in ((0, entry), (1, Fraction(rng.choice(steps)))) if c}
            for place, entry in point.items()
        }
        entries = along_line(values, ring, line)
        if entries is not None:
            x: dict[tuple[int, int], Laurent] = {}
            y: dict[tuple[int, int], Laurent] = {}
            for (letter, k, i), value in entries.items():
                (x if letter == "x" else y)[int(i), int(k)] = value
            yield Curve(x, y)
