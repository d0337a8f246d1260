"""A start by elimination: terms that have a row and a column of A to themselves are read off, as in Gaussian elimination.

If no other term meets row i within the columns of term k, nor column j within its rows, then row i and column j of A are
those of term k: with a pivot a_ij ≠ 0 it is A[:, j] A[i, :] / a_ij on its rectangle. It is taken off A, and the next term is
looked for. Where all terms go like this, as for LU, A is met exactly, by the only factors there are but for scaling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qeclose.fitting.local.target import Target

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["eliminated"]

_MOST_TERMS = 500


def eliminated(target: Target) -> list[Array] | None:
    """Factors (m×r and r×n) of the terms that can be read off, 0 for the others; None if there is none. Two factors only."""
    import numpy as np

    left, right = target.masks
    if left.shape[1] > _MOST_TERMS:
        return None
    x, y = np.zeros(left.shape), np.zeros(right.shape)
    rest = np.where(target.observed, target.A, 0.0)
    cover = left.astype(np.int64) @ right.astype(np.int64)
    waiting = [k for k in range(left.shape[1]) if left[:, k].any() and right[k].any()]
    found = False
    while waiting:
        best = max(((*_pivot(rest, cover, target, k), k) for k in waiting), default=None)
        if best is None or best[0] <= 0.0:
            break
        size, i, j, k = best
        rows, columns = np.flatnonzero(left[:, k]), np.flatnonzero(right[k])
        root = np.sqrt(size)
        x[rows, k] = rest[rows, j] / root
        y[k, columns] = rest[i, columns] / (np.sign(rest[i, j]) * root)
        rest[np.ix_(rows, columns)] -= np.outer(x[rows, k], y[k, columns])
        rest[~target.observed] = 0.0
        cover[np.ix_(rows, columns)] -= 1
        waiting.remove(k)
        found = True
    return [x, y] if found else None


def _pivot(rest: Array, cover: NDArray[np.int64], target: Target, k: int) -> tuple[float, int, int]:
    """The largest |a_ij| whose row and column the term has to itself, observed throughout, with i and j; (0, 0, 0): none."""
    import numpy as np

    rows, columns = np.flatnonzero(target.masks[0][:, k]), np.flatnonzero(target.masks[1][k])
    place = np.ix_(rows, columns)
    own = (cover[place] == 1) & target.observed[place]
    down, across = np.flatnonzero(own.all(axis=1)), np.flatnonzero(own.all(axis=0))
    if not len(down) or not len(across):
        return 0.0, 0, 0
    sizes = np.abs(rest[np.ix_(rows[down], columns[across])])
    a, b = np.unravel_index(int(sizes.argmax()), sizes.shape)
    return float(sizes[a, b]), int(rows[down[a]]), int(columns[across[b]])
