"""A is no product of L factors: refuted through larger sets first, then by the L-linear equations themselves.

Consecutive factors may be put together into groups: a product of them has the support that the product of their masks has.
If A is not even a product of factors with these larger supports, it is not in E (refutation kind ``grouped``). Two groups
make bilinear equations and are tried first; more groups say more; L groups of one factor are the equations of A ∈ E.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import final

from qeclose.algebra.system import Polynomial, Ring, System, Variable
from qeclose.certify.chains.merging import Factor
from qeclose.certify.chains.subchains import restricted
from qeclose.certify.effort import CHAIN_REFUTATIONS, REFUTATIONS
from qeclose.certify.refute.elimination import Exhausted, Membership
from qeclose.proof.ill_posed import GroupedRefutation, Refutation
from qeclose.support import Mask
from qeclose.support.bits import bits
from qeclose.support.mask import product_mask

__all__ = ["ChainFrontier", "Point", "chain_membership", "chain_variables", "product_entries", "refute_chain"]

Point = Mapping[tuple[int, int], Fraction]


@final
@dataclass(frozen=True, slots=True)
class ChainFrontier:
    """A point of the frontier of E, the factors along a curve that reaches it, and why E does not."""

    point: Point
    factors: tuple[Factor, ...]
    refutation: Refutation


def refute_chain(
    masks: Sequence[Mask],
    point: Point,
    rows: Sequence[int] = (),
    columns: Sequence[int] = (),
) -> Refutation | None:
    """A refutation of A ∈ E (docs/certificates.md), or None if there is none or it is not found.

    If rows and columns are given, only the equations there are used.
    """
    rows, columns = rows or range(len(masks[0].rows)), columns or range(masks[-1].n_cols)
    for sizes in _groupings(len(masks)):
        rest = iter(masks)
        grouped = [reduce(product_mask, itertools.islice(rest, size)) for size in sizes]
        equations = chain_membership(restricted(grouped, rows, columns), point)
        try:
            found = None if equations is None else equations.refutation(REFUTATIONS.nodes)
        except Exhausted:
            continue
        if found is not None:
            whole = len(sizes) == len(masks)
            return found if whole else GroupedRefutation(sizes, found)
    return None


def _groupings(count: int) -> Iterator[tuple[int, ...]]:
    """Ways to divide ``count`` factors into groups of consecutive ones, fewest groups first, at last each by itself."""
    ways = (
        tuple(b - a for a, b in itertools.pairwise((0, *cuts, count)))
        for groups in range(2, count)
        for cuts in itertools.combinations(range(1, count), groups - 1)
    )
    yield from itertools.islice(ways, CHAIN_REFUTATIONS.groupings)
    yield (1,) * count


def chain_membership(masks: Sequence[Mask], point: Point) -> Membership | None:
    """The system X₁X₂…X_L = A at the positions where a product may be nonzero; None if it is very large."""
    ring = Ring(chain_variables(masks))
    product = product_entries(masks, ring)
    if product is None:
        return None
    positions = tuple(product)
    equations = tuple(product[place] - ring.constant(point.get(place, Fraction(0))) for place in positions)
    return Membership(positions, System(ring, equations))


def chain_variables(masks: Sequence[Mask]) -> list[Variable]:
    """("f", l, i, j) for every entry inside the masks."""
    return [
        ("f", l, i, j) for l, mask in enumerate(masks) for i, row in enumerate(mask.rows) for j in bits(row)
    ]


def product_entries(masks: Sequence[Mask], ring: Ring) -> dict[tuple[int, int], Polynomial] | None:
    """The entries of X₁X₂…X_L that may be nonzero, row by row; None if they are very many or very long."""
    if (
        _paths(masks) > CHAIN_REFUTATIONS.monomials
        or reduce(product_mask, masks).nnz > CHAIN_REFUTATIONS.equations
    ):
        return None
    product: dict[tuple[int, int], Polynomial] = {(i, i): ring.constant(1) for i in range(len(masks[0].rows))}
    for l, mask in enumerate(masks):
        longer: dict[tuple[int, int], Polynomial] = {}
        for (i, k), p in product.items():
            for j in bits(mask.rows[k]):
                longer[i, j] = longer.get((i, j), ring.constant(0)) + p * ring.generators["f", l, k, j]
        product = longer
    return dict(sorted(product.items()))


def _paths(masks: Sequence[Mask]) -> int:
    """How many products of entries there are in all entries of X₁…X_L together."""
    ways = [1] * masks[-1].n_cols
    for mask in reversed(masks):
        ways = [sum(ways[j] for j in bits(row)) for row in mask.rows]
    return sum(ways)
