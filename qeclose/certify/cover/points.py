"""Values of polynomials and of solutions of equations, at points and along lines."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction

from qeclose.algebra.curve import ZERO, Laurent, add, multiply, series_quotient
from qeclose.algebra.system import Polynomial, Ring, System, Variable, evaluate, rational_terms
from qeclose.certify.cover.generic import Value
from qeclose.certify.effort import POINTS

__all__ = ["along", "along_line", "point_of"]


def along(polynomial: Polynomial, line: Mapping[int, Laurent]) -> Laurent:
    """A polynomial in the entries of A along a line, as a polynomial in t."""
    total: Laurent = ZERO
    for monomial, coefficient in rational_terms(polynomial):
        term: Laurent = {0: coefficient}
        for a, e in enumerate(monomial):
            for _ in range(e):
                term = multiply(term, line[a])
        total = add(total, term)
    return total


def along_line(
    values: Sequence[Value], ring: Ring, line: Mapping[int, Laurent], factors: int = 2
) -> dict[Variable, Laurent] | None:
    """Rational functions of A along a line, as Laurent polynomials; None where a denominator vanishes on it.

    They are cut off so late that a product of ``factors`` of them changes by O(t²).
    """
    entries = {
        ring.variables[a]: (along(numerator, line), along(denominator, line))
        for a, numerator, denominator in values
    }
    if not all(denominator for _, denominator in entries.values()):
        return None
    pole = max((min(q) - min(p) for p, q in entries.values() if p), default=0)
    order = max((factors - 1) * pole + 1, 1)
    return {v: series_quotient(p, q, order) for v, (p, q) in entries.items()}


def point_of(
    region: System, solved: Sequence[Value], rng: random.Random
) -> dict[tuple[int, int], Fraction] | None:
    """A rational matrix A in a region, as generic as small integers allow; ``solved`` are its equations, solved for entries."""
    places = [(a, (int(v[1]), int(v[2]))) for a, v in enumerate(region.ring.variables) if v[0] == "a"]
    for attempt in range(POINTS.tried):
        choices = (1,) if attempt == 0 else POINTS.values
        value = {a: Fraction(rng.choice(choices)) for a, _ in places}
        if not all(evaluate(unit, value) for unit in region.units):
            continue
        for a, numerator, denominator in reversed(solved):
            bottom = evaluate(denominator, value)
            if not bottom:
                break
            value[a] = evaluate(numerator, value) / bottom
        else:
            return {place: value[a] for a, place in places}
    return None
