"""What can be solved exactly of min ‖A − XYᵀ‖², and what is left (theorem A of docs/fit.md).

R1 and R4–R6 keep the set E + R^W, and R7 splits it into a product: where terms can make anything, A is met exactly whatever
the others do. What is left are independent blocks. A block of s terms with one full rectangle R×C holds all matrices on R×C
of rank at most s: its best approximation is a truncated singular value decomposition (Eckart and Young).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from qeclose.presolve.absorption import AbsorbEqual, AbsorbMatching
from qeclose.presolve.fixpoint import Reduction
from qeclose.presolve.splitting import SplitTerm
from qeclose.problem import Problem, Rectangle, tick
from qeclose.support.bits import bits, bitset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


__all__ = ["Factors", "lifted", "svd_factors"]

_SEED = 0
_DRAWS = 5


@final
@dataclass(slots=True)
class Factors:
    """X and Y being filled: a column for each id of a term, those of split terms included."""

    X: NDArray[np.float64]
    Y: NDArray[np.float64]

    @classmethod
    def zeros(cls, shape: tuple[int, int], reduction: Reduction) -> Factors:
        """Zero factors for a matrix of that shape (m, n), with a column for every term that the reduction names."""
        import numpy as np

        ids = [
            *reduction.before.terms,
            *(k for step in reduction.all_steps() if isinstance(step, SplitTerm) for k in step.parts),
        ]
        width = max(ids, default=-1) + 1
        return cls(np.zeros((shape[0], width)), np.zeros((shape[1], width)))

    def put(self, ids: Sequence[int], rows: Sequence[int], columns: Sequence[int], x: Any, y: Any) -> None:
        """Set the entries of these terms on these rows of A (x) and columns of A (y)."""
        import numpy as np

        self.X[np.ix_(rows, ids)] = x
        self.Y[np.ix_(columns, ids)] = y


def svd_factors(A: NDArray[np.float64], core: Problem, factors: Factors) -> float:
    """Solve a single class; returns its loss."""
    import numpy as np

    (rectangle,) = set(core.terms.values())
    rows, columns, ids = list(bits(rectangle.rows)), list(bits(rectangle.columns)), list(core.terms)
    left, values, right = np.linalg.svd(_submatrix(A, rows, columns), full_matrices=False)
    s = len(ids)
    root = np.sqrt(values[:s])
    factors.put(ids, rows, columns, left[:, :s] * root, right[:s].T * root)
    return float((values[s:] ** 2).sum())


def lifted(
    A: NDArray[np.float64], reduction: Reduction, factors: Factors, solve: Callable[[Problem], None]
) -> None:
    """Fill in the terms of ``reduction.before``: ``solve`` does it for the cores, and absorbed terms meet A exactly."""
    if reduction.summands:
        for summand in reduction.summands:
            lifted(A, summand, factors, solve)
    elif reduction.core.terms:
        solve(reduction.core)
    problems = [reduction.before]
    for step in reduction.steps:
        problems.append(step.apply(problems[-1]))
    for step, before, after in zip(
        reversed(reduction.steps), reversed(problems[:-1]), reversed(problems[1:]), strict=True
    ):
        tick()
        match step:
            case SplitTerm():
                parts = list(step.parts)
                factors.X[:, step.term] = factors.X[:, parts].sum(axis=1)
                factors.Y[:, step.term] = factors.Y[:, parts].sum(axis=1)
            case AbsorbEqual():
                _fill_equal(A, step, before, after, factors)
            case AbsorbMatching():
                _fill_matching(A, step, before, after, factors)


def _submatrix(A: NDArray[np.float64], rows: Sequence[int], columns: Sequence[int]) -> NDArray[np.float64]:
    """The entries on these rows and columns; not copied if they are all there are."""
    import numpy as np

    if len(rows) == A.shape[0] and len(columns) == A.shape[1]:
        return A
    part: NDArray[np.float64] = A[np.ix_(rows, columns)]
    return part


def _open_residual(
    A: NDArray[np.float64],
    before: Problem,
    after: Problem,
    at: Rectangle,
    factors: Factors,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """What the other terms leave of A on some rows and columns, and which of these positions are to be met."""
    import numpy as np

    rows, columns = list(bits(at.rows)), list(bits(at.columns))
    down, across = at.rows, at.columns
    met = [k for k, term in after.terms.items() if term.columns & across and term.rows & down]
    residual = _submatrix(A, rows, columns).copy()
    if met:
        right = factors.Y[:, met] if len(columns) == len(factors.Y) else factors.Y[np.ix_(columns, met)]
        residual -= factors.X[np.ix_(rows, met)] @ right.T
    wanted = np.ones(residual.shape, dtype=bool)
    for place, i in enumerate(rows):
        free = before.free.get(i, 0) & across
        if free:
            wanted[place] = ~_flags(free, columns)
    return residual, wanted


def _flags(line: int, columns: Sequence[int]) -> NDArray[np.bool_]:
    """Which of the columns are in the bitset."""
    import numpy as np

    size = max(columns) // 8 + 1
    data = np.frombuffer((line & ((1 << 8 * size) - 1)).to_bytes(size, "little"), np.uint8)
    flags: NDArray[np.bool_] = np.unpackbits(data, bitorder="little")[columns].astype(bool)
    return flags


def _fill_equal(
    A: NDArray[np.float64], step: AbsorbEqual, before: Problem, after: Problem, factors: Factors
) -> None:
    """Each term serves one line of the cover."""
    import numpy as np

    rows, columns = list(bits(step.rectangle.rows)), list(bits(step.rectangle.columns))
    residual, wanted = _open_residual(A, before, after, step.rectangle, factors)
    residual = np.where(wanted, residual, 0.0)
    unused = iter(step.ids)
    for i in bits(step.cover.rows):
        k = next(unused)
        place = rows.index(i)
        factors.X[i, k] = 1.0
        factors.Y[columns, k] = residual[place]
        residual[place] = 0.0
    for j in bits(step.cover.columns):
        k = next(unused)
        factors.Y[j, k] = 1.0
        factors.X[rows, k] = residual[:, columns.index(j)]


def _fill_matching(
    A: NDArray[np.float64], step: AbsorbMatching, before: Problem, after: Problem, factors: Factors
) -> None:
    """With a random X every column is solved for; of several draws the one whose Y is smallest."""
    if step.side == "row":
        turned = Factors(factors.Y, factors.X)
        column_side = AbsorbMatching("column", step.ids, step.matching)
        _fill_matching(A.T, column_side, before.transposed, after.transposed, turned)
        return
    import numpy as np

    terms = [before.terms[k] for k in step.ids]
    union = 0
    for term in terms:
        union |= term.rows
    rows, columns = list(bits(union)), sorted(step.matching)
    residual, _ = _open_residual(A, before, after, Rectangle(union, bitset(columns)), factors)
    place_of = {i: place for place, i in enumerate(rows)}
    inside = np.array([[bool(term.rows >> i & 1) for term in terms] for i in rows])
    reaches = {j: [p for p, term in enumerate(terms) if term.columns >> j & 1] for j in columns}
    rng = np.random.default_rng(_SEED)
    best: tuple[float, Any, Any] | None = None
    for _ in range(_DRAWS):
        tick()
        x = rng.standard_normal(inside.shape) * inside
        y = np.zeros((len(columns), len(step.ids)))
        for place, j in enumerate(columns):
            at = [place_of[i] for i in step.matching[j]]
            system = x[np.ix_(at, reaches[j])]
            right = residual[at, place]
            solution = np.linalg.lstsq(system, right, rcond=None)[0]
            # Once more for what rounding left.
            solution += np.linalg.lstsq(system, right - system @ solution, rcond=None)[0]
            y[place, reaches[j]] = solution
        size = float(np.abs(y).max(initial=0.0))
        if best is None or size < best[0]:
            best = size, x, y
    if best is not None:
        factors.put(step.ids, rows, columns, best[1], best[2])
