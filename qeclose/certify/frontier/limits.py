"""Limits of column spaces along a curve.

Fix X(t) with polynomial entries. Column j of X(t) Y(t)ᵀ ranges over the span of the visible vectors x_k(t)|R_j, k with
j ∈ J_k. As t → 0 that subspace converges (in the Grassmannian) to a limit space L_j, which contains the span of the x_k(0)
and is larger exactly when the rank drops at t = 0. The columns are independent of one another, so every matrix with column
j in L_j for all j is in the closure of E: a frontier point if it is not in E.

L_j is computed exactly: as long as the leading vectors are dependent, the dependency divided by the power of t it
gains replaces one of them; the generic rank bounds the number of replacements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import final

from qeclose.algebra.curve import Laurent, add, scale
from qeclose.algebra.modular import PRIME, residue

__all__ = ["LimitVector", "dependency", "limit_space"]

_GENERIC = 1_047_297_919
"""Where "rank at a generic t" is evaluated, modulo a prime; a smaller rank there would only make a limit space smaller, still
sound. Vectors that are independent modulo the prime are independent."""


@final
@dataclass(frozen=True, slots=True)
class LimitVector:
    """``vector`` is the value at t = 0 of Σ_k combination[k] · x_k(t)."""

    vector: tuple[Fraction, ...]
    combination: tuple[Laurent, ...]


@dataclass(slots=True)
class _Moving:
    entries: list[Laurent]
    combination: list[Laurent]

    def normalised(self) -> _Moving:
        """Divided by the largest power of t that divides every entry."""
        order = min(min(entry) for entry in self.entries if entry)
        return _Moving(
            [_shift(entry, -order) for entry in self.entries], [_shift(c, -order) for c in self.combination]
        )

    @property
    def leading(self) -> list[Fraction]:
        return [entry.get(0, Fraction(0)) for entry in self.entries]


def _shift(p: Laurent, by: int) -> Laurent:
    return {exponent + by: coefficient for exponent, coefficient in p.items()}


def limit_space(vectors: Sequence[Sequence[Laurent]]) -> list[LimitVector]:
    """A basis of the limit at t = 0 of the span of ``vectors`` (all of one length, entries polynomials in t)."""
    moving: list[_Moving] = []
    generic = _Span()
    for k, vector in enumerate(vectors):
        if generic.grows(
            [residue(sum(residue(c) * pow(_GENERIC, e, PRIME) for e, c in p.items())) for p in vector]
        ):
            unit: list[Laurent] = [{} for _ in vectors]
            unit[k] = {0: Fraction(1)}
            moving.append(_Moving(list(vector), unit).normalised())
    while True:
        leading = [m.leading for m in moving]
        span = _Span()
        independent = all(span.grows([residue(entry) for entry in vector]) for vector in leading)
        relation = None if independent else dependency(leading)
        if relation is None:
            return [LimitVector(tuple(m.leading), tuple(m.combination)) for m in moving]
        involved = [q for q, c in enumerate(relation) if c]
        moving[involved[-1]] = _combined([(relation[q], moving[q]) for q in involved]).normalised()


@final
class _Span:
    """Vectors modulo the prime in echelon form, by the place of their leading 1."""

    def __init__(self) -> None:
        self._basis: list[tuple[int, list[int]]] = []

    def grows(self, vector: list[int]) -> bool:
        """Whether the vector, entries from 0 to the prime, is not in the span; then it is added."""
        for pivot, other in self._basis:
            factor = vector[pivot]
            if factor:
                vector = [(a - factor * b) % PRIME for a, b in zip(vector, other, strict=True)]
        place = next((q for q, entry in enumerate(vector) if entry), -1)
        if place < 0:
            return False
        inverse = pow(vector[place], -1, PRIME)
        self._basis.append((place, [a * inverse % PRIME for a in vector]))
        return True


def _combined(parts: Sequence[tuple[Fraction, _Moving]]) -> _Moving:
    entries: list[Laurent] = [{} for _ in parts[0][1].entries]
    combination: list[Laurent] = [{} for _ in parts[0][1].combination]
    for factor, part in parts:
        entries = [add(a, scale(b, factor)) for a, b in zip(entries, part.entries, strict=True)]
        combination = [add(a, scale(b, factor)) for a, b in zip(combination, part.combination, strict=True)]
    return _Moving(entries, combination)


def dependency(vectors: Sequence[Sequence[Fraction]]) -> list[Fraction] | None:
    """Coefficients of a nontrivial linear relation between ``vectors``, or None if they are independent."""
    reduced: list[tuple[int, list[Fraction], list[Fraction]]] = []
    for k, vector in enumerate(vectors):
        rest = list(vector)
        relation = [Fraction(int(q == k)) for q in range(len(vectors))]
        for pivot, other, other_relation in reduced:
            factor = rest[pivot] / other[pivot]
            if factor:
                rest = [a - factor * b for a, b in zip(rest, other, strict=True)]
                relation = [a - factor * b for a, b in zip(relation, other_relation, strict=True)]
        pivot = next((q for q, entry in enumerate(rest) if entry), -1)
        if pivot < 0:
            return relation
        reduced.append((pivot, rest, relation))
    return None
