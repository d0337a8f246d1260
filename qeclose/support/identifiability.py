"""When is a factor with fixed zeros unique up to scaling? The criteria of network component analysis.

For A = X Yᵀ with supp X ⊆ I and Y arbitrary of rank r, Liao, Boscolo, Yang, Tran, Sabatti and Roychowdhury (PNAS 100, 2003)
show that X and Y are determined up to a scaling of the terms if (1) X has full column rank; (2) for every term k, the
rows of X that are zero in column k, without that column, have full column rank r − 1. For generic entries of X these
ranks are the largest matchings of the mask.

Unique and well-posed are different things: LU with unit diagonal is unique where it exists, and ill-posed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from qeclose.support.mask import Mask

__all__ = ["Identifiability", "identifiability"]


@final
@dataclass(frozen=True, slots=True)
class Identifiability:
    """``full_rank``: criterion 1 holds for generic entries. ``failing``: the terms k for which criterion 2 does not."""

    full_rank: bool
    failing: tuple[int, ...]

    @property
    def holds(self) -> bool:
        """Whether both criteria do, so that generic factors are unique up to scaling."""
        return self.full_rank and not self.failing


def identifiability(mask: Mask) -> Identifiability:
    """The two criteria for the m×r mask of X, Y being dense.

    >>> identifiability(Mask.from_lists([[1, 0], [0, 1], [1, 1]])).holds
    True
    >>> identifiability(Mask.from_lists([[1, 1], [1, 0]]))
    Identifiability(full_rank=True, failing=(0,))
    """
    _, r = mask.shape
    rows = mask.to_lists()
    failing = []
    for k in range(r):
        without = [row[:k] + row[k + 1 :] for row in rows if not row[k]]
        if _generic_rank(without, r - 1) < r - 1:
            failing.append(k)
    return Identifiability(_generic_rank(rows, r) == r, tuple(failing))


def _generic_rank(rows: list[list[int]], columns: int) -> int:
    """The rank of a matrix with generic entries on a mask: its largest matching."""
    if not rows or not columns:
        return 0
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import structural_rank

    return int(structural_rank(csr_array(np.array(rows))))
