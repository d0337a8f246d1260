"""A finite data set on which a two-layer ReLU network with given supports has no best weights (docs/relu.md).

*Theorem.* Let A be in the closure of E(I, J) but not in it, for some rows R and columns C already outside the set of the
sub-mask; let r' be the number of hidden units with an input in C and an output in R, and D the pairs (x, Ax) for the
points x of r'·|C| + 1 clusters in R^C as in ``networks.clusters``. Then the infimum of the loss on D is 0 and not attained.

*Proof.* Infimum: ``DataSet.weights(t)`` has all units active on D, so it computes X(t)Y(t)ᵀx, which tends to Ax. Not attained:
only the r' units matter for the inputs R^C and the outputs R. Each that is not constant on R^C switches on a hyperplane of
R^C, which meets the hulls of at most |C| clusters. One cluster is left uncut: there every unit is affine, so the network is,
with linear part X·diag(0/1)·Yᵀ on R×C, an element of the sub-mask's set. It agrees with A at |C| + 1 affinely independent
points, so it is A: a contradiction. ∎
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import final

from qeclose.networks.biases import Biases
from qeclose.networks.clusters import moment_clusters
from qeclose.networks.frontier import Frontier
from qeclose.networks.weights import Matrix, Vector, Weights
from qeclose.support import Support

__all__ = ["LOSS_BOUND", "DataSet"]

LOSS_BOUND = Fraction(1, 10**6)


@final
@dataclass(frozen=True)
class DataSet:
    """The data of the theorem for one support, with the curve of weights along which the loss tends to 0."""

    support: Support
    frontier: Frontier
    biases: Biases
    clusters: tuple[Matrix, ...]

    @classmethod
    def of(cls, support: Support, frontier: Frontier, biases: Biases) -> DataSet:
        """The smallest data set of the theorem. Raises ``ValueError`` if ``missing_biases`` names any."""
        if frontier.missing_biases(biases):
            raise ValueError("the weights need biases that the network does not have")
        dimension = len(frontier.columns)
        count = len(frontier.neurons(support)) * dimension + 1
        return cls(support, frontier, biases, moment_clusters(count, dimension))

    @cached_property
    def inputs(self) -> Matrix:
        """The points x, one a row, with zeros outside C."""
        n = self.support.shape[1]
        place = {j: p for p, j in enumerate(self.frontier.columns)}
        return tuple(
            tuple(point[place[j]] if j in place else Fraction(0) for j in range(n))
            for cluster in self.clusters
            for point in cluster
        )

    @cached_property
    def targets(self) -> Matrix:
        """The values Ax, one a row."""
        return tuple(self.frontier.image(x, self.support.shape[0]) for x in self.inputs)

    def weights(self, t: Fraction) -> Weights:
        """The weights at a time t > 0: X(t), Y(t)ᵀ, biases that keep every unit active on D, and their correction."""
        m, n = self.support.shape
        (r,) = self.support.inner
        W2 = _matrix(self.frontier.x, m, r, t)
        W1 = _matrix({(k, j): value for (j, k), value in self.frontier.y.items()}, r, n, t)
        b1 = tuple(self._threshold(row) for row in W1)
        b2 = tuple(-sum((w * b for w, b in zip(row, b1, strict=True)), Fraction(0)) for row in W2)
        return Weights(W1, b1, W2, b2)

    def _threshold(self, row: Vector) -> Fraction:
        """The smallest bias that keeps a unit from ever being switched off on D."""
        values = (sum((a * b for a, b in zip(row, x, strict=True) if a), Fraction(0)) for x in self.inputs)
        return max(Fraction(0), -min(values)) if any(row) else Fraction(0)

    def loss(self, t: Fraction) -> Fraction:
        """The sum of squared errors of ``weights(t)``, exactly."""
        return self.weights(t).loss(self.inputs, self.targets)

    def small_time(self, bound: Fraction = LOSS_BOUND) -> Fraction:
        """A power of 1/2 at which the loss is below ``bound``; there is one, since the loss tends to 0."""
        t = Fraction(1)
        while self.loss(t) >= bound:
            t /= 2
        return t


def _matrix(entries: Mapping[tuple[int, int], Mapping[int, Fraction]], m: int, n: int, t: Fraction) -> Matrix:
    def value(series: Mapping[int, Fraction]) -> Fraction:
        return sum((c * t**e for e, c in series.items()), Fraction(0))

    return tuple(tuple(value(entries.get((i, j), {})) for j in range(n)) for i in range(m))
