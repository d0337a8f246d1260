"""Frontier points of a chain: random curves of all factors but one, and the limits of what the last one can do.

Fix polynomial curves of all factors but X_c. The product is linear in X_c, so the matrices it can make form a linear
space, which has a limit as t → 0 (``certify.frontier.limits``); every matrix of the limit is in the closure of E, and
those that can be refuted to be in E (``certify.refute.chain``) are on its frontier.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import reduce

from qeclose.algebra.curve import ZERO, Laurent, add, multiply, scale
from qeclose.certify.chains.merging import Factor
from qeclose.certify.effort import CHAIN_CURVES
from qeclose.certify.frontier.limits import limit_space
from qeclose.certify.refute.chain import ChainFrontier, Point, refute_chain
from qeclose.support import Mask
from qeclose.support.bits import bits
from qeclose.support.mask import product_mask

__all__ = ["find_chain_frontier", "product"]


def find_chain_frontier(
    masks: Sequence[Mask], rng: random.Random, *, tries: int, deadline: float
) -> ChainFrontier | None:
    """A frontier point by at most ``tries`` random curves for each choice of the free factor, or None."""
    positions = reduce(product_mask, masks)
    places = [(i, j) for i, row in enumerate(positions.rows) for j in bits(row)]
    free = [c for c, mask in enumerate(masks) if mask.nnz * len(places) <= CHAIN_CURVES.largest_system]
    seen: set[frozenset[tuple[tuple[int, int], Fraction]]] = set()
    for _ in range(tries):
        for c in free:
            for point, factors in _try_curve(masks, places, c, rng):
                if time.monotonic() > deadline:
                    return None
                key = frozenset(point.items())
                if key in seen:
                    continue
                seen.add(key)
                refutation = refute_chain(masks, point)
                if refutation is not None:
                    return ChainFrontier(point, factors, refutation)
    return None


def product(left: Factor, right: Factor) -> dict[tuple[int, int], Laurent]:
    """The product of two factors along a curve, zero entries left out."""
    rows: dict[int, list[tuple[int, Laurent]]] = {}
    for (k, j), value in right.items():
        rows.setdefault(k, []).append((j, value))
    total: dict[tuple[int, int], Laurent] = {}
    for (i, k), value in left.items():
        for j, other in rows.get(k, ()):
            total[i, j] = add(total.get((i, j), ZERO), multiply(value, other))
    return {place: value for place, value in total.items() if value}


def _try_curve(
    masks: Sequence[Mask], places: Sequence[tuple[int, int]], c: int, rng: random.Random
) -> Iterator[tuple[Point, tuple[Factor, ...]]]:
    """Candidate points from one random curve of all factors but number ``c``."""
    factors = [_random_factor(mask, rng) if l != c else {} for l, mask in enumerate(masks)]
    before, after = _columns(factors[:c]), _rows(factors[c + 1 :])
    entries = [(k, q) for k, row in enumerate(masks[c].rows) for q in bits(row)]
    number = {place: e for e, place in enumerate(places)}
    vectors: list[list[Laurent]] = []
    for k, q in entries:
        vector = [ZERO] * len(places)
        for i, left in _or_unit(before, k):
            for j, right in _or_unit(after, q):
                vector[number[i, j]] = multiply(left, right)
        vectors.append(vector)
    basis = limit_space(vectors)
    if not any(min(series, default=0) < 0 for v in basis for series in v.combination):
        return
    for _ in range(CHAIN_CURVES.points_a_curve):
        point: dict[tuple[int, int], Fraction] = {}
        solved: dict[tuple[int, int], Laurent] = {}
        for v in basis:
            factor = rng.choice(CHAIN_CURVES.coefficients)
            for place, value in zip(places, v.vector, strict=True):
                point[place] = point.get(place, Fraction(0)) + factor * value
            for entry, series in zip(entries, v.combination, strict=True):
                solved[entry] = add(solved.get(entry, ZERO), scale(series, factor))
        nonzero = {place: value for place, value in point.items() if value}
        curve = [
            factor if l != c else {e: s for e, s in solved.items() if s} for l, factor in enumerate(factors)
        ]
        yield nonzero, tuple(curve)


def _random_factor(mask: Mask, rng: random.Random) -> Factor:
    constants, degree = rng.choice(CHAIN_CURVES.constants), rng.choice(CHAIN_CURVES.degrees)
    factor: dict[tuple[int, int], Laurent] = {}
    for i, row in enumerate(mask.rows):
        for j in bits(row):
            coefficients = [rng.choice(constants), *(rng.choice(CHAIN_CURVES.slopes) for _ in range(degree))]
            entry = {e: Fraction(c) for e, c in enumerate(coefficients) if c}
            if entry:
                factor[i, j] = entry
    return factor


_Lines = dict[int, list[tuple[int, Laurent]]] | None
_ONE: Laurent = {0: Fraction(1)}


def _columns(factors: Sequence[Factor]) -> _Lines:
    """The product's columns; None for the empty product, the identity."""
    if not factors:
        return None
    columns: dict[int, list[tuple[int, Laurent]]] = {}
    for (i, k), value in reduce(product, factors).items():
        columns.setdefault(k, []).append((i, value))
    return columns


def _rows(factors: Sequence[Factor]) -> _Lines:
    if not factors:
        return None
    rows: dict[int, list[tuple[int, Laurent]]] = {}
    for (k, j), value in reduce(product, factors).items():
        rows.setdefault(k, []).append((j, value))
    return rows


def _or_unit(lines: _Lines, index: int) -> list[tuple[int, Laurent]]:
    return [(index, _ONE)] if lines is None else lines.get(index, [])
