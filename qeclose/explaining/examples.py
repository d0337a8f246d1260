"""The smallest example of an obstruction: a matrix that products approach and never are, with numbers."""

from __future__ import annotations

import time
from typing import Any

from qeclose.certify import Certified, certify
from qeclose.decide.evaluation import TIMES, At, at
from qeclose.decide.gate import require
from qeclose.decide.witness import Witness
from qeclose.errors import CertificateError
from qeclose.explaining.obstructions import Place
from qeclose.support.mask import Mask
from qeclose.support.model import Support

__all__ = ["at_times", "example", "numbers_json", "part_of"]


def example(support: Support, place: Place, *, deadline: float, patience: float, seed: int) -> Witness | None:
    """A witness on these rows and columns alone, zero elsewhere (R2), that the checker has accepted; None if none is found."""
    part = part_of(support, place)
    found = certify(part, deadline=min(deadline, time.monotonic() + patience), seed=seed)
    if not isinstance(found, Certified) or found.curve is None:
        return None
    try:
        require(found.certificate, part, "ill-posed")
    except CertificateError:
        return None
    witness = Witness.of_certificate(found.certificate)
    if witness is None:
        return None
    rows, terms, columns = witness.layers
    layers = tuple(place.rows[i] for i in rows), terms, tuple(place.columns[j] for j in columns)
    return Witness(layers, witness.A, witness.factors)


def at_times(witness: Witness) -> list[At]:
    """The witness at t = 0.1, 0.01 and 0.001."""
    return [at(witness, t) for t in TIMES]


def numbers_json(values: At) -> dict[str, Any]:
    """One t of an example, in floating-point numbers: X, Y (two factors) or the factors, their product, distance and norms."""
    factors = [[[float(entry) for entry in row] for row in factor] for factor in values.factors]
    product = [[float(entry) for entry in row] for row in values.product]
    head: dict[str, Any] = {"t": float(values.t)}
    if len(factors) == 2:
        head |= {"X": factors[0], "Y": [list(column) for column in zip(*factors[1], strict=True)]}
    else:
        head["factors"] = factors
    return {**head, "product": product, "distance": values.distance, "norms": list(values.norms)}


def part_of(support: Support, place: Place) -> Support:
    """The mask on these rows and columns, all its terms kept, with its missing entries."""
    sides = []
    for mask, lines in ((support.I, place.rows), (support.J, place.columns)):
        sides.append(Mask(tuple(mask.rows[line] for line in lines), mask.n_cols))
    free = support.free
    missing = [[free.get(i, 0) >> j & 1 for j in place.columns] for i in place.rows]
    return Support(*sides, missing=missing if any(map(any, missing)) else None)
