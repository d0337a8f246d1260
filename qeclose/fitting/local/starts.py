"""The best of several starts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from qeclose.fitting.local.alternating import alternate
from qeclose.fitting.local.eliminating import eliminated
from qeclose.fitting.local.polishing import bounded, polish
from qeclose.fitting.local.target import FLOOR, Descent, Penalty, Target, times

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["best_of_starts", "descend", "starting_factors"]

_ENOUGH_DIVERGED = 3
"""So many runs that diverge, and the others are left where alternating steps brought them."""
_ENOUGH_ALIKE = 4
_SAME = 1e-6
"""So many polished runs with objectives that differ by so little, and the smallest of all is taken to be found."""
_FEW_UNKNOWNS = 300
_MANY_STARTS, _FEW_STARTS = 16, 4
_TOGETHER = 64
"""Small problems: so many starts alternate at a time."""
_POLISHED = 3


def best_of_starts(
    target: Target,
    rng: np.random.Generator,
    *,
    penalty: Penalty | None = None,
    starts: int | None = None,
    warm: Sequence[Array] | None = None,
    watch: bool = True,
    tell: Callable[[str], None] = lambda _: None,
    late: Callable[[], bool] = lambda: False,
) -> tuple[Descent, list[float]]:
    """The best run of several starts, and the losses of all; ``warm`` factors, or what elimination gives, are one more start.

    At least one start is made; no other once it is ``late``. With ``watch`` runs that diverge are stopped.
    """
    penalty = penalty or Penalty()
    few = target.unknowns <= _FEW_UNKNOWNS
    limited = penalty.bound < math.inf
    count = starts or (_MANY_STARTS if few and not limited else _FEW_STARTS)
    together = _TOGETHER if few and not limited else 1
    if penalty.is_none and warm is None and len(target.masks) == 2:
        warm = eliminated(target)
        exact = math.inf if warm is None else target.loss(warm)
        if warm is not None and exact <= FLOOR * target.norm**2:
            return Descent(list(warm), exact, exact, [(exact, target.size(warm))]), [exact]
    runs: list[Descent] = []
    waiting = starting_factors(target, rng, count, warm)
    while some := list(itertools.islice(waiting, together)):
        if runs and late():
            break
        best_so_far = min((run.loss for run in runs), default=math.inf)
        tell(f"{len(runs)} of {count} starts, best loss {best_so_far:.6g}")
        runs += _descents(target, penalty, some, late)
    runs.sort(key=lambda run: run.objective)
    for place, run in enumerate(runs[: len(runs) if few and not limited else _POLISHED]):
        if late() or _agree(target, runs[:place], watch=watch):
            break
        tell(f"Levenberg–Marquardt from start {place + 1}, best loss {min(r.loss for r in runs):.6g}")
        runs[place] = polish(target, penalty, run, late, watch=watch)
    best = min(runs, key=lambda run: run.objective)
    return best, sorted(run.loss for run in runs)


def _agree(target: Target, polished: Sequence[Descent], *, watch: bool) -> bool:
    """Whether more runs are not worth their time: one fits exactly, several came to the same, or several diverge."""
    best = min((run.objective for run in polished), default=math.inf)
    if best <= FLOOR * target.norm**2 or (
        watch and sum(run.diverging for run in polished) >= _ENOUGH_DIVERGED
    ):
        return True
    return sum(run.objective <= best * (1 + _SAME) for run in polished) >= _ENOUGH_ALIKE


def descend(
    target: Target, start: Sequence[Array], penalty: Penalty, late: Callable[[], bool] = lambda: False
) -> Descent:
    """One run from a given start."""
    (run,) = _descents(target, penalty, [list(start)], late)
    return polish(target, penalty, run, late, watch=False)


def _descents(
    target: Target, penalty: Penalty, starts: Sequence[list[Array]], late: Callable[[], bool]
) -> list[Descent]:
    if penalty.bound < math.inf:
        return [bounded(target, penalty, start) for start in starts]
    return alternate(target, starts, ridge=penalty.ridge, late=late)


def starting_factors(
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
        whole = max(1e-300, reduce(times, factors).std() * math.sqrt(target.A.size)) ** (1 / len(factors))
        yield [factor * (scale / whole) for factor in factors]


def _cut_svd(target: Target) -> list[Array]:
    """A singular vector for each term, the next one where the last has nothing on its rows."""
    import numpy as np

    left, values, right = np.linalg.svd(np.where(target.observed, target.A, 0.0), full_matrices=False)
    r = target.masks[0].shape[1]
    take = [k % max(1, len(values)) for k in range(r)]
    root = np.sqrt(values[take])
    return [left[:, take] * root * target.masks[0], (right[take].T * root).T * target.masks[1]]
