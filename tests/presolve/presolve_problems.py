"""Random problems and random curves for the laws of presolve."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

from hypothesis import strategies as st

from qeclose.algebra.curve import ZERO, Curve, Laurent, add, scale
from qeclose.certify.frontier.limits import limit_space
from qeclose.problem import Problem, Rectangle
from qeclose.support.bits import bits

__all__ = ["all_positions", "moving_curve", "problem", "problems"]


def problem(*terms: tuple[int, int], free: dict[int, int] | None = None) -> Problem:
    """Terms 0, 1, … with these rectangles (rows, columns)."""
    return Problem({k: Rectangle(*term) for k, term in enumerate(terms)}, free or {})


@st.composite
def problems(draw: st.DrawFn, *, lines: int = 4, terms: int = 4, free: bool = False) -> Problem:
    """Problems of at most ``lines`` rows and columns; rectangles may be empty, and equal ones are common."""
    side = st.integers(0, 2**lines - 1)
    rectangles = draw(st.lists(st.builds(Rectangle, side, side), min_size=1, max_size=3))
    chosen = draw(st.lists(st.sampled_from(rectangles), min_size=1, max_size=terms))
    at = {i: draw(side) for i in range(lines)} if free else {}
    return Problem(dict(enumerate(chosen)), {i: columns for i, columns in at.items() if columns})


def moving_curve(core: Problem, rng: random.Random) -> Curve:
    """A random curve whose product has a limit on Q; its entries may have poles.

    X is polynomial, with many zeros at t = 0; each column of Y is chosen so that the column of the product stays in the
    limits of the span of the visible columns of X, plus something that tends to 0.
    """
    x: dict[tuple[int, int], Laurent] = {}
    for k, term in core.terms.items():
        for i in bits(term.rows):
            x[i, k] = {e: Fraction(c) for e in range(3) if (c := rng.choice((0, 0, 1, -1, 2)))}
    y: dict[tuple[int, int], Laurent] = {}
    for j, rows in core.transposed.rows.items():
        visible = core.transposed.terms_of_row[j]
        for vector in limit_space([[x.get((i, k), ZERO) for i in bits(rows)] for k in visible]):
            factor = rng.choice((1, -1, 2))
            for k, combination in zip(visible, vector.combination, strict=True):
                y[j, k] = add(y.get((j, k), ZERO), scale(combination, factor))
    return Curve(x, y)


def all_positions(core: Problem) -> Iterator[tuple[int, int]]:
    """Every position that some term covers, free ones included."""
    for i, columns in core.covered.items():
        for j in bits(columns):
            yield i, j
