"""Levenberg–Marquardt (MINPACK's or scipy's), where its Jacobian is of bearable size; BFGS where entries are bounded."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, final

from qeclose.fitting.local.target import FLOOR, Descent, Penalty, Target, balanced, objective, times
from qeclose.supervise import tick

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["bounded", "polish"]

_LARGEST_JACOBIAN = 4_000_000
_CHUNK = 40
_CHUNKS = 12
_MINPACK = 500
"""Up to so many unknowns MINPACK is used, which is quicker there than scipy's own trust-region method."""


@final
class _Unknowns:
    """The entries inside the supports as one vector; residuals and their Jacobian."""

    def __init__(self, target: Target, ridge: float) -> None:
        import numpy as np

        self.target, self.root = target, math.sqrt(ridge)
        self.places = [np.nonzero(mask) for mask in target.masks]
        self.ends = list(itertools.accumulate(len(rows) for rows, _ in self.places))
        self.at = np.nonzero(target.observed)

    def vector(self, factors: Sequence[Array]) -> Array:
        import numpy as np

        return np.concatenate([f[place] for f, place in zip(factors, self.places, strict=True)])

    def factors(self, vector: Array) -> list[Array]:
        import numpy as np

        made = []
        for mask, place, part in zip(
            self.target.masks, self.places, np.split(vector, self.ends[:-1]), strict=True
        ):
            factor = np.zeros(mask.shape)
            factor[place] = part
            made.append(factor)
        return made

    def residuals(self, vector: Array) -> Array:
        import numpy as np

        tick()
        left = (reduce(times, self.factors(vector)) - self.target.A)[self.at]
        if self.root:
            left = np.concatenate([left, self.root * vector])
        # MINPACK wants no fewer residuals than unknowns.
        return np.concatenate([left, np.zeros(max(0, len(vector) - len(left)))])

    def jacobian(self, vector: Array) -> Array:
        import numpy as np

        factors, (i, j) = self.factors(vector), self.at
        m, n = self.target.A.shape
        parts = []
        for level, (rows, columns) in enumerate(self.places):
            left = reduce(times, factors[:level]) if level else np.eye(m)
            right = reduce(times, factors[level + 1 :]) if level + 1 < len(factors) else np.eye(n)
            parts.append(left[np.ix_(i, rows)] * right[np.ix_(columns, j)].T)
        jacobian = np.hstack(parts)
        if self.root:
            jacobian = np.vstack([jacobian, self.root * np.eye(len(vector))])
        return np.vstack([jacobian, np.zeros((max(0, len(vector) - len(jacobian)), len(vector)))])

    def gradient(self, vector: Array) -> tuple[float, Array]:
        """The objective and its gradient, without a Jacobian."""
        import numpy as np

        tick()
        factors = self.factors(vector)
        m, n = self.target.A.shape
        residual = np.where(self.target.observed, reduce(times, factors) - self.target.A, 0.0)
        value = float((residual * residual).sum())
        parts = []
        for level, place in enumerate(self.places):
            left = reduce(times, factors[:level]) if level else np.eye(m)
            right = reduce(times, factors[level + 1 :]) if level + 1 < len(factors) else np.eye(n)
            parts.append(2 * (left.T @ residual @ right.T)[place])
        gradient = np.concatenate(parts)
        if self.root:
            value += self.root**2 * float(vector @ vector)
            gradient = gradient + 2 * self.root**2 * vector
        return value, gradient


def polish(
    target: Target, penalty: Penalty, run: Descent, late: Callable[[], bool], *, watch: bool
) -> Descent:
    """Levenberg–Marquardt from where a run came to, a few steps at a time, watched for growth."""
    import numpy as np
    from scipy.optimize import least_squares

    unknowns = target.unknowns
    if not unknowns or int(target.observed.sum()) * unknowns > _LARGEST_JACOBIAN:
        return run
    if run.objective <= FLOOR * target.norm**2:
        return run
    space = _Unknowns(target, penalty.ridge)
    limited = penalty.bound < math.inf
    method: Any = "lm" if unknowns <= _MINPACK and not limited else "trf"
    limits: dict[str, Any] = {"bounds": (-penalty.bound, penalty.bound)} if limited else {}
    inner = penalty.bound * (1 - 1e-9)
    factors, history, before = run.factors, list(run.history), run.objective
    for _ in range(_CHUNKS):
        start = space.vector(factors)
        if limited:
            start = np.clip(start, -inner, inner)
        found = least_squares(
            space.residuals, start, jac=space.jacobian, method=method, max_nfev=_CHUNK,
            ftol=1e-15, xtol=1e-15, gtol=1e-15, **limits,
        )  # fmt: skip
        better = space.factors(found.x)
        factors = better if limited else balanced(better)
        value, loss = objective(target, penalty, factors)
        history.append((loss, target.size(factors)))
        settled = found.status > 0 or before - value <= 1e-10 * value
        grown = watch and Descent(factors, value, loss, history).diverging
        if settled or grown or value <= FLOOR * target.norm**2 or late():
            break
        before = value
    if history[-1][0] > run.loss and objective(target, penalty, factors)[0] > run.objective:
        return run
    value, loss = objective(target, penalty, factors)
    return Descent(factors, value, loss, history)


def bounded(target: Target, penalty: Penalty, start: list[Array]) -> Descent:
    """Entries of bounded size: the limited-memory BFGS method with bounds."""
    import numpy as np
    from scipy.optimize import minimize

    space = _Unknowns(target, penalty.ridge)
    vector = np.clip(space.vector(start), -penalty.bound, penalty.bound)
    found = minimize(
        space.gradient, vector, jac=True, method="L-BFGS-B",
        bounds=[(-penalty.bound, penalty.bound)] * len(vector), options={"maxiter": 500, "ftol": 1e-14},
    )  # fmt: skip
    factors = space.factors(np.clip(found.x, -penalty.bound, penalty.bound))
    value, loss = objective(target, penalty, factors)
    return Descent(factors, value, loss, [(loss, target.size(factors))])
