"""R5 and R6: a term whose positions fall apart is several terms; lines without positions leave it.

*Theorem.* Let G be the bipartite graph of the positions of P_k outside W, with components R_1×C_1, …, R_s×C_s. The
components have disjoint rows and disjoint columns, so x_k = Σ x^(c), y_k = Σ y^(c) with independent x^(c) on R_c, y^(c) on
C_c; the cross products lie in W. Hence modulo R^W term k equals s independent terms with rectangles R_c×C_c. Lines of P_k
without a position outside W belong to no component and leave (R6, the case of one component).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import final

from qeclose.algebra.curve import Curve, Laurent
from qeclose.presolve.step import listed_lines
from qeclose.problem import Problem, Rectangle, tick
from qeclose.proof.well_posed import Part, SplitTermStep
from qeclose.support.bits import bits, bitset
from qeclose.support.phrase import Lines, Phrase, phrase

__all__ = ["SplitTerm", "components", "find_splits"]


def components(rectangle: Rectangle, free: Mapping[int, int]) -> list[Rectangle]:
    """The connected components of the positions of ``rectangle`` outside ``free`` (lines without any left out)."""
    groups: list[Rectangle] = []
    for i in bits(rectangle.rows):
        columns = rectangle.columns & ~free.get(i, 0)
        if not columns:
            continue
        rows = 1 << i
        apart = []
        for group in groups:
            if group.columns & columns:
                rows |= group.rows
                columns |= group.columns
            else:
                apart.append(group)
        groups = [*apart, Rectangle(rows, columns)]
    return groups


@final
@dataclass(frozen=True, slots=True)
class SplitTerm:
    """A term gives way to its parts, which are new terms with ids of their own."""

    term: int
    parts: Mapping[int, Rectangle]

    @property
    def rule(self) -> str:
        """The name "trim" if the term only loses lines, for reports; certificates call both "split-term"."""
        return "trim" if len(self.parts) == 1 else "split-term"

    @property
    def detail(self) -> Phrase:
        """What the step did, in one clause."""
        whole, parts = Lines("term", (self.term,)), Lines("term", tuple(self.parts))
        if len(self.parts) == 1:
            return phrase(whole, " loses lines that are free in it and becomes ", parts)
        return phrase(whole, " falls into the independent ", parts)

    def apply(self, problem: Problem) -> Problem:
        """The problem with the parts in place of the term."""
        terms = {k: term for k, term in problem.terms.items() if k != self.term}
        return Problem({**terms, **self.parts}, problem.free)

    def lift(self, curve: Curve, before: Problem) -> Curve:  # noqa: ARG002 - the protocol's signature
        """The parts are added up."""

        def gathered(entries: Mapping[tuple[int, int], Laurent]) -> dict[tuple[int, int], Laurent]:
            return {(i, self.term if k in self.parts else k): value for (i, k), value in entries.items()}

        return Curve(gathered(curve.x), gathered(curve.y))

    def listed(self) -> SplitTermStep:
        """The step as a proof lists it."""
        return SplitTermStep(
            self.term, tuple([Part(k, listed_lines(part)) for k, part in self.parts.items()])
        )


def find_splits(problem: Problem, ids: Iterator[int]) -> list[SplitTerm]:
    """The terms R5 splits or R6 trims; the parts take new ids from ``ids``."""
    splits = []
    apart: dict[Rectangle, list[Rectangle]] = {}
    with_free = bitset(problem.free)
    for k, term in problem.terms.items():
        tick()
        if not any(term.columns & problem.free[i] for i in bits(term.rows & with_free)):
            continue
        if term not in apart:
            apart[term] = components(term, problem.free)
        parts = apart[term]
        if parts and parts != [term]:
            splits.append(SplitTerm(k, dict(zip((next(ids) for _ in parts), parts, strict=True))))
    return splits
