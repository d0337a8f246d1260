"""Proofs as values: one class for each kind of docs/certificates.md.

The modules are the sections of that page: ``trees``, ``ill_posed``, ``well_posed``, ``training``, ``bounds``, ``location``.
``reading`` and ``writing`` lead from and to JSON, ``moving`` along the symmetries of a mask. The checker knows nothing of
these classes: it reads JSON by itself, strictly.
"""

from qeclose.proof.kinds import MaskProof, Proof
from qeclose.proof.moving import moved_curve, moved_proof
from qeclose.proof.reading import from_json, mask_proof_from_json
from qeclose.proof.writing import to_json

__all__ = ["MaskProof", "Proof", "from_json", "mask_proof_from_json", "moved_curve", "moved_proof", "to_json"]
