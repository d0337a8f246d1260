"""R1: a term none of whose positions matters is dropped.

*Theorem.* If the rectangle of term k holds no position outside W, then C(P_k) contributes nothing that is looked at,
and E is unchanged modulo R^W when k is dropped. (With W empty: I_k or J_k is empty.) Rows and columns met by no term
need no step: the problem never mentions them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from qeclose.algebra.curve import Curve
from qeclose.problem import Problem
from qeclose.proof.well_posed import EmptyTermStep
from qeclose.support.bits import bits
from qeclose.support.phrase import Lines, Phrase, phrase

__all__ = ["EmptyTerm", "find_empty_terms"]


@final
@dataclass(frozen=True, slots=True)
class EmptyTerm:
    """A term without a position that is not free is left out."""

    term: int
    rule = "empty-term"

    @property
    def detail(self) -> Phrase:
        """What the step did, in one clause."""
        return phrase(Lines("term", (self.term,)), " has no position left")

    def apply(self, problem: Problem) -> Problem:
        """The problem without the term."""
        return Problem({k: p for k, p in problem.terms.items() if k != self.term}, problem.free)

    def lift(self, curve: Curve, before: Problem) -> Curve:  # noqa: ARG002 - the protocol's signature
        """The dropped term is zero."""
        return curve

    def listed(self) -> EmptyTermStep:
        """The step as a proof lists it."""
        return EmptyTermStep(self.term)


def find_empty_terms(problem: Problem) -> list[EmptyTerm]:
    """The terms R1 drops."""
    return [
        EmptyTerm(k)
        for k, term in problem.terms.items()
        if not any(term.columns & ~problem.free.get(i, 0) for i in bits(term.rows))
    ]
