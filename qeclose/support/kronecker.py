"""Kronecker supports I_a ⊗ 1_{b×c} ⊗ I_d, and chains of them that are chainable.

Two patterns are chainable if a₁ | a₂, d₂ | d₁ and r = a₁c₁/a₂ = b₂d₂/d₁ is a whole number; their product has the pattern
(a₁, b₁d₁/d₂, a₂c₂/a₁, d₂) (Le, Zheng, Riccietti, Gribonval, arXiv 2411.04506).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, final

from qeclose.support.bits import bitset
from qeclose.support.mask import Mask

if TYPE_CHECKING:
    from qeclose.support.model import Support

__all__ = ["Pattern", "chainable_patterns"]

_MOST_READINGS = 1000


@final
@dataclass(frozen=True, slots=True)
class Pattern:
    """I_a ⊗ 1_{b×c} ⊗ I_d."""

    a: int
    b: int
    c: int
    d: int

    def times(self, other: Pattern) -> Pattern | None:
        """The pattern of a product; None if the two are not chainable."""
        if (
            other.a % self.a
            or self.d % other.d
            or (self.a * self.c) % other.a
            or (other.b * other.d) % self.d
        ):
            return None
        if self.a * self.c // other.a != other.b * other.d // self.d:
            return None
        return Pattern(self.a, self.b * self.d // other.d, other.a * other.c // self.a, other.d)

    def rank_with(self, other: Pattern) -> int:
        """The rank r of the blocks of a product with a chainable pattern."""
        return self.a * self.c // other.a


def chainable_patterns(support: Support) -> list[Pattern] | None:
    """The patterns of the factors if they are Kronecker supports that are chainable one after the other."""
    readings = [list(_readings(mask)) for mask in support.factors]
    if math.prod(map(len, readings)) > _MOST_READINGS:
        return None
    for patterns in itertools.product(*readings):
        if _product(patterns) is not None:
            return list(patterns)
    return None


def _product(patterns: Sequence[Pattern]) -> Pattern | None:
    def times(left: Pattern | None, right: Pattern) -> Pattern | None:
        return None if left is None else left.times(right)

    rest: Pattern | None = patterns[0]
    return reduce(times, patterns[1:], rest)


def _readings(mask: Mask) -> Iterator[Pattern]:
    """The patterns that a mask is: one, unless it is an identity, which is I_a ⊗ 1 ⊗ I_d for every a·d."""
    m, n = mask.shape
    if not m or not n:
        return
    first_row, first_column = mask.rows[0], mask.columns[0]
    b, c = first_column.bit_count(), first_row.bit_count()
    if not b or not c:
        return
    gaps = {_gap(line) for line in (first_row, first_column)} - {0}
    if len(gaps) > 1:
        return
    for d in gaps or (d for d in range(1, m + 1) if m % d == 0):
        if m % (b * d) == 0 and n % (c * d) == 0 and m // (b * d) == n // (c * d):
            pattern = Pattern(m // (b * d), b, c, d)
            if _mask_rows(pattern) == mask.rows:
                yield pattern


def _gap(line: int) -> int:
    """How far apart the first two ones are; 0 if there is one only."""
    rest = line & (line - 1)
    return 0 if not rest else (rest & -rest).bit_length() - (line & -line).bit_length()


def _mask_rows(pattern: Pattern) -> tuple[int, ...]:
    line = bitset(range(0, pattern.c * pattern.d, pattern.d))
    block = tuple(line << delta for delta in range(pattern.d)) * pattern.b
    width = pattern.c * pattern.d
    return tuple(row << (alpha * width) for alpha in range(pattern.a) for row in block)
