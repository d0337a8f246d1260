"""A frontier point of E as training needs it: cut down to the rows and columns its refutation speaks about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

from qeclose.networks.biases import Biases
from qeclose.networks.weights import Vector
from qeclose.proof.certificate import whole_proof
from qeclose.proof.ill_posed import CurveProof, Position, Refutation, refuted_lines
from qeclose.support import Support
from qeclose.support.bits import bitset

__all__ = ["Frontier"]

_Series = Mapping[int, Fraction]


@final
@dataclass(frozen=True, slots=True)
class Frontier:
    """A matrix A that vanishes outside rows × columns, a curve X(t)Y(t)ᵀ → A, and why A|rows×columns ∉ E(I_R, J_C).

    ``x`` is indexed (i, k), ``y`` (j, k).
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    point: Mapping[Position, Fraction]
    x: Mapping[Position, _Series]
    y: Mapping[Position, _Series]
    refutation: Refutation

    @classmethod
    def from_certificate(cls, certificate: Mapping[str, Any]) -> Frontier | None:
        """From a certificate of ill-posedness of two factors; None if its proof is not a curve.

        By R2 the curve, cut down to the rows and columns whose equations refute A ∈ E, is one of the sub-mask, with
        zeros elsewhere one of the mask.
        """
        proof = whole_proof(certificate)
        if not isinstance(proof, CurveProof) or len(proof.factors) != 2:
            return None
        rows, columns = refuted_lines(proof.refutation)
        X, Y = proof.entries()
        left = {(i, k): series for (i, k), series in X.items() if i in rows}
        right = {(j, k): series for (k, j), series in Y.items() if j in columns}
        used = {k for _, k in left} & {k for _, k in right}
        return cls(
            rows,
            columns,
            {(i, j): a for (i, j), a in proof.limit().items() if i in rows and j in columns},
            {(i, k): series for (i, k), series in left.items() if k in used},
            {(j, k): series for (j, k), series in right.items() if k in used},
            proof.refutation,
        )

    def neurons(self, support: Support) -> tuple[int, ...]:
        """The hidden units with an input among the columns and an output among the rows."""
        row_set, column_set = bitset(self.rows), bitset(self.columns)
        return tuple(
            k for k, (rows, columns) in enumerate(support.terms) if rows & row_set and columns & column_set
        )

    def missing_biases(self, biases: Biases) -> list[str]:
        """The biases that the curve of weights needs and the network lacks, in words."""
        hidden, outputs = sorted({k for _, k in self.x}), sorted({i for i, _ in self.x})
        return [
            *(f"of hidden unit {k}" for k in hidden if not biases.hidden[k]),
            *(f"of output {i}" for i in outputs if not biases.output[i]),
        ]

    def image(self, x: Sequence[Fraction], outputs: int) -> Vector:
        """A x."""
        total = [Fraction(0)] * outputs
        for (i, j), a in self.point.items():
            total[i] += a * x[j]
        return tuple(total)

    def proof(self) -> CurveProof:
        """The curve to A, and why A is not in E."""
        return CurveProof.of(
            self.point, (self.x, {(k, j): series for (j, k), series in self.y.items()}), self.refutation
        )
