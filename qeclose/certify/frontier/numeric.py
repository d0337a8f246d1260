"""Floating-point search for factors of a matrix: a hint where exact searches are worth their time, never a proof.

If X Yᵀ = A has a solution, Levenberg and Marquardt's method nearly always finds one from a few random starts, in about a
millisecond for a 5×5 matrix. If A is only a limit of such products, the factors grow and the equations are never solved.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, final

from qeclose.certify.effort import NUMERIC
from qeclose.problem import Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

__all__ = ["Approximation"]


@final
class Approximation:
    """The equations Σ x y = a on the positions of Q of one problem, for any number of matrices."""

    def __init__(self, problem: Problem, seed: int) -> None:
        import numpy as np

        self.positions = tuple(problem.positions())
        unknown: dict[tuple[str, int, int], int] = {}
        products: list[tuple[int, int, int]] = []
        for number, (i, j) in enumerate(self.positions):
            for k in problem.terms_at(i, j):
                x = unknown.setdefault(("x", k, i), len(unknown))
                y = unknown.setdefault(("y", k, j), len(unknown))
                products.append((number, x, y))
        self._unknowns = len(unknown)
        self._equation, self._x, self._y = np.array(products, dtype=np.intp).reshape(-1, 3).T
        self._rng = np.random.default_rng(seed)

    def finds(self, point: Mapping[tuple[int, int], Fraction | int]) -> bool:
        """Whether factors of the matrix with these nonzero entries on Q were found, to within rounding errors."""
        import numpy as np

        a = np.array([float(point.get(place, 0)) for place in self.positions])
        bound = NUMERIC.large * (1 + float(np.abs(a).max(initial=0)))
        for _ in range(NUMERIC.starts):
            error, z = self._descend(a, self._rng.standard_normal(self._unknowns))
            if error < NUMERIC.solved and float(np.abs(z).max(initial=0)) < bound:
                return True
        return False

    def _residual(self, z: Vector, a: Vector) -> Vector:
        import numpy as np

        sums: Any = np.bincount(self._equation, z[self._x] * z[self._y], len(a))
        return sums - a  # type: ignore[no-any-return]

    def _descend(self, a: Vector, z: Vector) -> tuple[float, Vector]:
        """The least sum of squares reached from z, and where."""
        import numpy as np

        damping = 1.0
        residual = self._residual(z, a)
        error = float(residual @ residual)
        slopes = np.zeros((len(a), self._unknowns))
        for _ in range(NUMERIC.steps):
            slopes[self._equation, self._x] = z[self._y]
            slopes[self._equation, self._y] = z[self._x]
            normal = slopes @ slopes.T
            for _ in range(NUMERIC.dampings):
                try:
                    step = slopes.T @ np.linalg.solve(normal + damping * np.eye(len(a)), residual)
                except np.linalg.LinAlgError:
                    return error, z
                moved = self._residual(z - step, a)
                new = float(moved @ moved)
                if new < error:
                    break
                damping *= NUMERIC.damping_grows
            else:
                break
            z, residual, error = z - step, moved, new
            damping = max(damping / NUMERIC.damping_shrinks, NUMERIC.least_damping)
            if error < NUMERIC.solved:
                break
        return error, z
