"""R3: of lines that look alike, only as many as they meet terms are needed.

*Theorem.* Rows that meet the same set S of terms and have the same free positions in the columns of those terms are
*twins*. More than |S| twins may be cut to |S|; the same holds for columns.

*Proof.* The capped set is a restriction of E by rows, so it inherits closedness (R2). Conversely let X^n (Y^n)ᵀ → A.
On the twin rows a QR factorization gives orthogonal Q^n such that the twin rows of Q^n X^n beyond the |S|-th vanish; the
supports are respected since all twins are of type S. Pass to a limit Q of Q^n. The truncated limit of Q^n A^n lies in
the closed capped set, and multiplying by Qᵀ gives a factorization of A. ∎
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from qeclose.algebra.curve import Curve
from qeclose.problem import Problem, Rectangle
from qeclose.proof.trees import Side
from qeclose.proof.well_posed import TwinCappingStep
from qeclose.support.bits import bitset
from qeclose.support.phrase import Phrase, Sided, phrase

__all__ = ["TwinCapping", "find_twins"]


@final
@dataclass(frozen=True, slots=True)
class TwinCapping:
    """Of lines that are alike, ``keep`` are kept, as many as there are terms that meet them, and ``drop`` dropped."""

    side: Side
    keep: tuple[int, ...]
    drop: tuple[int, ...]
    rule = "twin-capping"

    @property
    def detail(self) -> Phrase:
        """What the step did, in one clause."""
        total, verb = len(self.keep) + len(self.drop), "is" if len(self.keep) == 1 else "are"
        return phrase(f"of {total} alike ", Sided(f"{self.side}s"), f" {len(self.keep)} {verb} kept")

    def apply(self, problem: Problem) -> Problem:
        """The problem without the dropped lines."""
        gone = ~bitset(self.drop)
        if self.side == "row":
            dropped = set(self.drop)
            return Problem(
                {k: Rectangle(term.rows & gone, term.columns) for k, term in problem.terms.items()},
                {i: columns for i, columns in problem.free.items() if i not in dropped},
            )
        return Problem(
            {k: Rectangle(term.rows, term.columns & gone) for k, term in problem.terms.items()},
            {i: columns & gone for i, columns in problem.free.items() if columns & gone},
        )

    def lift(self, curve: Curve, before: Problem) -> Curve:  # noqa: ARG002 - the protocol's signature
        """The dropped lines are zero (R2)."""
        return curve

    def listed(self) -> TwinCappingStep:
        """The step as a proof lists it."""
        return TwinCappingStep(self.side, self.keep, self.drop)


def find_twins(problem: Problem) -> list[TwinCapping]:
    """The cappings of rows; if there are none, of columns."""
    return _twin_rows(problem, "row") or _twin_rows(problem.transposed, "column")


def _twin_rows(problem: Problem, side: Side) -> list[TwinCapping]:
    groups: dict[tuple[int, int], list[int]] = {}
    for i, first in problem.first_alike.items():
        groups.setdefault((first, problem.rows[i]), []).append(i)
    sizes = {i: len(meeting) for i, meeting in problem.terms_of_row.items()}
    # The columns of Q in a row are the columns of its terms less the free ones, so equal keys mean equal
    # free positions in the columns of S.
    return [
        TwinCapping(side, tuple(lines[: sizes[first]]), tuple(lines[sizes[first] :]))
        for (first, _), lines in groups.items()
        if len(lines) > sizes[first]
    ]
