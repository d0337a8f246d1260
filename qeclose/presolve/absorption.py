r"""R4: terms that can make anything where they are turn their positions into free ones.

*Theorem.* If E = E' + R^V for a set V of positions, E' the sum of the other terms, then E is closed if and only if the
projection of E' that forgets V is: add V to W and drop the terms that made it.

(a) k terms with one rectangle P fill P \ W if the bipartite graph of P \ W has a vertex cover of at most k lines: each
term serves one line i (x = e_i, y anything) or one line j.

(b) A set K of terms fills the union of its rectangles outside W if in every column j the rows still to be met there can
be matched into the terms of K that hold j, row i to a term that holds i. For generic X the matched square system has
determinant ≠ 0, so every column can be solved for. Also with rows and columns exchanged.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import final

from qeclose.algebra.curve import Curve, Laurent, add, constant, scale
from qeclose.presolve.effort import ABSORPTIONS
from qeclose.presolve.step import listed_lines
from qeclose.problem import Problem, Rectangle, tick
from qeclose.problem.matching import maximum_matching, minimum_vertex_cover
from qeclose.proof.trees import Side
from qeclose.proof.well_posed import AbsorbEqualStep, AbsorbMatchingStep, Component
from qeclose.support.bits import bits, bitset
from qeclose.support.phrase import Lines, Phrase, Sided, counted, phrase

__all__ = ["AbsorbEqual", "AbsorbMatching", "find_absorption", "find_absorptions"]


def _absorbed(problem: Problem, ids: Sequence[int]) -> Problem:
    gone = set(ids)
    return Problem(
        {k: term for k, term in problem.terms.items() if k not in gone},
        problem.with_free(problem.terms[k] for k in ids),
    )


@final
@dataclass(frozen=True, slots=True)
class AbsorbEqual:
    """R4a, for terms whose common rectangle is connected outside W."""

    ids: tuple[int, ...]
    rectangle: Rectangle
    cover: Rectangle
    rule = "absorb-equal"

    @property
    def detail(self) -> Phrase:
        """What the step did, in one clause."""
        lines = self.cover.rows.bit_count() + self.cover.columns.bit_count()
        verb = "fills its rectangle" if len(self.ids) == 1 else "fill their rectangle"
        what = f" {verb}, which {counted(lines, 'line')} {'covers' if lines == 1 else 'cover'}"
        return phrase(Lines("term", self.ids), what)

    def apply(self, problem: Problem) -> Problem:
        """The problem without these terms, their positions free."""
        return _absorbed(problem, self.ids)

    def lift(self, curve: Curve, before: Problem) -> Curve:
        """The terms cancel whatever the others make in their rectangle: A is 0 there."""
        x, y = dict(curve.x), dict(curve.y)
        after = self.apply(before)
        unused = iter(self.ids)
        for i in bits(self.cover.rows):
            k = next(unused)
            x[i, k] = constant(1)
            for j in bits(before.rows[i] & self.rectangle.columns):
                y[j, k] = scale(curve.product(after, i, j), -1)
        rest = self.rectangle.rows & ~self.cover.rows
        for j in bits(self.cover.columns):
            k = next(unused)
            y[j, k] = constant(1)
            for i in bits(rest):
                if before.rows[i] >> j & 1:
                    x[i, k] = scale(curve.product(after, i, j), -1)
        return Curve(x, y)

    def listed(self) -> AbsorbEqualStep:
        """The step as a proof lists it."""
        part = Component(listed_lines(self.rectangle), listed_lines(self.cover))
        return AbsorbEqualStep(self.ids, (part,))


@final
@dataclass(frozen=True, slots=True)
class AbsorbMatching:
    """R4b. ``matching[j]`` maps each row to be met in column j to its term (side row: transposed)."""

    side: Side
    ids: tuple[int, ...]
    matching: Mapping[int, Mapping[int, int]]
    rule = "absorb-matching"

    @property
    def detail(self) -> Phrase:
        """What the step did, in one clause."""
        verb = "fills its rectangle" if len(self.ids) == 1 else "fill their rectangles"
        factor = Sided("X" if self.side == "column" else "Y")
        return phrase(Lines("term", self.ids), f" {verb} for generic ", factor)

    def apply(self, problem: Problem) -> Problem:
        """The problem without these terms, their positions free."""
        return _absorbed(problem, self.ids)

    def lift(self, curve: Curve, before: Problem) -> Curve:
        """The terms cancel whatever the others make in their rectangles: A is 0 there."""
        if self.side == "row":
            return self._lift(curve.transposed, before.transposed).transposed
        return self._lift(curve, before)

    def _lift(self, curve: Curve, before: Problem) -> Curve:
        after = self.apply(before)
        rng = random.Random(0)
        bound = 2
        while True:
            generic = {
                (i, k): Fraction(rng.randint(-bound, bound))
                for k in self.ids
                for i in bits(before.terms[k].rows)
            }
            solved = self._solve(generic, curve, after)
            if solved is not None:
                x = {**curve.x, **{place: constant(value) for place, value in generic.items()}}
                return Curve(x, {**curve.y, **solved})
            bound *= 2

    def _solve(
        self, generic: Mapping[tuple[int, int], Fraction], curve: Curve, after: Problem
    ) -> dict[tuple[int, int], Laurent] | None:
        """The y that cancel the others' product, or None if some matched system is singular."""
        y: dict[tuple[int, int], Laurent] = {}
        for j, matched in self.matching.items():
            matrix = [[generic.get((i, k), Fraction(0)) for k in matched.values()] for i in matched]
            solution = _solve_linear(matrix, [scale(curve.product(after, i, j), -1) for i in matched])
            if solution is None:
                return None
            y.update({(j, k): value for k, value in zip(matched.values(), solution, strict=True)})
        return y

    def listed(self) -> AbsorbMatchingStep:
        """The step as a proof lists it."""
        matching = tuple([(j, tuple(matched.items())) for j, matched in self.matching.items()])
        return AbsorbMatchingStep(self.side, self.ids, matching)


def _solve_linear(matrix: list[list[Fraction]], right: list[Laurent]) -> list[Laurent] | None:
    """The solution of a square system with Laurent right-hand sides, or None if it is singular."""
    size = len(matrix)
    for c in range(size):
        pivot = next((r for r in range(c, size) if matrix[r][c]), None)
        if pivot is None:
            return None
        matrix[c], matrix[pivot] = matrix[pivot], matrix[c]
        right[c], right[pivot] = right[pivot], right[c]
        inverse = 1 / matrix[c][c]
        matrix[c] = [entry * inverse for entry in matrix[c]]
        right[c] = scale(right[c], inverse)
        for r in range(size):
            factor = matrix[r][c]
            if r != c and factor:
                matrix[r] = [a - factor * b for a, b in zip(matrix[r], matrix[c], strict=True)]
                right[r] = add(right[r], scale(right[c], -factor))
    return right


def find_absorption(problem: Problem) -> AbsorbEqual | AbsorbMatching | None:
    """One application of R4, or None."""
    return next(iter(find_absorptions(problem)), None)


def find_absorptions(problem: Problem) -> Sequence[AbsorbEqual | AbsorbMatching]:
    """Applications of R4 that do not touch each other: of R4a, or else one of R4b, or none."""
    return _find_equal(problem) or _find_matching(problem)


def _find_equal(problem: Problem) -> list[AbsorbEqual]:
    found: list[AbsorbEqual] = []
    taken: dict[int, int] = {}
    groups: dict[Rectangle, list[int]] = {}
    for k, term in problem.terms.items():
        groups.setdefault(term, []).append(k)
    for rectangle, ids in groups.items():
        tick()
        cover = _cover_within(problem, rectangle, len(ids))
        if cover is None or any(taken.get(i, 0) & rectangle.columns for i in bits(rectangle.rows)):
            continue  # where it meets others, less will be left of it
        found.append(AbsorbEqual(tuple(ids), rectangle, cover))
        for i in bits(rectangle.rows):
            taken[i] = taken.get(i, 0) | rectangle.columns
    return found


def _cover_within(problem: Problem, rectangle: Rectangle, size: int) -> Rectangle | None:
    """Lines covering the rectangle's positions outside W, at most ``size`` of them, or None."""
    if rectangle.rows.bit_count() <= size:
        return Rectangle(rectangle.rows, 0)
    if rectangle.columns.bit_count() <= size:
        return Rectangle(0, rectangle.columns)
    if not problem.free:
        return None
    neighbours = {i: problem.rows[i] & rectangle.columns for i in bits(rectangle.rows)}
    if sum(1 for columns in neighbours.values() if columns.bit_count() > size) > size:
        return None  # each such row is in every cover of that size
    rows, columns = minimum_vertex_cover(neighbours)
    return Rectangle(rows, columns) if rows.bit_count() + columns.bit_count() <= size else None


def _find_matching(problem: Problem) -> list[AbsorbMatching]:
    for ids in _candidates(problem):
        for side, view in (("column", problem), ("row", problem.transposed)):
            matching = _saturate(view, ids)
            if matching is not None:
                return [AbsorbMatching("column" if side == "column" else "row", ids, matching)]
    return []


def _candidates(problem: Problem) -> Iterator[tuple[int, ...]]:
    """Sets of terms worth trying: all small ones; of many terms, those inside one term's rectangle, and all."""
    ids = sorted(problem.terms)
    if len(ids) <= ABSORPTIONS.subsets_up_to:
        for size in range(1, len(ids) + 1):
            yield from itertools.combinations(ids, size)
        return
    terms = problem.terms
    starting: dict[int, list[int]] = {}
    for k in ids:
        starting.setdefault((terms[k].rows & -terms[k].rows).bit_length() - 1, []).append(k)
    starts = bitset(starting)
    seen = set()
    for k in ids:
        tick()
        inside = tuple(
            sorted(
                other
                for i in bits(terms[k].rows & starts)
                for other in starting[i]
                if not terms[other].rows & ~terms[k].rows and not terms[other].columns & ~terms[k].columns
            )
        )
        if len(inside) > 1 and inside not in seen:
            seen.add(inside)
            yield inside
    yield tuple(ids)


def _saturate(problem: Problem, ids: tuple[int, ...]) -> dict[int, dict[int, int]] | None:
    """For every column of these terms, a matching of its rows into them, or None if some column has none."""
    part = problem if len(ids) == len(problem.terms) else problem.part(ids)
    columns = part.transposed.rows
    met = part.transposed.terms_of_row
    if any(rows.bit_count() > len(met[j]) for j, rows in columns.items()):
        return None
    found: dict[int, dict[int, int]] = {}
    for j, rows in columns.items():
        tick()
        at_column = met[j]
        matching = maximum_matching(
            {i: bitset(k for k in at_column if part.terms[k].rows >> i & 1) for i in bits(rows)}
        )
        if len(matching) < rows.bit_count():
            return None
        found[j] = matching
    return found
