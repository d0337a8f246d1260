"""All kinds of proofs."""

from __future__ import annotations

from qeclose.proof.bounds import BoundsRuleProof, CoverProof, UnionProof
from qeclose.proof.ill_posed import CurveProof
from qeclose.proof.location import EntryProof, FactorsProof, NotInClosedProof, RankProof
from qeclose.proof.training import DataSetProof
from qeclose.proof.well_posed import Closed, ClosedChain

__all__ = ["BoundedProof", "LocationProof", "MaskProof", "Proof"]

MaskProof = CurveProof | Closed | ClosedChain
"""What claims about the set E of one mask rest on. These have symmetries (``proof.moving``)."""

BoundedProof = UnionProof | BoundsRuleProof | CoverProof
"""What claims about all supports that keep bounds rest on."""

LocationProof = FactorsProof | EntryProof | RankProof | NotInClosedProof
"""What claims about one matrix rest on, beside curves."""

Proof = MaskProof | BoundedProof | LocationProof | DataSetProof
