"""Chains of chainable Kronecker supports: the butterfly algorithm, whose error is at most √(L−1) times the smallest.

A pattern (a, b, c, d) is the support I_a ⊗ 1_{b×c} ⊗ I_d. Patterns are chainable if a₁ | a₂, d₂ | d₁ and
r = a₁c₁/a₂ = b₂d₂/d₁ is a whole number; their product has the pattern (a₁, b₁d₁/d₂, a₂c₂/a₁, d₂), and is cut out by the
ranks of blocks, at most r each (Le, Zheng, Riccietti, Gribonval, arXiv 2411.04506). The algorithm splits off one factor after
the other from the left by singular value decompositions of these blocks; the factors split off act as isometries on what is
left, and so errors do not grow (docs/fit.md has the proof).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, final

from qeclose.problem import tick
from qeclose.support.bits import bitset
from qeclose.support.mask import Mask

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qeclose.support import Support

__all__ = ["ButterflyFit", "Pattern", "butterfly", "chainable_patterns"]

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
    readings = []
    for mask in support.factors:
        tick()
        readings.append(list(_readings(mask)))
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


@final
@dataclass(frozen=True, slots=True)
class ButterflyFit:
    """Factors as sparse matrices, the loss inside the pattern, and a lower bound of it.

    loss ≤ (L − 1)·(the smallest loss there is); no factors are better than ``lower_bound``.
    """

    factors: list[Any]
    loss: float
    lower_bound: float


def butterfly(
    A: NDArray[np.float64], patterns: Sequence[Pattern], tell: Callable[[str], None] = lambda doing: None
) -> ButterflyFit:
    """Factors of A, an m×n matrix, with these chainable patterns."""
    import numpy as np

    rests = list(itertools.accumulate(reversed(patterns), lambda right, left: left.times(right)))
    rests.reverse()
    rest = _compact(A, rests[0])
    factors: list[Any] = []
    losses: list[float] = []
    for level, (one, other) in enumerate(zip(patterns, rests[1:], strict=False)):
        tick()
        tell(f"splitting off factor {level + 1} of {len(patterns)}")
        r, kappa, lam = one.rank_with(other), other.a // one.a, one.d // other.d
        # rows (i, β, λ, δ) and columns (i, κ, γ, δ): a block for each (i, κ, λ, δ), β × γ, of rank r.
        blocks = rest.reshape(one.a, one.b, lam, other.d, kappa, other.c).transpose(0, 4, 2, 3, 1, 5)
        left, values, right = np.linalg.svd(blocks, full_matrices=False)
        losses.append(float((values[..., r:] ** 2).sum()))
        kept = min(r, values.shape[-1])
        u = np.zeros((*left.shape[:-1], r))
        u[..., :kept] = left[..., :kept]
        w = np.zeros((*values.shape[:-1], r, other.c))
        w[..., :kept, :] = values[..., :kept, None] * right[..., :kept, :]
        # u[i, κ, λ, δ, β, ρ] is the factor's entry in row (i, β, λ, δ) and column (i, κ, ρ, λ, δ).
        entries = u.transpose(0, 4, 2, 3, 1, 5).reshape(one.a, one.b, one.d, one.c)
        factors.append(_sparse(entries, one))
        # w[i, κ, λ, δ, ρ, γ]: row (i, κ, ρ, λ, δ), column (i, κ, γ, δ).
        rest = w.transpose(0, 1, 4, 2, 3, 5).reshape(other.a, other.b, other.d, other.c)
    factors.append(_sparse(rest, rests[-1]))
    return ButterflyFit(factors, sum(losses), max(losses, default=0.0))


def _compact(A: NDArray[np.float64], p: Pattern) -> NDArray[np.float64]:
    """The entries inside the pattern: [α, β, δ, γ] is row (α, β, δ), column (α, γ, δ)."""
    import numpy as np

    whole = A.reshape(p.a, p.b, p.d, p.a, p.c, p.d)
    compact: NDArray[np.float64] = np.einsum("abdacd->abdc", whole)
    return compact


def _sparse(compact: NDArray[np.float64], p: Pattern) -> Any:
    """The matrix with these entries, as a scipy.sparse array."""
    import numpy as np
    from scipy import sparse

    alpha, _, delta, gamma = np.ogrid[: p.a, : p.b, : p.d, : p.c]
    columns = np.broadcast_to((alpha * p.c + gamma) * p.d + delta, compact.shape)
    m, n = p.a * p.b * p.d, p.a * p.c * p.d
    starts = np.arange(0, m * p.c + 1, p.c)
    made = sparse.csr_array((compact.reshape(-1), columns.reshape(-1), starts), shape=(m, n))
    made.sort_indices()
    return made
