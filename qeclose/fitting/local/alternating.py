"""Alternating least squares from many starts at once.

With all factors but one held fixed the problem is linear least squares, row by row for the first factor and column by column
for the last. Factors of s starts are stacks: an s×m×r array and so on, so that a round costs numpy's calls once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from qeclose.fitting.local.target import FLOOR, Descent, Target, times
from qeclose.supervise import tick

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["alternate"]

_ROUNDS = 40
_SLOW = 1e-8
"""Steps end when this many fewer parts of the loss go in a round."""


def alternate(
    target: Target,
    starts: Sequence[Sequence[Array]],
    *,
    ridge: float = 0.0,
    late: Callable[[], bool] = lambda: False,
    rounds: int = _ROUNDS,
) -> list[Descent]:
    """A run from each start: rounds of linear least squares, one factor after the other, until they bring little.

    All end with the round after which it is ``late``.
    """
    import numpy as np

    stacks = [
        np.where(mask, np.stack(factors), 0.0)
        for mask, factors in zip(target.masks, zip(*starts, strict=True), strict=True)
    ]
    histories: list[list[tuple[float, float]]] = [[] for _ in starts]
    runs: dict[int, Descent] = {}
    left, before = np.arange(len(starts)), np.full(len(starts), math.inf)
    for number in range(rounds):
        tick()
        for level in reversed(range(len(stacks))):
            stacks[level] = _best_factor(target, stacks, level, ridge)
        stacks = _balanced(stacks)
        losses, objectives, sizes = _measured(target, stacks, ridge)
        for place, start in enumerate(left.tolist()):
            histories[start].append((float(losses[place]), float(sizes[place])))
        # Written so that a run whose numbers overflowed ends, too.
        goes_on = (objectives > FLOOR * target.norm**2) & (before - objectives > _SLOW * objectives)
        if number == rounds - 1 or late():
            goes_on[:] = False
        for place in np.flatnonzero(~goes_on).tolist():
            start = left[place].item()
            factors = [stack[place] for stack in stacks]
            runs[start] = Descent(factors, float(objectives[place]), float(losses[place]), histories[start])
        left, before, stacks = left[goes_on], objectives[goes_on], [stack[goes_on] for stack in stacks]
        if not len(left):
            break
    return [runs[start] for start in range(len(starts))]


def _measured(target: Target, stacks: Sequence[Array], ridge: float) -> tuple[Array, Array, Array]:
    """Of each start the loss, the objective and the size of the largest term (``Target.size``)."""
    import numpy as np

    residual = np.where(target.observed, target.A - reduce(times, stacks), 0.0)
    losses = np.square(residual).sum(axis=(1, 2))
    squares = [np.square(stack).sum(axis=(1, 2)) for stack in stacks]
    if len(stacks) == 2:
        terms = np.linalg.norm(stacks[0], axis=1) * np.linalg.norm(stacks[1], axis=2)
        sizes = terms.max(axis=1, initial=0.0)
    else:
        sizes = np.sqrt(math.prod(squares))
    return losses, losses + ridge * sum(squares), sizes / (target.norm or 1.0)


def _best_factor(target: Target, stacks: Sequence[Array], level: int, ridge: float) -> Array:
    """The best factors on one level, the others fixed."""
    last = len(stacks) - 1
    if level == 0:
        return _rows_solved(target.A, target.alike[0], reduce(times, stacks[1:]), ridge)
    before = reduce(times, stacks[:level])
    if level == last:
        turned = _rows_solved(target.A.T, target.alike[1], before.transpose(0, 2, 1), ridge)
        return turned.transpose(0, 2, 1)
    import numpy as np

    after = reduce(times, stacks[level + 1 :])
    rows, columns = np.nonzero(target.masks[level])
    i, j = np.nonzero(target.observed)
    systems = before[:, i[:, None], rows] * after[:, columns[:, None], j].transpose(0, 2, 1)
    solved = np.zeros_like(stacks[level])
    solved[:, rows, columns] = _least_squares(systems, target.A[i, j][:, None], ridge)[:, :, 0]
    return solved


def _rows_solved(A: Array, alike: list[tuple[Any, Any, Any]], rights: Array, ridge: float) -> Array:
    """The X with this support that minimizes ‖A − X·right‖² over the observed entries, rows alike together."""
    import numpy as np

    solved = np.zeros((len(rights), len(A), rights.shape[1]))
    for rows, inner, columns in alike:
        systems = rights[:, inner[:, None], columns].transpose(0, 2, 1)
        answers = _least_squares(systems, A[np.ix_(rows, columns)].T, ridge)
        solved[:, rows[:, None], inner] = answers.transpose(0, 2, 1)
    return solved


def _least_squares(systems: Array, right: Array, ridge: float) -> Array:
    """The shortest of the best solutions of each system, by singular values, with numpy's cut for those that are 0."""
    import numpy as np

    count, height, width = systems.shape
    if ridge:
        damped = np.broadcast_to(math.sqrt(ridge) * np.eye(width), (count, width, width))
        systems = np.concatenate([systems, damped], axis=1)
        right = np.vstack([right, np.zeros((width, right.shape[1]))])
    left, values, turned = np.linalg.svd(systems, full_matrices=False)
    cut = np.finfo(float).eps * max(height, width) * values[:, :1]
    inverse = np.divide(1.0, values, out=np.zeros_like(values), where=values > cut)
    solution: Array = turned.transpose(0, 2, 1) @ (inverse[:, :, None] * (left.transpose(0, 2, 1) @ right))
    return solution


def _balanced(stacks: list[Array]) -> list[Array]:
    """The same products, and of two factors each pair of columns of the same norm; it makes a ridge smallest."""
    import numpy as np

    if len(stacks) != 2:
        norms = np.array([np.sqrt(np.square(stack).sum(axis=(1, 2))) for stack in stacks])
        whole = norms.all(axis=0)
        mean = np.prod(norms, axis=0) ** (1 / len(stacks))
        ratios = np.divide(mean, norms, out=np.ones_like(norms), where=whole)
        return [stack * ratio[:, None, None] for stack, ratio in zip(stacks, ratios, strict=True)]
    x, y = np.linalg.norm(stacks[0], axis=1), np.linalg.norm(stacks[1], axis=2)
    ratio = np.sqrt(np.divide(y, x, out=np.ones_like(x), where=(x > 0) & (y > 0)))
    return [stacks[0] * ratio[:, None, :], stacks[1] / ratio[:, :, None]]
