"""Certificates as JSON (docs/certificates.md), put together from the results of the search."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from qeclose.algebra.curve import Curve, Laurent, add, multiply
from qeclose.presolve import Reduction
from qeclose.support import Support

__all__ = ["closedness_proof", "curve_proof", "limit_point", "sign"]


def sign(support: Support, claim: str, proof: dict[str, Any]) -> dict[str, Any]:
    """The certificate of a claim about a support."""
    return {
        "format": "qeclose-certificate",
        "version": 1,
        **support.question(),
        "claim": claim,
        "proof": proof,
    }


def closedness_proof(reduction: Reduction, proofs: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    """The proof of a reduction whose open blocks, by ``id`` of the Reduction object, have the given proofs."""
    steps = [step.to_json() for step in reduction.steps]
    if reduction.summands:
        blocks = [
            {"terms": sorted(summand.before.terms), "proof": closedness_proof(summand, proofs)}
            for summand in reduction.summands
        ]
    elif reduction.core.terms:
        proof = proofs[id(reduction)]
        if not steps:
            return proof
        blocks = [{"terms": sorted(reduction.core.terms), "proof": proof}]
    else:
        blocks = []
    return {"kind": "reduction", "steps": steps, "blocks": blocks}


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


def curve_proof(curve: Curve, refutation: dict[str, Any], missing: Mapping[int, int]) -> dict[str, Any]:
    """The proof of kind ``curve`` for a curve of the user's mask, with its missing entries."""
    left = {(i, k): value for (i, k), value in curve.x.items() if value}
    right = {(k, j): value for (j, k), value in curve.y.items() if value}
    return {
        "kind": "curve",
        "point": [[i, j, str(value)] for (i, j), value in limit_point(curve, missing).items()],
        "factors": [_entries(left), _entries(right)],
        "refutation": refutation,
    }


def _entries(factor: Mapping[tuple[int, int], Laurent]) -> list[Any]:
    return [[i, j, [[e, str(value[e])] for e in sorted(value)]] for (i, j), value in sorted(factor.items())]
