"""Proofs put together from the results of the search."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from qeclose.algebra.curve import Curve, Laurent, add, multiply
from qeclose.presolve import Reduction
from qeclose.proof.ill_posed import CurveProof, Refutation
from qeclose.proof.well_posed import Block, Closed, ReductionProof

__all__ = ["closedness_proof", "curve_proof", "limit_point"]


def closedness_proof(reduction: Reduction, proofs: Mapping[int, Closed]) -> Closed:
    """The proof of a reduction whose open blocks, by ``id`` of the Reduction object, have the given proofs."""
    steps = tuple([step.listed() for step in reduction.steps])
    if reduction.summands:
        blocks = [
            Block(tuple(sorted(summand.before.terms)), closedness_proof(summand, proofs))
            for summand in reduction.summands
        ]
    elif reduction.core.terms:
        proof = proofs[id(reduction)]
        if not steps:
            return proof
        blocks = [Block(tuple(sorted(reduction.core.terms)), proof)]
    else:
        blocks = []
    return ReductionProof(steps, tuple(blocks))


def limit_point(curve: Curve, missing: Mapping[int, int]) -> dict[tuple[int, int], Fraction]:
    """The limit of X(t) Y(t)ᵀ as t → 0, nonzero entries only, and none that is missing (by row, as bitsets of columns).

    Raises ``ArithmeticError`` if there is none.
    """
    in_term: dict[int, list[tuple[int, Laurent]]] = {}
    for (j, k), value in curve.y.items():
        in_term.setdefault(k, []).append((j, value))
    product: dict[tuple[int, int], Laurent] = {}
    for (i, k), value in curve.x.items():
        for j, other in in_term.get(k, ()):
            if missing.get(i, 0) >> j & 1:
                continue
            product[i, j] = add(product.get((i, j), {}), multiply(value, other))
    if any(min(entry, default=0) < 0 for entry in product.values()):
        raise ArithmeticError("the product of the curve has no limit")
    return {place: entry[0] for place, entry in sorted(product.items()) if 0 in entry}


def curve_proof(curve: Curve, refutation: Refutation, missing: Mapping[int, int]) -> CurveProof:
    """The proof for a curve of the user's mask, with its missing entries."""
    right = {(k, j): value for (j, k), value in curve.y.items()}
    return CurveProof.of(limit_point(curve, missing), (curve.x, right), refutation)
