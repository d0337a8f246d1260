"""A frontier point of E as training needs it: cut down to the rows and columns its refutation speaks about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

from qeclose.certify.certificate import refuted_lines
from qeclose.networks.biases import Biases
from qeclose.networks.weights import Vector
from qeclose.support import Support
from qeclose.support.relabelled_certificate import whole_proof

__all__ = ["Frontier"]

Laurent = Mapping[int, Fraction]


@final
@dataclass(frozen=True, slots=True)
class Frontier:
    """A matrix A that vanishes outside rows × columns, a curve X(t)Y(t)ᵀ → A, and why A|rows×columns ∉ E(I_R, J_C).

    ``x`` is indexed (i, k), ``y`` (j, k); ``refutation`` is the JSON of docs/certificates.md.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    point: Mapping[tuple[int, int], Fraction]
    x: Mapping[tuple[int, int], Laurent]
    y: Mapping[tuple[int, int], Laurent]
    refutation: Mapping[str, Any]

    @classmethod
    def from_certificate(cls, certificate: Mapping[str, Any]) -> Frontier | None:
        """From a certificate of ill-posedness of two factors; None if its proof is not a curve.

        By R2 the curve, cut down to the rows and columns whose equations refute A ∈ E, is one of the sub-mask, with
        zeros elsewhere one of the mask.
        """
        proof = whole_proof(certificate)
        if proof["kind"] != "curve" or len(certificate["mask"]["factors"]) != 2:
            return None
        rows, columns = refuted_lines(proof["refutation"])
        left = [entry for entry in proof["factors"][0] if entry[0] in rows]
        right = [entry for entry in proof["factors"][1] if entry[1] in columns]
        used = {k for _, k, _ in left} & {k for k, _, _ in right}
        return cls(
            rows,
            columns,
            {(i, j): Fraction(a) for i, j, a in proof["point"] if i in rows and j in columns},
            {(i, k): _laurent(series) for i, k, series in left if k in used},
            {(j, k): _laurent(series) for k, j, series in right if k in used},
            proof["refutation"],
        )

    def neurons(self, support: Support) -> tuple[int, ...]:
        """The hidden units with an input among the columns and an output among the rows."""
        row_set, column_set = sum(1 << i for i in self.rows), sum(1 << j for j in self.columns)
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

    def to_json(self) -> dict[str, Any]:
        """The proof of kind ``curve`` (docs/certificates.md)."""
        return {
            "kind": "curve",
            "point": [[i, j, str(a)] for (i, j), a in sorted(self.point.items())],
            "factors": [
                [[i, k, _series(value)] for (i, k), value in sorted(self.x.items())],
                sorted([k, j, _series(value)] for (j, k), value in self.y.items()),
            ],
            "refutation": dict(self.refutation),
        }


def _laurent(series: Sequence[tuple[int, str]]) -> Laurent:
    return {e: Fraction(c) for e, c in series}


def _series(series: Laurent) -> list[list[Any]]:
    return [[e, str(series[e])] for e in sorted(series)]
