"""What local methods are to fit, and what a run of them came to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["DIVERGING", "FLOOR", "Descent", "Penalty", "Target", "balanced", "objective", "times"]

DIVERGING = 1e3
"""A run whose largest term is so many times the target, and grew while the loss fell, is taken to diverge, and stopped."""
FLOOR = 1e-28
"""A loss of so many parts of ‖A‖² is rounding."""


@final
@dataclass(frozen=True, slots=True)
class Penalty:
    """What is added to the loss, λ·Σ‖X_l‖², and a bound for the size of each entry; both always have an optimum."""

    ridge: float = 0.0
    bound: float = math.inf

    @property
    def is_none(self) -> bool:
        """Whether nothing is added to the loss and no entry bounded."""
        return self.ridge == 0.0 and self.bound == math.inf


@final
@dataclass(frozen=True)
class Target:
    """The m×n matrix, the entries that count, and the supports of the L factors, as arrays of bools."""

    A: Array
    observed: Flags
    masks: tuple[Flags, ...]

    @cached_property
    def norm(self) -> float:
        """The Frobenius norm of the observed entries."""
        import numpy as np

        return float(np.linalg.norm(self.A[self.observed]))

    @cached_property
    def unknowns(self) -> int:
        """How many entries of the factors are looked for."""
        return sum(int(mask.sum()) for mask in self.masks)

    @cached_property
    def alike(self) -> tuple[list[tuple[Any, Any, Any]], list[tuple[Any, Any, Any]]]:
        """Rows of A with the same unknowns and the same observed entries: (rows, inner indices, columns); the same of columns."""
        return _alike(self.masks[0], self.observed), _alike(self.masks[-1].T, self.observed.T)

    def loss(self, factors: Sequence[Array]) -> float:
        """The sum of the squares over the entries that count."""
        import numpy as np

        return float(np.square((self.A - reduce(times, factors))[self.observed]).sum())

    def size(self, factors: Sequence[Array]) -> float:
        """The norm of the largest term (of more than two factors, the product of their norms) in those of the target."""
        import numpy as np

        if len(factors) == 2:
            terms = np.linalg.norm(factors[0], axis=0) * np.linalg.norm(factors[1], axis=1)
            largest = float(terms.max(initial=0.0))
        else:
            largest = math.prod(float(np.linalg.norm(factor)) for factor in factors)
        return largest / (self.norm or 1.0)


@final
@dataclass(slots=True)
class Descent:
    """The factors a run came to, their objective and loss, and its history: (loss, size of the largest term)."""

    factors: list[Array]
    objective: float
    loss: float
    history: list[tuple[float, float]] = field(default_factory=list)

    @property
    def size(self) -> float:
        """The size of the largest term at the end, 0 before the first step."""
        return self.history[-1][1] if self.history else 0.0

    @property
    def diverging(self) -> bool:
        """Whether terms grew past ``DIVERGING`` while the loss fell."""
        if self.size < DIVERGING:
            return False
        (first_loss, first_size), (last_loss, last_size) = self.history[0], self.history[-1]
        return last_size > 10 * first_size and last_loss < first_loss


def times(left: Array, right: Array) -> Array:
    """The product, of matrices or of stacks of them."""
    product: Array = left @ right
    return product


def objective(target: Target, penalty: Penalty, factors: Sequence[Array]) -> tuple[float, float]:
    """The loss with what is added to it, and the loss."""
    loss = target.loss(factors)
    if not penalty.ridge:
        return loss, loss
    return loss + penalty.ridge * sum(float((f * f).sum()) for f in factors), loss


def balanced(factors: list[Array]) -> list[Array]:
    """The same product, and of two factors each pair of columns of the same norm; it makes the penalty smallest."""
    import numpy as np

    if len(factors) != 2:
        norms = [float(np.linalg.norm(factor)) for factor in factors]
        if not all(norms):
            return factors
        mean = math.prod(norms) ** (1 / len(norms))
        return [factor * (mean / norm) for factor, norm in zip(factors, norms, strict=True)]
    x, y = np.linalg.norm(factors[0], axis=0), np.linalg.norm(factors[1], axis=1)
    both = (x > 0) & (y > 0)
    ratio: Array = np.ones(len(x))
    ratio[both] = np.sqrt(y[both] / x[both])
    return [factors[0] * ratio, factors[1] / ratio[:, None]]


def _alike(mask: Flags, observed: Flags) -> list[tuple[Any, Any, Any]]:
    import numpy as np

    kinds: dict[bytes, list[int]] = {}
    for i in range(len(mask)):
        kinds.setdefault(mask[i].tobytes() + observed[i].tobytes(), []).append(i)
    grouped = (
        (np.array(rows), np.flatnonzero(mask[rows[0]]), np.flatnonzero(observed[rows[0]]))
        for rows in kinds.values()
    )
    return [(rows, inner, columns) for rows, inner, columns in grouped if inner.size and columns.size]
