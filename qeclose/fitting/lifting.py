"""The way back through the reductions (theorem A of docs/fit.md): absorbed terms meet A, split terms are put together.

The last step is undone first. Then the product of the factors is what the terms placed so far make, and a term that was
absorbed makes up for the rest, but for positions that were free before: earlier steps, undone later, see to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from qeclose.fitting.blocks import Factors, at_lines
from qeclose.presolve.absorption import AbsorbEqual, AbsorbMatching
from qeclose.presolve.fixpoint import Reduction
from qeclose.presolve.splitting import SplitTerm
from qeclose.problem import Problem, Rectangle, tick
from qeclose.support.bits import bits, bitset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["lifted"]

_SEED = 0
_DRAWS = 5
_Placed = list[tuple[int, int]]
"""Lines, each with the term that serves it."""


@final
@dataclass(slots=True)
class _Equals:
    """R4a for rectangles that share no position, all at once: those with the same columns (or rows) cost one product.

    ``rows`` has the lines to be served row by row, by the columns of their rectangles; ``columns`` those to be served
    column by column, by the rows. ``free`` are the free positions before these steps.
    """

    free: Mapping[int, int]
    taken: dict[int, int] = field(default_factory=dict)
    rows: dict[int, _Placed] = field(default_factory=dict)
    columns: dict[int, _Placed] = field(default_factory=dict)

    def touches(self, rectangle: Rectangle) -> bool:
        """Whether a rectangle of the steps so far has a position in this one."""
        return any(self.taken.get(i, 0) & rectangle.columns for i in bits(rectangle.rows))

    def add(self, step: AbsorbEqual) -> None:
        """One more step: each of its terms serves one line of the cover."""
        rectangle, unused = step.rectangle, iter(step.ids)
        for i in bits(rectangle.rows):
            self.taken[i] = self.taken.get(i, 0) | rectangle.columns
        for i in bits(step.cover.rows):
            self.rows.setdefault(rectangle.columns, []).append((i, next(unused)))
        rest = rectangle.rows & ~step.cover.rows
        for j in bits(step.cover.columns):
            self.columns.setdefault(rest, []).append((j, next(unused)))

    def fill(self, A: NDArray[np.float64], factors: Factors) -> None:
        """Set these terms."""
        for columns, placed in self.rows.items():
            tick()
            lines, ids = map(list, zip(*sorted(placed), strict=True))
            residual = _open_residual(A, bitset(lines), columns, factors, self.free)
            factors.put(ids, lines, list(bits(columns)), 0.0, residual.T)
            factors.X[lines, ids] = 1.0
        for rows, placed in self.columns.items():
            tick()
            lines, ids = map(list, zip(*sorted(placed), strict=True))
            residual = _open_residual(A, rows, bitset(lines), factors, self.free)
            factors.put(ids, list(bits(rows)), lines, residual, 0.0)
            factors.Y[lines, ids] = 1.0


@final
@dataclass(frozen=True, slots=True)
class _Matched:
    """R4b, with the rectangles of its terms."""

    step: AbsorbMatching
    rectangles: tuple[Rectangle, ...]

    def fill(self, A: NDArray[np.float64], factors: Factors) -> None:
        """Set these terms."""
        if self.step.side == "column":
            _solve_columns(A, self.step, self.rectangles, factors)
        else:
            turned = tuple(rectangle.transposed for rectangle in self.rectangles)
            _solve_columns(A.T, self.step, turned, Factors(factors.Y, factors.X))


@final
@dataclass(frozen=True, slots=True)
class _Split:
    """R5 and R6: the parts are added up."""

    step: SplitTerm

    def fill(self, A: NDArray[np.float64], factors: Factors) -> None:  # noqa: ARG002 - as the others
        """Set the term in place of its parts."""
        parts = list(self.step.parts)
        for factor in (factors.X, factors.Y):
            whole = factor[:, parts].sum(axis=1)
            factor[:, parts] = 0.0
            factor[:, self.step.term] = whole


def lifted(
    A: NDArray[np.float64], reduction: Reduction, factors: Factors, solve: Callable[[Problem], None]
) -> None:
    """Fill in the terms of ``reduction.before``: ``solve`` does it for the cores, and absorbed terms meet A exactly."""
    for summand in reduction.summands:
        lifted(A, summand, factors, solve)
    if reduction.core.terms and not reduction.summands:
        solve(reduction.core)
    for undone in reversed(_stages(reduction)):
        tick()
        undone.fill(A, factors)


def _stages(reduction: Reduction) -> list[_Equals | _Matched | _Split]:
    """The steps in their order, those of R4a that do not touch each other together."""
    rectangles, free = dict(reduction.before.terms), dict(reduction.before.free)
    stages: list[_Equals | _Matched | _Split] = []
    for step in reduction.steps:
        tick()
        match step:
            case SplitTerm():
                rectangles |= step.parts
                stages.append(_Split(step))
            case AbsorbEqual():
                last = stages[-1] if stages else None
                if not isinstance(last, _Equals) or last.touches(step.rectangle):
                    last = _Equals(dict(free))
                    stages.append(last)
                last.add(step)
                _release(free, step.rectangle)
            case AbsorbMatching():
                met = tuple(rectangles[k] for k in step.ids)
                stages.append(_Matched(step, met))
                for rectangle in met:
                    _release(free, rectangle)
    return stages


def _release(free: dict[int, int], rectangle: Rectangle) -> None:
    for i in bits(rectangle.rows):
        free[i] = free.get(i, 0) | rectangle.columns


def _residual(
    A: NDArray[np.float64], rows: Sequence[int], columns: Sequence[int], factors: Factors
) -> NDArray[np.float64]:
    """What the terms placed so far leave of A on some rows and columns: an array of its own."""
    import numpy as np

    part: NDArray[np.float64] = np.array(A[at_lines(rows, columns)])
    here = factors.X[at_lines(rows)]
    met = np.flatnonzero(here.any(axis=0))
    if met.size:
        part -= here[:, met] @ factors.Y[at_lines(columns, met.tolist())].T
    return part


def _open_residual(
    A: NDArray[np.float64], rows: int, columns: int, factors: Factors, free: Mapping[int, int]
) -> NDArray[np.float64]:
    """The same, with 0 at free positions."""
    across = list(bits(columns))
    residual = _residual(A, list(bits(rows)), across, factors)
    for place, i in enumerate(bits(rows)):
        if free.get(i, 0) & columns:
            residual[place, _flags(free[i], across)] = 0.0
    return residual


def _flags(line: int, columns: Sequence[int]) -> NDArray[np.bool_]:
    """Which of the columns are in the bitset."""
    import numpy as np

    size = max(columns) // 8 + 1
    data = np.frombuffer((line & ((1 << 8 * size) - 1)).to_bytes(size, "little"), np.uint8)
    flags: NDArray[np.bool_] = np.unpackbits(data, bitorder="little")[columns].astype(bool)
    return flags


def _solve_columns(
    A: NDArray[np.float64], step: AbsorbMatching, rectangles: Sequence[Rectangle], factors: Factors
) -> None:
    """With a random X every column is solved for; of several draws the one whose Y is smallest."""
    import numpy as np

    union = 0
    for rectangle in rectangles:
        union |= rectangle.rows
    rows, columns = list(bits(union)), sorted(step.matching)
    residual = _residual(A, rows, columns, factors)
    place_of = {i: place for place, i in enumerate(rows)}
    inside = np.array([[bool(rectangle.rows >> i & 1) for rectangle in rectangles] for i in rows])
    reaches = {
        j: [p for p, rectangle in enumerate(rectangles) if rectangle.columns >> j & 1] for j in columns
    }
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
