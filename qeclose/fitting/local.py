"""Local methods for min ‖A − X₁…X_L‖² with fixed supports: alternating least squares, then Levenberg–Marquardt.

For problems without an algorithm. With all factors but one held fixed the problem is linear least squares, row by row for
the first factor and column by column for the last; alternating steps come close quickly and then slow down, and
Levenberg–Marquardt (MINPACK's or scipy's), where its Jacobian is of bearable size, goes on from there. Both are started many
times. On an ill-posed mask the loss may fall for ever while factors grow; a run that does so is stopped, and says so.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any, final

from qeclose.supervise import tick

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["DIVERGING", "Descent", "Penalty", "Target", "best_of_starts", "descend"]

DIVERGING = 1e3
"""A run whose largest term is so many times the target, and grew while the loss fell, is taken to diverge, and stopped."""
_ENOUGH_DIVERGED = 3
"""So many runs that diverge, and the others are left where alternating steps brought them."""
_ENOUGH_ALIKE = 4
_SAME = 1e-6
"""So many polished runs with objectives that differ by so little, and the smallest of all is taken to be found."""
_ROUNDS = 40
_SLOW = 1e-8
"""Alternating steps end when this many fewer parts of the loss go in a round."""
_FLOOR = 1e-28
"""A loss of so many parts of ‖A‖² is rounding."""
_LARGEST_JACOBIAN = 4_000_000
_CHUNK = 40
_CHUNKS = 12
_MINPACK = 500
"""Up to so many unknowns MINPACK is used, which is quicker there than scipy's own trust-region method."""
_FEW_UNKNOWNS = 300
_MANY_STARTS, _FEW_STARTS = 16, 4
_POLISHED = 3


@final
@dataclass(frozen=True, slots=True)
class Penalty:
    """What is added to the loss, λ·Σ‖X_l‖², and a bound for the size of each entry; both always have an optimum."""

    ridge: float = 0.0
    bound: float = math.inf

    @property
    def is_none(self) -> bool:
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
        import numpy as np

        return float(np.linalg.norm(self.A[self.observed]))

    @cached_property
    def unknowns(self) -> int:
        return sum(int(mask.sum()) for mask in self.masks)

    @cached_property
    def alike(self) -> tuple[list[tuple[Any, Any, Any]], list[tuple[Any, Any, Any]]]:
        """Rows of A with the same unknowns and the same observed entries: (rows, inner indices, columns); the same of columns."""
        return _alike(self.masks[0], self.observed), _alike(self.masks[-1].T, self.observed.T)

    def loss(self, factors: Sequence[Array]) -> float:
        """The sum of the squares over the entries that count."""
        import numpy as np

        return float(np.square((self.A - reduce(_times, factors))[self.observed]).sum())

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
        return self.history[-1][1] if self.history else 0.0

    @property
    def diverging(self) -> bool:
        """Whether terms grew past ``DIVERGING`` while the loss fell."""
        if self.size < DIVERGING:
            return False
        (first_loss, first_size), (last_loss, last_size) = self.history[0], self.history[-1]
        return last_size > 10 * first_size and last_loss < first_loss


def best_of_starts(
    target: Target,
    rng: np.random.Generator,
    *,
    penalty: Penalty | None = None,
    starts: int | None = None,
    warm: Sequence[Array] | None = None,
    watch: bool = True,
    tell: Callable[[str], None] = lambda doing: None,
    late: Callable[[], bool] = lambda: False,
) -> tuple[Descent, list[float]]:
    """The best run of several starts, and the losses of all; ``warm`` factors are one more start.

    At least one start is made; no other once it is ``late``. With ``watch`` runs that diverge are stopped.
    """
    penalty = penalty or Penalty()
    few = target.unknowns <= _FEW_UNKNOWNS
    bounded = penalty.bound < math.inf
    count = starts or (_MANY_STARTS if few and not bounded else _FEW_STARTS)
    runs: list[Descent] = []
    for number, start in enumerate(_starts(target, rng, count, warm), 1):
        if runs and late():
            break
        tell(f"start {number} of {count}, best loss {min((r.loss for r in runs), default=math.inf):.6g}")
        runs.append(_alternate(target, penalty, start, late))
    runs.sort(key=lambda run: run.objective)
    for place, run in enumerate(runs[: len(runs) if few and not bounded else _POLISHED]):
        if late() or _agree(target, runs[:place], watch=watch):
            break
        tell(f"Levenberg–Marquardt from start {place + 1}, best loss {min(r.loss for r in runs):.6g}")
        runs[place] = _polish(target, penalty, run, late, watch=watch)
    best = min(runs, key=lambda run: run.objective)
    return best, sorted(run.loss for run in runs)


def _agree(target: Target, polished: Sequence[Descent], *, watch: bool) -> bool:
    """Whether more runs are not worth their time: one fits exactly, several came to the same, or several diverge."""
    best = min((run.objective for run in polished), default=math.inf)
    if best <= _FLOOR * target.norm**2 or (
        watch and sum(run.diverging for run in polished) >= _ENOUGH_DIVERGED
    ):
        return True
    return sum(run.objective <= best * (1 + _SAME) for run in polished) >= _ENOUGH_ALIKE


def descend(
    target: Target, start: Sequence[Array], penalty: Penalty, late: Callable[[], bool] = lambda: False
) -> Descent:
    """One run from a given start."""
    return _polish(target, penalty, _alternate(target, penalty, list(start), late), late, watch=False)


def _times(left: Array, right: Array) -> Array:
    product: Array = left @ right
    return product


def _starts(
    target: Target, rng: np.random.Generator, count: int, warm: Sequence[Array] | None
) -> Iterator[list[Array]]:
    """The warm start; the leading singular vectors cut to the supports; random factors."""
    if warm is not None:
        yield [factor.copy() for factor in warm]
    if len(target.masks) == 2:
        yield _cut_svd(target)
        count -= 1
    for _ in range(count):
        scale = max(target.norm, 1e-300) ** (1 / len(target.masks))
        factors = [rng.standard_normal(mask.shape) * mask for mask in target.masks]
        whole = max(1e-300, reduce(_times, factors).std() * math.sqrt(target.A.size)) ** (1 / len(factors))
        yield [factor * (scale / whole) for factor in factors]


def _cut_svd(target: Target) -> list[Array]:
    """A singular vector for each term, the next one where the last has nothing on its rows."""
    import numpy as np

    left, values, right = np.linalg.svd(np.where(target.observed, target.A, 0.0), full_matrices=False)
    r = target.masks[0].shape[1]
    take = [k % max(1, len(values)) for k in range(r)]
    root = np.sqrt(values[take])
    return [left[:, take] * root * target.masks[0], (right[take].T * root).T * target.masks[1]]


def _objective(target: Target, penalty: Penalty, factors: Sequence[Array]) -> tuple[float, float]:
    loss = target.loss(factors)
    if not penalty.ridge:
        return loss, loss
    return loss + penalty.ridge * sum(float((f * f).sum()) for f in factors), loss


def _alternate(target: Target, penalty: Penalty, start: list[Array], late: Callable[[], bool]) -> Descent:
    """Rounds of linear least squares, one factor after the other."""
    import numpy as np

    if penalty.bound < math.inf:
        return _bounded(target, penalty, start)
    factors = [np.where(mask, factor, 0.0) for mask, factor in zip(target.masks, start, strict=True)]
    history: list[tuple[float, float]] = []
    before = math.inf
    for _ in range(_ROUNDS):
        tick()
        for level in reversed(range(len(factors))):
            factors[level] = _best_factor(target, factors, level, penalty.ridge)
        factors = _balanced(factors)
        objective, loss = _objective(target, penalty, factors)
        history.append((loss, target.size(factors)))
        if objective <= _FLOOR * target.norm**2 or before - objective <= _SLOW * objective or late():
            break
        before = objective
    objective, loss = _objective(target, penalty, factors)
    return Descent(factors, objective, loss, history)


def _best_factor(target: Target, factors: list[Array], level: int, ridge: float) -> Array:
    """The best factor on one level, the others fixed."""
    last = len(factors) - 1
    if level == 0:
        rest = reduce(_times, factors[1:])
        return _rows_solved(target.A, target.alike[0], rest, ridge)
    left = reduce(_times, factors[:level])
    if level == last:
        return _rows_solved(target.A.T, target.alike[1], left.T, ridge).T
    import numpy as np

    right = reduce(_times, factors[level + 1 :])
    places = np.argwhere(target.masks[level])
    i, j = np.nonzero(target.observed)
    system = left[np.ix_(i, places[:, 0])] * right[np.ix_(places[:, 1], j)].T
    solved = np.zeros_like(factors[level])
    solved[tuple(places.T)] = _least_squares(system, target.A[i, j][:, None], ridge)[:, 0]
    return solved


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


def _rows_solved(A: Array, alike: list[tuple[Any, Any, Any]], right: Array, ridge: float) -> Array:
    """The X with this support that minimizes ‖A − X·right‖² over the observed entries, rows alike together."""
    import numpy as np

    solved = np.zeros((len(A), len(right)))
    for rows, inner, columns in alike:
        system = right[np.ix_(inner, columns)].T
        solved[np.ix_(rows, inner)] = _least_squares(system, A[np.ix_(rows, columns)].T, ridge).T
    return solved


def _least_squares(system: Array, right: Array, ridge: float) -> Array:
    import numpy as np

    if ridge:
        width = system.shape[1]
        system = np.vstack([system, math.sqrt(ridge) * np.eye(width)])
        right = np.vstack([right, np.zeros((width, right.shape[1]))])
    solution: Any = np.linalg.lstsq(system, right, rcond=None)[0]
    return solution  # type: ignore[no-any-return]


def _balanced(factors: list[Array]) -> list[Array]:
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
        left = (reduce(_times, self.factors(vector)) - self.target.A)[self.at]
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
            left = reduce(_times, factors[:level]) if level else np.eye(m)
            right = reduce(_times, factors[level + 1 :]) if level + 1 < len(factors) else np.eye(n)
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
        residual = np.where(self.target.observed, reduce(_times, factors) - self.target.A, 0.0)
        value = float((residual * residual).sum())
        parts = []
        for level, place in enumerate(self.places):
            left = reduce(_times, factors[:level]) if level else np.eye(m)
            right = reduce(_times, factors[level + 1 :]) if level + 1 < len(factors) else np.eye(n)
            parts.append(2 * (left.T @ residual @ right.T)[place])
        gradient = np.concatenate(parts)
        if self.root:
            value += self.root**2 * float(vector @ vector)
            gradient = gradient + 2 * self.root**2 * vector
        return value, gradient


def _polish(
    target: Target, penalty: Penalty, run: Descent, late: Callable[[], bool], *, watch: bool
) -> Descent:
    """Levenberg–Marquardt from where a run came to, a few steps at a time, watched for growth."""
    import numpy as np
    from scipy.optimize import least_squares

    unknowns = target.unknowns
    if not unknowns or int(target.observed.sum()) * unknowns > _LARGEST_JACOBIAN:
        return run
    if run.objective <= _FLOOR * target.norm**2:
        return run
    space = _Unknowns(target, penalty.ridge)
    bounded = penalty.bound < math.inf
    method: Any = "lm" if unknowns <= _MINPACK and not bounded else "trf"
    limits: dict[str, Any] = {"bounds": (-penalty.bound, penalty.bound)} if bounded else {}
    inner = penalty.bound * (1 - 1e-9)
    factors, history, before = run.factors, list(run.history), run.objective
    for _ in range(_CHUNKS):
        start = space.vector(factors)
        if bounded:
            start = np.clip(start, -inner, inner)
        found = least_squares(
            space.residuals, start, jac=space.jacobian, method=method, max_nfev=_CHUNK,
            ftol=1e-15, xtol=1e-15, gtol=1e-15, **limits,
        )  # fmt: skip
        better = space.factors(found.x)
        factors = better if bounded else _balanced(better)
        objective, loss = _objective(target, penalty, factors)
        history.append((loss, target.size(factors)))
        settled = found.status > 0 or before - objective <= 1e-10 * objective
        grown = watch and Descent(factors, objective, loss, history).diverging
        if settled or grown or objective <= _FLOOR * target.norm**2 or late():
            break
        before = objective
    if history[-1][0] > run.loss and _objective(target, penalty, factors)[0] > run.objective:
        return run
    objective, loss = _objective(target, penalty, factors)
    return Descent(factors, objective, loss, history)


def _bounded(target: Target, penalty: Penalty, start: list[Array]) -> Descent:
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
    objective, loss = _objective(target, penalty, factors)
    return Descent(factors, objective, loss, [(loss, target.size(factors))])
