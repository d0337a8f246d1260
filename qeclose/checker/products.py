"""The entries of a product of factors with given supports, as polynomials in the entries of the factors."""

from __future__ import annotations

from itertools import pairwise

from qeclose.checker.masks import Factors, paths
from qeclose.checker.polynomial import MAX_TERMS, Monomial, Polynomial, Variable
from qeclose.checker.reading import Path, Rational

__all__ = ["is_entry", "product_entry"]


def product_entry(factors: Factors, i: int, j: int, path: Path) -> Polynomial:
    """Entry (i, j): the sum over the paths through the masks of the product of the entries.

    Raises ``CertificateError`` if there are too many.
    """
    entry: dict[Monomial, Rational] = {}
    for steps in paths(factors, i, j):
        # The factor's number comes first in a variable, so this product is in order as it stands.
        entry[tuple((("f", l, *step), 1) for l, step in enumerate(pairwise(steps)))] = 1
        if len(entry) > MAX_TERMS:
            raise path.error("the equation is too long to be checked")
    return entry


def is_entry(v: Variable, factors: Factors) -> bool:
    """Whether a variable names an entry inside the masks."""
    match v:
        case ("f", int(l), int(i), int(k)) if l < len(factors):
            rows = factors[l]
            return i < len(rows) and k < len(rows[0]) and rows[i][k] == "1"
    return False
