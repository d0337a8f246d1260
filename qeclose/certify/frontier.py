"""Points that a curve of factors approaches, and the proof that one is not in E."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

from qeclose.certify.refutation import Exhausted, membership
from qeclose.presolve import Curve, Problem

__all__ = ["Candidate", "Frontier", "confirm"]

_CASES = 400
"""Nodes a refutation may have; a point that needs more is given up for a simpler one."""


@final
@dataclass(frozen=True, slots=True)
class Candidate:
    """A matrix in the closure of E (modulo the free positions), and the curve that reaches it."""

    point: Mapping[tuple[int, int], Fraction]
    curve: Curve


@final
@dataclass(frozen=True, slots=True)
class Frontier:
    """A point of the frontier of E, the curve that reaches it, and why E does not."""

    point: Mapping[tuple[int, int], Fraction]
    curve: Curve
    refutation: dict[str, Any]


def confirm(candidate: Candidate, problem: Problem, origin: Mapping[int, int]) -> Frontier | None:
    """The candidate as a frontier point if it is refuted to be in E, else None.

    ``origin`` maps term ids to the columns of the user's mask, which name the refutation's variables.
    """
    try:
        refutation = membership(problem, candidate.point, origin).refutation(_CASES)
    except Exhausted:
        return None
    return None if refutation is None else Frontier(candidate.point, candidate.curve, refutation)
