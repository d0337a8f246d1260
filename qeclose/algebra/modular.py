"""Arithmetic modulo a large prime: it tells quickly what is worth computing exactly; nothing rests on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from qeclose.algebra.system import Polynomial, rational_terms

__all__ = ["PRIME", "Terms", "rank_of", "residue", "residues", "value_at"]

PRIME = 2**61 - 1

Terms = Sequence[tuple[tuple[int, ...], int]]
"""A polynomial modulo the prime: exponents and coefficients."""


def residue(value: Fraction | int) -> int:
    """The value modulo the prime."""
    if value.denominator == 1:
        return value.numerator % PRIME
    return value.numerator * pow(value.denominator, -1, PRIME) % PRIME


def residues(polynomial: Polynomial) -> Terms:
    """The terms of a polynomial modulo the prime."""
    return [(monomial, residue(c)) for monomial, c in rational_terms(polynomial)]


def value_at(terms: Terms, point: Mapping[int, int]) -> int:
    """The value at a point, given by the indices of the variables."""
    total = 0
    for monomial, value in terms:
        for a, e in enumerate(monomial):
            if e:
                value = value * pow(point[a], e, PRIME) % PRIME
        total += value
    return total % PRIME


def rank_of(rows: Sequence[Sequence[int]]) -> int:
    """The rank of a matrix modulo the prime."""
    from flint import nmod_mat

    if not rows or not rows[0]:
        return 0
    return int(nmod_mat(len(rows), len(rows[0]), [entry for row in rows for entry in row], PRIME).rank())
