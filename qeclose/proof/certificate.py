"""Whole certificates, as JSON: the door where proofs are written, and their relabelling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qeclose.errors import CertificateError
from qeclose.proof.kinds import Proof
from qeclose.proof.moving import moved_proof
from qeclose.proof.reading import from_json, mask_proof_from_json
from qeclose.proof.writing import to_json
from qeclose.support.bounded import BoundedSupport
from qeclose.support.mask import Mask
from qeclose.support.model import Support
from qeclose.support.relabelling import Relabelling

__all__ = ["relabel", "sign", "whole_proof"]


def sign(support: Support | BoundedSupport, claim: str, proof: Proof) -> dict[str, Any]:
    """The certificate of a claim about a support, or about all that keep bounds."""
    return {
        "format": "qeclose-certificate",
        "version": 1,
        **support.question(),
        "claim": claim,
        "proof": to_json(proof),
    }


def relabel(
    certificate: Mapping[str, Any], relabelling: Relabelling, moved: Support | None = None
) -> dict[str, Any]:
    """The certificate as one about the relabelled mask: accepted by the checker if and only if this one is.

    ``moved`` is that mask, for callers who have it. Raises ``CertificateError`` on whatever docs/certificates.md
    does not describe, for that could hold indices, and on proofs about something else than one mask.
    """
    if "part_of" in certificate:
        return _relabelled_part(certificate, relabelling)
    try:
        if moved is None:
            mask = certificate["mask"]["factors"]
            factors = [Mask.from_lists([list(map(int, row)) for row in rows]) for rows in mask]
            missing = certificate["mask"].get("missing")
            moved = relabelling.support(Support.of_factors(factors, missing=missing))
        proof = moved_proof(
            mask_proof_from_json(certificate["proof"]), relabelling.layers, turned=relabelling.reversed
        )
        return {**certificate, **moved.question(), "proof": to_json(proof)}
    except (CertificateError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise CertificateError(f"the certificate cannot be relabelled: {error!r}") from error


def _relabelled_part(certificate: Mapping[str, Any], relabelling: Relabelling) -> dict[str, Any]:
    """For a certificate about a part of the mask: the part's lines are taken along, and put in order again."""
    whole = certificate["part_of"]
    moved = [[new[i] for i in lines] for new, lines in zip(relabelling.layers, whole["lines"], strict=True)]
    lines = [sorted(layer) for layer in moved]
    places = tuple(tuple(map(ordered.index, layer)) for ordered, layer in zip(lines, moved, strict=True))
    rest = {key: value for key, value in certificate.items() if key != "part_of"}
    step = -1 if relabelling.reversed else 1
    return {
        **relabel(rest, Relabelling(places, relabelling.reversed)),
        "part_of": {"shape": whole["shape"][::step], "lines": lines[::step]},
    }


def whole_proof(certificate: Mapping[str, Any]) -> Proof:
    """The proof of an accepted certificate, with the lines numbered as in the user's mask. Raises ``CertificateError``."""
    if "part_of" not in certificate:
        return from_json(certificate["proof"])
    return moved_proof(
        mask_proof_from_json(certificate["proof"]), certificate["part_of"]["lines"], turned=False
    )
