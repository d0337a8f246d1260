"""∀A ∃X₁…X_L: a chain whose products are all the matrices with their support, by cases with explicit solutions.

As for two factors (``certify.full_space``): the space of all A is covered by regions, each with factors that are rational
functions of A. Where generic A have factors but a region has a point without any, that point is on the frontier.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any, final

from qeclose.certify.chain_refutation import (
    ChainFrontier,
    Point,
    chain_variables,
    product_entries,
    refute_chain,
)
from qeclose.certify.covering import Covering, Uncovered
from qeclose.certify.draws import GenericDraws, Value, vectors
from qeclose.certify.evaluation import along_line, point_of
from qeclose.certify.merging import Factor, product_mask
from qeclose.certify.system import Polynomial, Ring, System
from qeclose.presolve.curve import Laurent
from qeclose.support import Mask, bits

__all__ = ["explore_chain", "is_dense"]

_DIRECTIONS = 3
"""Lines through a point that are tried; the first has nothing but ones."""
_GUESSES = 20
_MAX_UNKNOWNS = 150
"""With more the search through systems of equations is hopeless."""
_PRIME = 2**31 - 1


class _Hole(Exception):
    """A region with a point outside E."""

    def __init__(self, frontier: ChainFrontier) -> None:
        super().__init__()
        self.frontier = frontier


def explore_chain(
    masks: Sequence[Mask], rng: random.Random, *, regions: int, patience: int, deadline: float
) -> dict[str, Any] | ChainFrontier | None:
    """A proof of kind ``full-space`` (docs/certificates.md), a frontier point, or None.

    At most ``regions`` cases are distinguished; one is given up after ``patience`` draws without a solution.
    """
    places = [(i, j) for i, row in enumerate(reduce(product_mask, masks).rows) for j in bits(row)]
    ring = Ring([*(("a", i, j) for i, j in places), *chain_variables(masks)])
    products = product_entries(masks, ring)
    if products is None:
        return None
    search = _Search(masks, ring, products, rng, (regions, patience, deadline))
    guessed = search.guessed()
    if guessed is not None:
        return guessed
    try:
        return {"kind": "full-space", "tree": search.cover((), search.goal)}
    except _Hole as hole:
        return hole.frontier
    except Uncovered:
        return None


@final
class _Search(Covering):
    def __init__(
        self,
        masks: Sequence[Mask],
        ring: Ring,
        products: Mapping[tuple[int, int], Polynomial],
        rng: random.Random,
        limits: tuple[int, int, float],
    ) -> None:
        super().__init__(ring, *limits)
        self.masks = masks
        self.rng = rng
        self.goal = tuple(p - ring.generators["a", i, j] for (i, j), p in products.items())
        self.places = tuple(products)
        monomials = {
            frozenset(ring.variables[a] for a, e in enumerate(monomial) if e)
            for p in products.values()
            for monomial in p.monoms()
        }
        whole = vectors(ring, chain_variables(masks))
        layer = [ring.variables[rows[0]][1] for rows in whole]
        one = [[rows for rows, l in zip(whole, layer, strict=True) if l == c] for c in range(len(masks))]
        others = [[rows for rows, l in zip(whole, layer, strict=True) if l != c] for c in range(len(masks))]
        self.draws = GenericDraws(ring, [*one, *others, whole], monomials, rng)

    def draw(
        self, region: System, goal: tuple[Polynomial, ...]
    ) -> tuple[list[Polynomial], list[Value]] | None:
        return self.draws.draw(region, goal)

    def solution(self, values: Sequence[Value], region: System) -> list[Any]:
        return self.draws.solution(values, region)

    def stuck(self, region: System) -> None:
        """Raise ``_Hole`` if a point of a region without solutions shows that there is none."""
        point = None if self.generic is None else point_of(region, self.solved, self.rng)
        frontier = None if point is None else self._frontier(point)
        if frontier is not None:
            raise _Hole(frontier)

    def guessed(self) -> ChainFrontier | None:
        """A frontier point among some matrices of zeros and ones; every matrix is a limit if generic ones have factors."""
        drawn = (self.draw(System(self.ring, ()), self.goal) for _ in range(self.patience))
        self.generic = next((values for found in drawn if found for values in found[1:]), None)
        if self.generic is None:
            return None
        seen: set[tuple[int, ...]] = set()
        for _ in range(_GUESSES):
            density = self.rng.choice((0.2, 0.4, 0.6))
            entries = tuple(int(self.rng.random() < density) for _ in self.places)
            if entries in seen or time.monotonic() > self.deadline:
                continue
            seen.add(entries)
            frontier = self._frontier(dict(zip(self.places, map(Fraction, entries), strict=True)))
            if frontier is not None:
                return frontier
        return None

    def _frontier(self, point: Point) -> ChainFrontier | None:
        """The point, if it is refuted to be in E."""
        refutation = refute_chain(self.masks, point)
        factors = None if refutation is None else self._approach(point)
        if refutation is None or factors is None:
            return None
        nonzero = {place: value for place, value in point.items() if value}
        return ChainFrontier(nonzero, factors, refutation)

    def _approach(self, point: Point) -> tuple[Factor, ...] | None:
        """Factors whose product tends to the point: the generic solution along a random line."""
        assert self.generic is not None
        values = self.draws.resolved(self.generic, System(self.ring, ()))
        for attempt in range(_DIRECTIONS):
            steps = (1,) if attempt == 0 else range(1, 10)
            line = {
                self.ring.index["a", i, j]: {0: point[i, j], 1: Fraction(self.rng.choice(steps))}
                for i, j in self.places
            }
            entries = along_line(values, self.ring, line, len(self.masks))
            if entries is not None:
                factors: tuple[dict[tuple[int, int], Laurent], ...] = tuple({} for _ in self.masks)
                for (_, l, i, j), value in entries.items():
                    if value:
                        factors[int(l)][int(i), int(j)] = value
                return factors
        return None


def is_dense(masks: Sequence[Mask]) -> bool:
    """Whether the products are dense among the matrices with their support, as far as one random point can tell.

    They are if the derivative of the product has full rank there. It is computed modulo a prime, so that a rank may,
    rarely, seem too small. Large chains count as not dense.
    """
    from flint import nmod_mat

    if sum(mask.nnz for mask in masks) > _MAX_UNKNOWNS or reduce(product_mask, masks).nnz > _MAX_UNKNOWNS:
        return False
    rng = random.Random(0)
    factors = [
        nmod_mat(
            *mask.shape,
            [rng.randrange(1, _PRIME) * (row >> j & 1) for row in mask.rows for j in range(mask.n_cols)],
            _PRIME,
        )
        for mask in masks
    ]
    places = [(i, j) for i, row in enumerate(reduce(product_mask, masks).rows) for j in bits(row)]
    before = [_identity(len(masks[0].rows))]
    for factor in factors:
        before.append(before[-1] * factor)
    after = _identity(masks[-1].n_cols)
    derivative: list[int] = []
    for left, factor, mask in zip(reversed(before[:-1]), reversed(factors), reversed(masks), strict=True):
        for k, row in enumerate(mask.rows):
            for q in bits(row):
                derivative += [int(left[i, k] * after[q, j]) for i, j in places]
        after = factor * after
    return bool(
        nmod_mat(len(derivative) // len(places), len(places), derivative, _PRIME).rank() == len(places)
    )


def _identity(size: int) -> Any:
    from flint import nmod_mat

    return nmod_mat(size, size, [int(i == j) for i in range(size) for j in range(size)], _PRIME)
