"""``fit``: factors for one matrix, a proved optimum where there is an algorithm, else the best found."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, final

from qeclose.decide.strategy import check
from qeclose.errors import UsageError
from qeclose.fitting.blocks import Factors, svd_factors
from qeclose.fitting.bounds import block_bound
from qeclose.fitting.butterfly import butterfly
from qeclose.fitting.lifting import lifted
from qeclose.fitting.local import Descent, Penalty, Target, best_of_starts, descend
from qeclose.fitting.result import Fit, PathPoint
from qeclose.presolve.classes import is_solved_by_svd, keeping_reduction, single_class
from qeclose.problem import Problem
from qeclose.support import Support
from qeclose.support.bits import bits
from qeclose.support.kronecker import chainable_patterns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qeclose.decide.verdict import Answer

__all__ = ["fit"]

SVD_THEOREM = (
    "theorem A: what the reductions leave are terms with equal or disjoint rectangles, for which truncated singular value "
    "decompositions are the best approximations (Eckart and Young)"
)
BOUND_THEOREM = "the loss is that of the lower bound, to rounding"
BUTTERFLY = "the butterfly algorithm (arXiv 2411.04506), left to right: the error is at most √(L−1) times the smallest"
_EXACT = 1e-12
"""A gap of so many parts of ‖A‖² is rounding, where an optimum exists."""
_EXACT_ANYWHERE = 1e-24
_MODEST = 1e3
_DECADES = 6
_CHECKING = 0.25
_LONGEST_CHECK = 15.0
_TOLD = "for such a mask some matrices have no optimum; "
_OFFER = "--ridge and --bound ask for what always has an optimum"


def fit(
    A: Any,
    support: Support,
    *,
    ridge: float = 0.0,
    bound: float = math.inf,
    timeout: float = 60.0,
    seed: int = 0,
    starts: int | None = None,
    verdict: Answer | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Fit:
    """Factors with these supports whose product comes near to the m×n matrix A (an array, a sparse matrix, a list of rows).

    Where theorem A applies, the optimum, by singular value decompositions; of a chainable chain, what the butterfly algorithm
    gives, with its guarantee; else the best of several ``starts`` of local methods, with a lower bound. ``ridge`` adds
    λ·Σ‖X_l‖² to the loss, ``bound`` bounds the size of every entry; then an optimum always exists, and what is given is the
    best found. ``verdict`` is that of the mask, if it is known. Raises ``UsageError`` for what is no matrix of this shape.

    >>> from qeclose import Support
    >>> found = fit([[3, 0], [0, 2]], Support([[1], [1]], [[1], [1]]))
    >>> round(found.loss, 9), found.optimal
    (4.0, True)
    """
    array = _array(A, support)
    if not (ridge >= 0 and math.isfinite(ridge)) or not bound > 0:
        raise UsageError("a ridge is a number from 0 on, a bound a number above 0")
    start = time.monotonic()
    penalty = Penalty(ridge, bound)
    work = _Work(array, support, start, start + timeout, seed, starts, verdict, tell)
    found = work.run(penalty)
    return replace(found, seconds=time.monotonic() - start)


@final
@dataclass
class _Work:
    array: NDArray[np.float64]
    support: Support
    start: float
    until: float
    seed: int
    starts: int | None
    verdict: Answer | None
    tell: Callable[[str], None]
    losses: list[float] = field(default_factory=list)

    def run(self, penalty: Penalty) -> Fit:
        if not penalty.is_none:
            return self._penalized(penalty)
        if len(self.support.factors) > 2:
            self.tell("looking for an algorithm")
            patterns = chainable_patterns(self.support)
            return self._chain() if patterns is None else self._butterfly(patterns)
        self.tell("looking for an algorithm")
        reduction = keeping_reduction(self.support)
        if is_solved_by_svd(reduction):
            return self._svd(reduction)
        return self._local(reduction)

    def _late(self) -> bool:
        return time.monotonic() > self.until

    def _observed(self) -> NDArray[np.bool_]:
        import numpy as np

        missing = self.support.missing
        if missing is None:
            return np.ones(self.array.shape, dtype=bool)
        observed: NDArray[np.bool_] = ~missing.to_array().astype(bool)
        return observed

    def _masks(self) -> tuple[NDArray[np.bool_], ...]:
        return tuple(factor.to_array().astype(bool) for factor in self.support.factors)

    def _target(self) -> Target:
        return Target(self.array, self._observed(), self._masks())

    def _svd(self, reduction: Any) -> Fit:
        factors = Factors.zeros(self.array.shape, reduction)
        tails: list[float] = []
        self.tell("singular value decompositions")
        lifted(
            self.array,
            reduction,
            factors,
            lambda core: tails.append(svd_factors(self.array, core, factors)),
        )
        X, Y = self._user_factors(factors)
        found = self._made((X, Y), "svd", "well-posed")
        return replace(
            found,
            optimal=True,
            theorem=SVD_THEOREM,
            lower_bound=found.loss,
            reason="this is the optimum: no factors with these supports have a smaller loss",
        )

    def _local(self, reduction: Any) -> Fit:
        """The blocks that SVDs solve by them, the others by local methods."""
        import numpy as np

        verdict = self._checked()
        factors = Factors.zeros(self.array.shape, reduction)
        rng = np.random.default_rng(self.seed)
        bounds: list[float] = [self._uncovered()]
        runs: list[Descent] = []

        def solve(core: Problem) -> None:
            if single_class(core):
                bounds.append(svd_factors(self.array, core, factors))
                return
            bounds.append(block_bound(self.array, core))
            runs.append(self._descent(core, factors, rng, watch=verdict != "well-posed"))

        lifted(self.array, reduction, factors, solve)
        found = self._made(self._user_factors(factors), "local", verdict)
        diverging = verdict != "well-posed" and any(run.diverging for run in runs)
        return self._judged(found, sum(bounds), diverging)

    def _descent(self, core: Problem, factors: Factors, rng: np.random.Generator, *, watch: bool) -> Descent:
        import numpy as np

        ids, rows = list(core.terms), sorted(core.rows)
        wide = 0
        for columns in core.rows.values():
            wide |= columns
        across = list(bits(wide))
        observed = np.array([[bool(core.rows[i] >> j & 1) for j in across] for i in rows])
        left = np.array([[bool(core.terms[k].rows >> i & 1) for k in ids] for i in rows])
        right = np.array([[bool(core.terms[k].columns >> j & 1) for j in across] for k in ids])
        target = Target(self.array[np.ix_(rows, across)], observed, (left, right))
        run, losses = best_of_starts(
            target, rng, starts=self.starts, watch=watch, tell=self.tell, late=self._late
        )
        self.losses += losses
        factors.put(ids, rows, across, run.factors[0], run.factors[1].T)
        return run

    def _chain(self) -> Fit:
        import numpy as np

        verdict = self._checked()
        target = self._target()
        rng = np.random.default_rng(self.seed)
        watch = verdict != "well-posed"
        run, losses = best_of_starts(
            target, rng, starts=self.starts, watch=watch, tell=self.tell, late=self._late
        )
        self.losses += losses
        found = self._made(tuple(run.factors), "local", verdict)
        return self._judged(found, self._uncovered(), watch and run.diverging)

    def _butterfly(self, patterns: Any) -> Fit:
        made = butterfly(self.array, patterns, self.tell)
        outside = self._uncovered()
        found = self._made(tuple(made.factors), "butterfly", "well-posed")
        bound = outside + made.lower_bound
        optimal = found.loss - bound <= _EXACT * found.norm**2
        factor = math.sqrt(len(patterns) - 1)
        reason = (
            f"the butterfly algorithm: the error is at most √{len(patterns) - 1} times the smallest possible"
        )
        return replace(
            found,
            optimal=optimal,
            theorem=BOUND_THEOREM if optimal else BUTTERFLY,
            guarantee=factor,
            lower_bound=min(bound, found.loss),
            reason=reason,
        )

    def _penalized(self, penalty: Penalty) -> Fit:
        """With a ridge or a bound: local methods on the whole, and the path of losses as the ridge goes to 0."""
        import numpy as np

        verdict = self._checked()
        target = self._target()
        rng = np.random.default_rng(self.seed)
        run, losses = best_of_starts(
            target, rng, penalty=penalty, starts=self.starts, tell=self.tell, late=self._late
        )
        self.losses += losses
        path = self._path(target, penalty, run) if penalty.ridge else ()
        found = self._made(self._sides(run.factors), "local", verdict)
        what = " and ".join(
            [f"the ridge λ = {penalty.ridge:g}"] * bool(penalty.ridge)
            + [f"entries of at most {penalty.bound:g}"] * (penalty.bound < math.inf)
        )
        reason = f"with {what} an optimum exists; these are the best factors found"
        return replace(
            found,
            reason=reason,
            ridge=penalty.ridge,
            bound=penalty.bound,
            path=path,
            lower_bound=self._bound(),
        )

    def _path(self, target: Target, penalty: Penalty, run: Descent) -> tuple[PathPoint, ...]:
        points = []
        for decade in range(_DECADES + 1):
            ridge = penalty.ridge * 10.0**-decade
            if decade:
                if self._late():
                    break
                self.tell(f"λ = {ridge:g}")
                run = descend(target, run.factors, Penalty(ridge, penalty.bound), self._late)
            points.append(PathPoint(ridge, run.loss, tuple(map(_norm, run.factors))))
        return tuple(points)

    def _bound(self) -> float:
        """A lower bound of the loss itself, whatever is added to it."""
        import numpy as np

        if len(self.support.factors) > 2:
            return self._uncovered()
        total = self._uncovered()
        for block in keeping_reduction(self.support).blocks():
            if single_class(block.core):
                (rectangle,) = set(block.core.terms.values())
                part = self.array[np.ix_(list(bits(rectangle.rows)), list(bits(rectangle.columns)))]
                values = np.linalg.svd(part, compute_uv=False)
                total += float((values[len(block.core.terms) :] ** 2).sum())
            else:
                total += block_bound(self.array, block.core)
        return total

    def _judged(self, found: Fit, bound: float, diverging: bool) -> Fit:
        """Whether the best found is the optimum, and what to say of it."""
        gap = found.loss - bound
        if found.verdict == "well-posed":
            optimal = gap <= _EXACT * found.norm**2
        else:
            optimal = (
                gap <= _EXACT_ANYWHERE * found.norm**2 and found.largest_term < _MODEST and not diverging
            )
        if diverging:
            reason = (
                f"the mask is {found.verdict}: {_TOLD if found.verdict == 'ill-posed' else ''}here the loss fell while "
                f"terms grew to {found.largest_term:.3g} times the matrix, and the search was stopped for that; {_OFFER}"
            )
        elif optimal:
            reason = "this is an optimum: the loss is that of a lower bound"
        elif found.verdict == "ill-posed":
            reason = f"the best of {len(self.losses)} starts; the mask is ill-posed: {_TOLD}here terms did not grow without bound"
        else:
            reason = (
                f"the best of {len(self.losses)} starts of local methods; no algorithm is known for this mask"
            )
        return replace(
            found,
            optimal=optimal,
            theorem=BOUND_THEOREM if optimal else None,
            lower_bound=max(0.0, min(bound, found.loss)),
            diverging=diverging,
            reason=reason,
        )

    def _checked(self) -> Answer:
        """The verdict of the mask, in a part of the time."""
        if self.verdict is not None:
            return self.verdict
        self.tell("deciding the mask")
        seconds = min(_LONGEST_CHECK, _CHECKING * (self.until - time.monotonic()))
        return check(self.support, method="certify", timeout=max(seconds, 0.1), seed=self.seed).verdict

    def _uncovered(self) -> float:
        """The squares of the observed entries that no path through the supports leads to."""
        return float((self.array[self._observed() & (self.support.covered.to_array() == 0)] ** 2).sum())

    def _sides(self, factors: Sequence[Any]) -> tuple[Any, ...]:
        """Two factors as X and Y; more as they are."""
        return (factors[0], factors[1].T) if len(factors) == 2 else tuple(factors)

    def _user_factors(self, factors: Factors) -> tuple[Any, Any]:
        (r,) = self.support.inner
        return factors.X[:, :r], factors.Y[:, :r]

    def _made(self, factors: tuple[Any, ...], method: str, verdict: Answer) -> Fit:
        """The fit with the loss computed from the factors themselves."""
        import numpy as np

        residual = _product(factors)
        np.subtract(self.array, residual, out=residual)
        if self.support.missing is not None:
            residual[~self._observed()] = 0.0
        loss = float(np.vdot(residual, residual))
        norm = float(np.linalg.norm(self.array))
        norms = tuple(map(_norm, factors))
        if len(factors) == 2:
            terms = np.linalg.norm(factors[0], axis=0) * np.linalg.norm(factors[1], axis=0)
            largest = float(terms.max(initial=0.0)) / (norm or 1.0)
        else:
            largest = math.prod(norms) / (norm or 1.0)
        return Fit(
            self.support, factors, loss, False, None, 0.0, norm, norms, largest, verdict, method, "",
            starts=tuple(sorted(self.losses)),
        )  # fmt: skip


def _product(factors: Sequence[Any]) -> Any:
    if len(factors) == 2:
        return _product_of_pair(*factors)
    product = factors[-1].toarray() if hasattr(factors[-1], "toarray") else factors[-1]
    for factor in reversed(factors[:-1]):
        product = factor @ product
    return product


def _product_of_pair(X: NDArray[np.float64], Y: NDArray[np.float64]) -> NDArray[np.float64]:
    """XYᵀ; terms of one row or one column cost what their entries cost, not what a term of all positions does."""
    import numpy as np

    in_one_row, in_one_column = (np.count_nonzero(factor, axis=0) == 1 for factor in (X, Y))
    if in_one_column.sum() > in_one_row.sum():
        return _product_of_pair(Y, X).T
    alone = np.flatnonzero(in_one_row)
    rest = np.flatnonzero(~in_one_row)
    product: NDArray[np.float64] = X[:, rest] @ Y[:, rest].T
    rows = X[:, alone].astype(bool).argmax(axis=0)
    np.add.at(product, rows, (X[rows, alone] * Y[:, alone]).T)
    return product


def _norm(factor: Any) -> float:
    import numpy as np

    return float(np.linalg.norm(factor.data if hasattr(factor, "toarray") else factor))


def _array(A: Any, support: Support) -> NDArray[np.float64]:
    """A as an array of floats, missing entries as 0."""
    import numpy as np

    if hasattr(A, "detach"):
        A = A.detach().cpu().numpy()
    if hasattr(A, "toarray"):
        A = A.toarray()
    try:
        array = np.array(A, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"no matrix of real numbers: {' '.join(str(error).split())[:200]}") from None
    if array.ndim != 2 or array.shape != support.shape:
        shape = "×".join(map(str, array.shape)) or "a number"
        raise UsageError(
            f"the matrix is {shape}, and the masks are for {support.shape[0]}×{support.shape[1]}"
        )
    missing = support.missing
    if missing is not None:
        array[missing.to_array().astype(bool)] = 0.0
    if not np.isfinite(array).all():
        raise UsageError("the matrix has entries that are no finite numbers")
    return array
