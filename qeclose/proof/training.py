"""Proofs that training has no optimum (docs/certificates.md, "Training without an optimum")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, final

from qeclose.proof.ill_posed import CurveProof

__all__ = ["DataSetProof", "DrawnBiases", "Numbers", "NumbersOfWeights"]

Numbers = tuple[tuple[str, ...], ...]
"""A matrix of rational numbers as text."""


class DrawnBiases(NamedTuple):
    """Which units have a bias, a digit each."""

    hidden: str
    output: str


class NumbersOfWeights(NamedTuple):
    """The weights of a network of two layers, as text."""

    W1: Numbers
    b1: tuple[str, ...]
    W2: Numbers
    b2: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True, eq=False)
class DataSetProof:
    """A data set without an optimum: ``inputs`` and ``targets`` in clusters along the moment curve."""

    kind: ClassVar = "relu-data-set"
    biases: DrawnBiases
    frontier: CurveProof
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    parameters: tuple[str, ...]
    inputs: Numbers
    targets: Numbers
    time: str
    weights: NumbersOfWeights
    loss: str
