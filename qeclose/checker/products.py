"""The entries of a product of factors, or of a sum of terms, with given supports, as polynomials."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from qeclose.checker.budget import Rational, spend
from qeclose.checker.masks import Factors, paths
from qeclose.checker.polynomial import MAX_TERMS, Monomial, Polynomial, Variable
from qeclose.checker.problem import Problem, Rectangle, bits
from qeclose.checker.reading import Path

__all__ = ["is_entry", "product_entry", "term_products", "term_variables"]


def product_entry(factors: Factors, i: int, j: int, path: Path) -> Polynomial:
    """Entry (i, j): the sum over the paths through the masks of the product of the entries.

    Raises ``CertificateError`` if there are too many.
    """
    # Those that lead to j are looked for factor by factor.
    spend(sum(len(rows) for rows in factors))
    entry: dict[Monomial, Rational] = {}
    for steps in paths(factors, i, j):
        # The factor's number comes first in a variable, so this product is in order as it stands.
        spend(len(steps))
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


def term_products(problem: Problem, path: Path) -> dict[tuple[int, int], Polynomial]:
    """Σ x_{k,i} y_{k,j} for every (i, j) in Q.

    Raises ``CertificateError`` if there are too many.
    """
    total = 0
    products: dict[tuple[int, int], Polynomial] = {}
    for i, j in problem.positions():
        spend(1 + (len(problem.terms) >> 3))
        product: dict[Monomial, Rational] = {}
        for id_, (rows, columns) in problem.terms.items():
            if rows >> i & 1 and columns >> j & 1:
                product[(("x", id_, i), 1), (("y", id_, j), 1)] = 1
        products[i, j] = product
        total += len(product) + 1
        if total > MAX_TERMS:
            raise path.error("the problem is too large for a proof by explicit solutions to be checked")
    return products


def term_variables(terms: Mapping[int, Rectangle]) -> frozenset[Variable]:
    """The entries x_{k,i} and y_{k,j} of the terms."""
    return frozenset(
        (name, id_, line)
        for id_, rectangle in terms.items()
        for name, span in zip("xy", rectangle, strict=True)
        for line in bits(span)
    )
