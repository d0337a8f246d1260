"""What every presolve rule has in common."""

from __future__ import annotations

from typing import Protocol

from qeclose.algebra.curve import Curve
from qeclose.problem import Problem, Rectangle
from qeclose.proof import well_posed
from qeclose.support.bits import bits
from qeclose.support.phrase import Phrase

__all__ = ["Step", "listed_lines"]


class Step(Protocol):
    """One application of a theorem: the problem before is closed if and only if the one after is."""

    @property
    def rule(self) -> str:
        """The theorem's name, as reports and certificates give it."""
        ...

    @property
    def detail(self) -> Phrase:
        """For the report."""
        ...

    def apply(self, problem: Problem) -> Problem:
        """The smaller problem."""
        ...

    def lift(self, curve: Curve, before: Problem) -> Curve:
        """The way back for a curve of the smaller problem: a curve of ``before``.

        Its product agrees with the given one's at the positions that still matter after the step, and has a limit wherever
        the given one has.
        """
        ...

    def listed(self) -> well_posed.Step:
        """The step as a proof lists it."""
        ...


def listed_lines(rectangle: Rectangle) -> well_posed.Lines:
    """The lines of a rectangle as proofs list them."""
    return well_posed.Lines(tuple(bits(rectangle.rows)), tuple(bits(rectangle.columns)))
