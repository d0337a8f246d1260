"""Two-layer ReLU networks with rational weights, evaluated exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import final

__all__ = ["Matrix", "Vector", "Weights"]

Vector = tuple[Fraction, ...]
Matrix = tuple[Vector, ...]


@final
@dataclass(frozen=True, slots=True)
class Weights:
    """x ↦ W2 σ(W1 x + b1) + b2 with σ(z) = max(0, z); W1 is r×n, W2 is m×r."""

    W1: Matrix
    b1: Vector
    W2: Matrix
    b2: Vector

    def __call__(self, x: Sequence[Fraction]) -> Vector:
        """The outputs of the network at an input, exactly."""
        hidden = [max(Fraction(0), value) for value in self.preactivation(x)]
        return tuple(_dot(row, hidden) + b for row, b in zip(self.W2, self.b2, strict=True))

    def preactivation(self, x: Sequence[Fraction]) -> Vector:
        """W1 x + b1."""
        return tuple(_dot(row, x) + b for row, b in zip(self.W1, self.b1, strict=True))

    def loss(self, inputs: Sequence[Vector], targets: Sequence[Vector]) -> Fraction:
        """The sum of squared errors over the data."""
        return sum(
            (
                (z - y) ** 2
                for x, target in zip(inputs, targets, strict=True)
                for z, y in zip(self(x), target, strict=True)
            ),
            Fraction(0),
        )

    def largest(self) -> Fraction:
        """The largest absolute value of a weight or bias."""
        entries = [*(w for row in (*self.W1, *self.W2) for w in row), *self.b1, *self.b2]
        return max((abs(w) for w in entries), default=Fraction(0))


def _dot(row: Sequence[Fraction], x: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(row, x, strict=True) if a and b), Fraction(0))
