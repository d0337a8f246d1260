"""A certificate of ill-posedness cut down to the lines it speaks about (``checker.part`` has the theorem)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qeclose.proof import MaskProof, mask_proof_from_json, moved_curve
from qeclose.proof.certificate import sign
from qeclose.proof.ill_posed import CurveProof, refuted_lines
from qeclose.support import Support
from qeclose.support.bits import bits, bitset

__all__ = ["about_a_part", "signed"]


def about_a_part(certificate: dict[str, Any], support: Support) -> dict[str, Any]:
    """The same claim by the part of the mask that the proof needs, if that is smaller than the mask; else as it is."""
    if certificate["claim"] != "ill-posed":
        return certificate
    proof = mask_proof_from_json(certificate["proof"])
    return signed(support, proof) if isinstance(proof, CurveProof) else certificate


def signed(support: Support, proof: MaskProof) -> dict[str, Any]:
    """The certificate that the proof makes; one of ill-posedness is about the part of the mask that the proof needs."""
    if not isinstance(proof, CurveProof):
        return sign(support, "well-posed", proof)
    lines = _needed(proof, support)
    sizes = [len(support.factors[0].rows), *(factor.n_cols for factor in support.factors)]
    if [len(layer) for layer in lines] == sizes:
        return sign(support, "ill-posed", proof)
    masks = zip(support.factors, lines, lines[1:], strict=False)
    part = Support.of_factors(
        (mask.submatrix(rows, columns) for mask, rows, columns in masks),
        missing=None if support.missing is None else support.missing.submatrix(lines[0], lines[-1]),
    )
    places = [_places(size, layer) for size, layer in zip(sizes, lines, strict=True)]
    return {
        **sign(part, "ill-posed", moved_curve(proof, places, turned=False)),
        "part_of": {"shape": sizes, "lines": lines},
    }


def _needed(proof: CurveProof, support: Support) -> list[list[int]]:
    """Layer by layer the lines of the curve and the refutation, and all that lies between these rows and columns."""
    layers: list[set[int]] = [set() for _ in range(len(support.factors) + 1)]
    layers[0].update(i for i, _, _ in proof.point)
    layers[-1].update(j for _, j, _ in proof.point)
    for level, entries in enumerate(proof.factors):
        layers[level].update(i for i, _, _ in entries)
        layers[level + 1].update(j for _, j, _ in entries)
    rows, columns = refuted_lines(proof.refutation)
    layers[0].update(rows)
    layers[-1].update(columns)
    reached = [bitset(layers[0])]
    for factor in support.factors:
        following = 0
        for i in bits(reached[-1]):
            following |= factor.rows[i]
        reached.append(following)
    ends = bitset(layers[-1])
    for level in range(len(support.factors) - 1, 0, -1):
        live = [i for i in bits(reached[level]) if support.factors[level].rows[i] & ends]
        layers[level].update(live)
        ends = bitset(live)
    return [sorted(layer) for layer in layers]


def _places(size: int, lines: Sequence[int]) -> tuple[int, ...]:
    """Where a line of the mask is in the part; −1 for the others, which no proof about the part may name."""
    places = [-1] * size
    for place, line in enumerate(lines):
        places[line] = place
    return tuple(places)
