"""Proofs about all supports that keep bounds (docs/certificates.md, "Cardinality constraints")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from qeclose.proof.ill_posed import CurveProof, Refutation
from qeclose.proof.trees import Polynomial, Tree
from qeclose.proof.well_posed import Closed, Drawn

__all__ = [
    "BoundsRuleProof",
    "Cases",
    "ClosedMember",
    "CoverProof",
    "EntryCase",
    "RefutedCase",
    "UnionProof",
    "VanishingMember",
]


@final
@dataclass(frozen=True, slots=True, eq=False)
class EntryCase:
    """Entry (l, i, k) is in the support, or it is not."""

    entry: tuple[int, int, int]
    inside: Cases
    outside: Cases


@final
@dataclass(frozen=True, slots=True, eq=False)
class RefutedCase:
    """A is not in E of what is still allowed."""

    refutation: Refutation


Cases = EntryCase | RefutedCase


@final
@dataclass(frozen=True, slots=True, eq=False)
class UnionProof:
    """A limit of one member (its masks X and Yᵀ) is in no other one."""

    kind: ClassVar = "union"
    member: Drawn
    curve: CurveProof
    cases: Cases


@final
@dataclass(frozen=True, slots=True)
class BoundsRuleProof:
    """A rule for bounds of any size, about factor X (0) or Yᵀ (1)."""

    kind: ClassVar = "bounds-rule"
    rule: str
    factor: int


@final
@dataclass(frozen=True, slots=True, eq=False)
class ClosedMember:
    """A member that is closed itself."""

    factors: Drawn
    proof: Closed


@final
@dataclass(frozen=True, slots=True, eq=False)
class VanishingMember:
    """A member whose closure, where these polynomials vanish, is in the union, by cases."""

    factors: Drawn
    vanishing: tuple[Polynomial, ...]
    tree: Tree


@final
@dataclass(frozen=True, slots=True, eq=False)
class CoverProof:
    """Members that, up to symmetry, are all, and whose closures are in the union."""

    kind: ClassVar = "cover"
    parts: tuple[ClosedMember | VanishingMember, ...]
