"""Chains of chainable Kronecker supports: the butterfly algorithm, whose error is at most √(L−1) times the smallest.

The product of chainable patterns (``support.kronecker``) is cut out by the ranks of blocks (Le, Zheng, Riccietti, Gribonval,
arXiv 2411.04506). The algorithm splits off one factor after the other from the left by singular value decompositions of these
blocks; the factors split off act as isometries on what is left, and so errors do not grow (docs/fit.md has the proof).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from qeclose.problem import tick
from qeclose.support.kronecker import Pattern

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ButterflyFit", "butterfly"]


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
    A: NDArray[np.float64], patterns: Sequence[Pattern], tell: Callable[[str], None] = lambda _: None
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
