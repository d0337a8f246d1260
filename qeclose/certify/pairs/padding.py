"""Terms taken out of a mask by lines of their own: what the terms that are left cannot make, the mask cannot make either.

*Theorem.* Let K and M be disjoint sets of terms and R0, C0 rows and columns. Let every m ∈ M have a row ρ(m) ∈ I_m and
a column γ(m) ∈ J_m, all different and outside R0 and C0, such that ρ(m) is in no I_k or γ(m) in no J_k, k ∈ K. If no
other term meets both the rows R = R0 ∪ ρ(M) and the columns C = C0 ∪ γ(M), then a matrix A that is A0 on R0 × C0, the
identity on ρ(M) × γ(M), row ρ(m) matched to column γ(m), and 0 elsewhere on R × C, is in E only if A0 is a sum of the
terms in K. All of R × C must be observed but for R0 × C0. Proof: docs/theory.md#padding. Hence if the set of the terms
in K on R0 × C0 is not closed, E is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from qeclose.algebra.curve import Curve, constant
from qeclose.problem import Problem, Rectangle, tick
from qeclose.problem.matching import maximum_matching
from qeclose.proof.ill_posed import PaddedRefutation, Refutation
from qeclose.support.bits import bits, bitset

__all__ = ["Padding", "find_padding"]


@final
@dataclass(frozen=True, slots=True)
class Padding:
    """R0, C0 (bitsets), and for each term m taken out its lines: ``pads[m]`` = (ρ(m), γ(m))."""

    rows: int
    columns: int
    pads: Mapping[int, tuple[int, int]]

    @property
    def all_rows(self) -> int:
        """The rows of the sub-mask and those of the pads, as a bitset."""
        return self.rows | bitset(i for i, _ in self.pads.values())

    @property
    def all_columns(self) -> int:
        """The columns of the sub-mask and those of the pads, as a bitset."""
        return self.columns | bitset(j for _, j in self.pads.values())

    def around(self, curve: Curve) -> Curve:
        """The curve of the terms in K with the identity added to its product."""
        x = {(i, m): constant(1) for m, (i, _) in self.pads.items()}
        y = {(j, m): constant(1) for m, (_, j) in self.pads.items()}
        return Curve({**curve.x, **x}, {**curve.y, **y})

    def refutation(self, alone: Refutation) -> PaddedRefutation:
        """The refutation of A from one of A0."""
        pads = tuple([(m, i, j) for m, (i, j) in sorted(self.pads.items())])
        return PaddedRefutation(tuple(bits(self.rows)), tuple(bits(self.columns)), pads, alone)


def find_padding(problem: Problem, kept: Collection[int], rows: int, columns: int) -> Padding | None:
    """Lines for every term but ``kept`` that meets the chosen rows and columns, or None if they are too few.

    Each line chosen may bring in terms that need lines themselves. None if a position that pads speak of is free.
    """
    terms, others = problem.terms, problem.terms.keys() - set(kept)
    found = Padding(rows, columns, {})
    while True:
        tick()
        all_rows, all_columns = found.all_rows, found.all_columns
        met = {k for k in others if terms[k].rows & all_rows and terms[k].columns & all_columns}
        if met <= found.pads.keys():
            return None if _speaks_of_free(problem, found) else found
        out = sorted(met | found.pads.keys())
        found = Padding(rows, columns, _pads(problem, out, kept, rows, columns))
        if len(found.pads) < len(out):
            return None


def _speaks_of_free(problem: Problem, padding: Padding) -> bool:
    """Whether a position of R × C outside R0 × C0 is free."""
    columns, inside = padding.all_columns, padding.columns
    return any(
        problem.free.get(i, 0) & (columns & ~inside if padding.rows >> i & 1 else columns)
        for i in bits(padding.all_rows)
    )


def _pads(
    problem: Problem, out: Sequence[int], kept: Iterable[int], rows: int, columns: int
) -> dict[int, tuple[int, int]]:
    """A row and a column for each term in ``out``, or for some of them if there are too few lines."""
    usable = {m: Rectangle(problem.terms[m].rows & ~rows, problem.terms[m].columns & ~columns) for m in out}
    for k in kept:
        rows |= problem.terms[k].rows
        columns |= problem.terms[k].columns
    apart = {m: Rectangle(lines.rows & ~rows, lines.columns & ~columns) for m, lines in usable.items()}
    width = max(lines.rows.bit_length() for lines in usable.values())
    first = maximum_matching({m: lines.rows | lines.columns << width for m, lines in apart.items()})
    by_row = {m for m, line in first.items() if line < width}
    by_column = first.keys() - by_row
    i_of = maximum_matching({m: (apart if m in by_row else usable)[m].rows for m in first})
    j_of = maximum_matching({m: (apart if m in by_column else usable)[m].columns for m in first})
    return {m: (i_of[m], j_of[m]) for m in sorted(i_of.keys() & j_of.keys())}
