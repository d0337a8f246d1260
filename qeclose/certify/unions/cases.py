"""A matrix outside E(S) for all supports S within some bounds: cases on which entries may be nonzero.

A case knows entries that are *present* and entries that are *allowed*: those that a bound leaves room for beside the present
ones. If A is outside E(allowed), the case is done; else it is divided by an entry that is allowed and not yet present. Only the
lines where A is not zero matter (R2), so the size of A's other lines does not.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from fractions import Fraction
from typing import final

from qeclose.certify.effort import UNIONS
from qeclose.certify.refute.elimination import Exhausted, membership
from qeclose.problem import Problem
from qeclose.proof.bounds import Cases, EntryCase, RefutedCase
from qeclose.proof.ill_posed import Refutation, TreeRefutation
from qeclose.proof.trees import Contradiction
from qeclose.support import Mask, Support
from qeclose.support.bits import bits, bitset
from qeclose.support.bounded import BoundedSupport, Bounds

__all__ = ["outside_all"]


_Rows = tuple[int, ...]
_Pair = tuple[_Rows, _Rows]


def outside_all(
    constrained: BoundedSupport, point: Mapping[tuple[int, int], Fraction], *, cases: int, deadline: float
) -> Cases | None:
    """The cases, at most that many; None if the point is in the union, or budget or time runs out."""
    search = _Search(constrained, point, cases, deadline)
    factors = constrained.box.factors
    try:
        return search.run(
            (factors[0].rows, factors[1].rows),
            ((0,) * len(factors[0].rows), (0,) * len(factors[1].rows)),
        )
    except _GivenUp:
        return None


class _GivenUp(Exception):
    """A support contains the point, or may do."""


@final
class _Search:
    def __init__(
        self,
        constrained: BoundedSupport,
        point: Mapping[tuple[int, int], Fraction],
        cases: int,
        deadline: float,
    ) -> None:
        self.bounds = constrained.drawn_bounds
        self.widths = tuple(factor.n_cols for factor in constrained.box.factors)
        self.point = point
        self.rows = bitset({i for i, _ in point})
        self.columns = bitset({j for _, j in point})
        self.left = cases
        self.deadline = deadline
        self.known: dict[_Pair, Refutation | None] = {}

    def run(self, allowed: _Pair, present: _Pair) -> Cases:
        self.left -= 1
        if self.left < 0 or time.monotonic() > self.deadline:
            raise _GivenUp
        allowed = (
            _still_allowed(allowed[0], present[0], self.bounds[0]),
            _still_allowed(allowed[1], present[1], self.bounds[1]),
        )
        refutation = self._refutation(allowed)
        if refutation is not None:
            return RefutedCase(refutation)
        l, i, k = self._open_entry(allowed, present)
        inside = self.run(allowed, _toggled(present, l, i, k))
        return EntryCase((l, i, k), inside, self.run(_toggled(allowed, l, i, k), present))

    def _refutation(self, allowed: _Pair) -> Refutation | None:
        seen = (
            tuple(row if self.rows >> i & 1 else 0 for i, row in enumerate(allowed[0])),
            tuple(row & self.columns for row in allowed[1]),
        )
        if seen not in self.known:
            self.known[seen] = self._new_refutation(seen)
        return self.known[seen]

    def _new_refutation(self, allowed: _Pair) -> Refutation | None:
        left, right = (Mask(rows, width) for rows, width in zip(allowed, self.widths, strict=True))
        problem = Problem.of(Support.of_factors((left, right)))
        for i, j in self.point:
            if not problem.rows.get(i, 0) >> j & 1:
                # The equation there says 0 = A_ij.
                return TreeRefutation(((i, j),), Contradiction(0))
        try:
            return membership(problem, self.point, {k: k for k in problem.terms}).refutation(UNIONS.nodes)
        except Exhausted:
            return None

    def _open_entry(self, allowed: _Pair, present: _Pair) -> tuple[int, int, int]:
        """An entry in the lines that matter, of a factor whose allowed entries break its bounds."""
        for l, (may, had) in enumerate(zip(allowed, present, strict=True)):
            if self.bounds[l].allows(Mask(may, self.widths[l])):
                continue
            for i, row in enumerate(may):
                seen = (row if self.rows >> i & 1 else 0) if l == 0 else row & self.columns
                for k in bits(seen & ~had[i]):
                    return l, i, k
        raise _GivenUp


def _still_allowed(allowed: _Rows, present: _Rows, bounds: Bounds) -> _Rows:
    if bounds.total is not None and sum(map(int.bit_count, present)) >= bounds.total:
        return present
    width = max(map(int.bit_length, allowed), default=0)
    full = 0
    if bounds.column is not None:
        full = bitset(k for k in range(width) if sum(row >> k & 1 for row in present) >= bounds.column)
    return tuple(
        had if bounds.row is not None and had.bit_count() >= bounds.row else may & ~full | had
        for may, had in zip(allowed, present, strict=True)
    )


def _toggled(pair: _Pair, l: int, i: int, k: int) -> _Pair:
    changed = (*pair[l][:i], pair[l][i] ^ 1 << k, *pair[l][i + 1 :])
    return (changed, pair[1]) if l == 0 else (pair[0], changed)
