"""Terms taken out of a mask by lines of their own: what the terms that are left cannot make, the mask cannot make either.

*Theorem.* Let K and M be disjoint sets of terms and R0, C0 rows and columns. Let every m ∈ M have a row ρ(m) ∈ I_m and a
column γ(m) ∈ J_m, all different and outside R0 and C0, such that ρ(m) is in no I_k or γ(m) in no J_k, k ∈ K. If
no other term meets both the rows R = R0 ∪ ρ(M) and the columns C = C0 ∪ γ(M), then a matrix A that is A0 on R0 × C0, the
identity on ρ(M) × γ(M), row ρ(m) matched to column γ(m), and 0 elsewhere on R × C, is in E only if A0 is a sum of the
terms in K. The proof is in docs/theory.md. Hence if the set of the terms in K on R0 × C0 is not closed, E is not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, final

from qeclose.presolve import Curve, Problem
from qeclose.presolve.curve import constant
from qeclose.presolve.matching import maximum_matching
from qeclose.presolve.problem import bitset
from qeclose.support import bits

__all__ = ["Padder", "Padding"]


@final
@dataclass(frozen=True, slots=True)
class Padding:
    """R0, C0 (bitsets), and for each term m taken out its lines: ``pads[m]`` = (ρ(m), γ(m))."""

    rows: int
    columns: int
    pads: Mapping[int, tuple[int, int]]

    @property
    def all_rows(self) -> int:
        return self.rows | bitset(i for i, _ in self.pads.values())

    @property
    def all_columns(self) -> int:
        return self.columns | bitset(j for _, j in self.pads.values())

    def around(self, curve: Curve) -> Curve:
        """The curve of the terms in K with the identity added to its product."""
        x = {(i, m): constant(1) for m, (i, _) in self.pads.items()}
        y = {(j, m): constant(1) for m, (_, j) in self.pads.items()}
        return Curve({**curve.x, **x}, {**curve.y, **y})

    def to_json(self, refutation: dict[str, Any]) -> dict[str, Any]:
        """The refutation of kind ``padded`` (docs/certificates.md) from one of A0."""
        return {
            "kind": "padded",
            "rows": list(bits(self.rows)),
            "columns": list(bits(self.columns)),
            "pads": [[m, i, j] for m, (i, j) in sorted(self.pads.items())],
            "refutation": refutation,
        }


@final
class Padder:
    """Finds paddings in one problem without free positions."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.sides = _Side(problem), _Side(problem.transposed)

    def find(self, kept: Collection[int], rows: int, columns: int) -> Padding | None:
        """Lines for every term but ``kept`` that meets the chosen rows and columns, or None if they are too few.

        Light lines are preferred, since each line chosen may bring in terms that need lines themselves.
        """
        terms = self.problem.terms
        out: set[int] = set()
        found = Padding(rows, columns, {})
        while True:
            all_rows, all_columns = found.all_rows, found.all_columns
            met = {k for k, term in terms.items() if term.rows & all_rows and term.columns & all_columns}
            if met <= out | set(kept):
                return found
            out |= met - set(kept)
            found = Padding(rows, columns, self._pads(out, kept, rows, columns))
            if len(found.pads) < len(out):
                return None

    def _pads(
        self, out: Collection[int], kept: Collection[int], rows: int, columns: int
    ) -> dict[int, tuple[int, int]]:
        """A row and a column for each term in ``out``, or for some of them if there are too few lines."""
        row_side, column_side = self.sides
        usable = row_side.places(out, rows), column_side.places(out, columns)
        apart = row_side.apart(usable[0], kept), column_side.apart(usable[1], kept)
        width = len(row_side.order)
        first = maximum_matching({m: apart[0][m] | apart[1][m] << width for m in out})
        if len(first) < len(out):
            return {}
        by_row = {m for m, place in first.items() if place < width}
        i_of = maximum_matching({m: (apart if m in by_row else usable)[0][m] for m in out})
        j_of = maximum_matching({m: (usable if m in by_row else apart)[1][m] for m in out})
        return {
            m: (row_side.order[i_of[m]], column_side.order[j_of[m]])
            for m in sorted(i_of.keys() & j_of.keys())
        }


@final
class _Side:
    """The lines of one side, numbered by places from light to heavy (fewest terms first)."""

    def __init__(self, view: Problem) -> None:
        meeting = view.terms_of_row
        self.order = sorted(meeting, key=lambda i: (len(meeting[i]), i))
        self.place = {i: place for place, i in enumerate(self.order)}
        self.of_term = {k: bitset(self.place[i] for i in bits(term.rows)) for k, term in view.terms.items()}

    def places(self, terms: Collection[int], chosen: int) -> dict[int, int]:
        """The places of the terms' lines that are not among the chosen lines."""
        taken = bitset(self.place[i] for i in bits(chosen) if i in self.place)
        return {m: self.of_term[m] & ~taken for m in sorted(terms)}

    def apart(self, places: Mapping[int, int], kept: Collection[int]) -> dict[int, int]:
        """Those on no kept term."""
        own = 0
        for k in kept:
            own |= self.of_term[k]
        return {m: lines & ~own for m, lines in places.items()}
