"""Proofs that a mask is ill-posed, and that a matrix is not in E (docs/certificates.md, "Ill-posed")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, NamedTuple, final

from qeclose.proof.trees import Tree

__all__ = [
    "CurveProof",
    "Engine",
    "EngineRefutation",
    "GroupedRefutation",
    "Laurent",
    "MinorRefutation",
    "PaddedRefutation",
    "Position",
    "Refutation",
    "TreeRefutation",
    "refuted_lines",
]

Position = tuple[int, int]

Laurent = tuple[tuple[int, str], ...]
"""The exponents of t with their coefficients as text."""


class Engine(NamedTuple):
    """An engine on whose word a proof rests."""

    name: str
    version: str


@final
@dataclass(frozen=True, slots=True, eq=False)
class CurveProof:
    """X₁(t)⋯X_L(t) tends to A, and A is not in E.

    ``point`` holds the nonzero entries of A as text, ``factors`` those of each factor.
    """

    kind: ClassVar = "curve"
    point: tuple[tuple[int, int, str], ...]
    factors: tuple[tuple[tuple[int, int, Laurent], ...], ...]
    refutation: Refutation

    @classmethod
    def of(
        cls,
        point: Mapping[Position, Fraction],
        factors: Iterable[Mapping[Position, Mapping[int, Fraction]]],
        refutation: Refutation,
    ) -> CurveProof:
        """The proof with these entries of A and of X₁(t), …, X_L(t), by exponents of t; those that are 0 may be among them."""
        return cls(
            tuple([(i, j, str(value)) for (i, j), value in sorted(point.items()) if value]),
            tuple(
                [
                    tuple(
                        [
                            (i, j, tuple([(e, str(series[e])) for e in sorted(series)]))
                            for (i, j), series in sorted(factor.items())
                            if series
                        ]
                    )
                    for factor in factors
                ]
            ),
            refutation,
        )

    def limit(self) -> dict[Position, Fraction]:
        """The nonzero entries of A."""
        return {(i, j): Fraction(value) for i, j, value in self.point}

    def entries(self) -> list[dict[Position, dict[int, Fraction]]]:
        """The nonzero entries of each factor, by exponents of t."""
        return [
            {(i, j): {e: Fraction(c) for e, c in series} for i, j, series in factor}
            for factor in self.factors
        ]


@final
@dataclass(frozen=True, slots=True, eq=False)
class TreeRefutation:
    """The equations of A ∈ E at these positions have no real solution, by cases."""

    kind: ClassVar = "tree"
    positions: tuple[Position, ...]
    tree: Tree


@final
@dataclass(frozen=True, slots=True)
class EngineRefutation:
    """The same on the word of engines."""

    kind: ClassVar = "engine"
    positions: tuple[Position, ...]
    engines: tuple[Engine, ...]


@final
@dataclass(frozen=True, slots=True)
class MinorRefutation:
    """A minor of A is too large a matrix's whatever is not listed of it."""

    kind: ClassVar = "minor"
    positions: tuple[Position, ...]


@final
@dataclass(frozen=True, slots=True, eq=False)
class GroupedRefutation:
    """A is no product even if the factors are taken together in groups of these sizes."""

    kind: ClassVar = "grouped"
    sizes: tuple[int, ...]
    refutation: Refutation


@final
@dataclass(frozen=True, slots=True, eq=False)
class PaddedRefutation:
    """A on rows × columns is refuted; each pad (k, i, j) takes out term k by row i and column j."""

    kind: ClassVar = "padded"
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    pads: tuple[tuple[int, int, int], ...]
    refutation: Refutation


Refutation = TreeRefutation | EngineRefutation | MinorRefutation | GroupedRefutation | PaddedRefutation


def refuted_lines(refutation: Refutation) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The rows and the columns of A that a refutation speaks about, each in order."""
    while isinstance(refutation, GroupedRefutation):
        refutation = refutation.refutation
    if isinstance(refutation, PaddedRefutation):
        rows = {*refutation.rows, *(i for _, i, _ in refutation.pads)}
        columns = {*refutation.columns, *(j for _, _, j in refutation.pads)}
    else:
        rows = {i for i, _ in refutation.positions}
        columns = {j for _, j in refutation.positions}
    return tuple(sorted(rows)), tuple(sorted(columns))
