"""Proofs of where one matrix lies (docs/certificates.md, "Where one matrix lies"); a ``CurveProof`` shows the frontier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from qeclose.proof.ill_posed import Refutation
from qeclose.proof.well_posed import Closed

__all__ = ["EntryProof", "FactorsProof", "NotInClosedProof", "RankProof"]


@final
@dataclass(frozen=True, slots=True)
class FactorsProof:
    """Inside: entries of factors whose product is the matrix, as text."""

    kind: ClassVar = "factors"
    factors: tuple[tuple[tuple[int, int, str], ...], ...]


@final
@dataclass(frozen=True, slots=True)
class EntryProof:
    """Outside: all products are 0 at this position."""

    kind: ClassVar = "entry"
    row: int
    column: int


@final
@dataclass(frozen=True, slots=True)
class RankProof:
    """Outside: a minor is not 0, and too few terms meet it."""

    kind: ClassVar = "rank"
    rows: tuple[int, ...]
    columns: tuple[int, ...]


@final
@dataclass(frozen=True, slots=True, eq=False)
class NotInClosedProof:
    """Outside: E is closed, and the matrix is not in it."""

    kind: ClassVar = "closed"
    well_posed: Closed
    refutation: Refutation
