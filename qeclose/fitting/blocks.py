"""What can be solved exactly of min ‖A − XYᵀ‖², and what is left (theorem A of docs/fit.md).

R1 and R4–R6 keep the set E + R^W, and R7 splits it into a product: where terms can make anything, A is met exactly whatever
the others do. What is left are independent blocks. A block of s terms with one full rectangle R×C holds all matrices on R×C
of rank at most s: its best approximation is a truncated singular value decomposition (Eckart and Young).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from qeclose.presolve.fixpoint import Reduction
from qeclose.presolve.splitting import SplitTerm
from qeclose.problem import Problem
from qeclose.support.bits import bits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


__all__ = ["Factors", "at_lines", "svd_factors"]


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
        # Terms are set one after the other: each is contiguous.
        return cls(np.zeros((shape[0], width), order="F"), np.zeros((shape[1], width), order="F"))

    def put(self, ids: Sequence[int], rows: Sequence[int], columns: Sequence[int], x: Any, y: Any) -> None:
        """Set the entries of these terms on these rows of A (x) and columns of A (y)."""
        self.X[at_lines(rows, ids)] = x
        self.Y[at_lines(columns, ids)] = y


def svd_factors(A: NDArray[np.float64], core: Problem, factors: Factors) -> float:
    """Solve a single class; returns its loss."""
    import numpy as np

    (rectangle,) = set(core.terms.values())
    rows, columns, ids = list(bits(rectangle.rows)), list(bits(rectangle.columns)), list(core.terms)
    left, values, right = np.linalg.svd(A[at_lines(rows, columns)], full_matrices=False)
    s = len(ids)
    root = np.sqrt(values[:s])
    factors.put(ids, rows, columns, left[:, :s] * root, right[:s].T * root)
    return float((values[s:] ** 2).sum())


def at_lines(*lines: Sequence[int]) -> Any:
    """The index of the submatrix on these lines: of slices where they follow each other, so that reading it copies nothing."""
    import numpy as np

    found = [_consecutive(chosen) for chosen in lines]
    if sum(not isinstance(chosen, slice) for chosen in found) > 1:
        return np.ix_(*lines)
    return tuple(found)


def _consecutive(lines: Sequence[int]) -> slice | list[int]:
    """The lines as a slice, if each is the one after the last."""
    if (
        lines
        and lines[-1] - lines[0] + 1 == len(lines)
        and all(a < b for a, b in zip(lines, lines[1:], strict=False))
    ):
        return slice(lines[0], lines[-1] + 1)
    return list(lines)
