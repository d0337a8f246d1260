"""∀A ∃X₁…X_L: a chain whose products are all the matrices with their support, or all of low enough ranks, by cases.

As for two factors (``certify.cover.pair``): the space of all A is covered by regions, each with factors that are rational
functions of A. Where generic A have factors but a region has a point without any, that point is on the frontier.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import final

from qeclose.algebra.curve import Laurent
from qeclose.algebra.system import Polynomial, Ring, System
from qeclose.certify.chains.merging import Factor
from qeclose.certify.cover import rank_variety
from qeclose.certify.cover.generic import GenericDraws, Value, vectors
from qeclose.certify.cover.points import along_line, point_of
from qeclose.certify.cover.regions import Covering, Uncovered
from qeclose.certify.effort import CHAIN_COVERS, HOLES
from qeclose.certify.refute.chain import (
    ChainFrontier,
    Point,
    chain_variables,
    product_entries,
    refute_chain,
)
from qeclose.problem import Problem
from qeclose.proof.trees import SolutionLeaf
from qeclose.proof.well_posed import FullSpaceProof, VarietyProof
from qeclose.support import Mask, Support
from qeclose.support.bits import bits
from qeclose.support.mask import product_mask

__all__ = ["explore_chain", "is_dense"]


class _Hole(Exception):
    """A region with a point outside E."""

    def __init__(self, frontier: ChainFrontier) -> None:
        super().__init__()
        self.frontier = frontier


def explore_chain(
    masks: Sequence[Mask], rng: random.Random, *, regions: int, patience: int, deadline: float
) -> FullSpaceProof | VarietyProof | ChainFrontier | None:
    """A proof that E is everything or everything of low enough ranks, a frontier point, or None.

    At most ``regions`` cases are distinguished; one is given up after ``patience`` draws without a solution.
    """
    space = _Space.of(masks)
    if space is None or not _is_dense(space):
        return None
    search = _Search(masks, space, rng, (regions, patience, deadline))
    guessed = search.guessed()
    if guessed is not None:
        return guessed
    try:
        tree = search.cover(space.conditions, search.goal)
    except _Hole as hole:
        return hole.frontier
    except Uncovered:
        return None
    if not space.conditions:
        return FullSpaceProof(tree)
    return VarietyProof(tuple(map(space.ring.listed, space.conditions)), tree)


def is_dense(masks: Sequence[Mask]) -> bool:
    """Whether the products are dense among the matrices with their support that satisfy the rank conditions.

    With tiny probability the answer is wrong; large chains count as not dense.
    """
    space = _Space.of(masks)
    return space is not None and _is_dense(space)


def _is_dense(space: _Space) -> bool:
    return rank_variety.is_dense(space.ring, tuple(space.products.values()), space.conditions)


@final
@dataclass(frozen=True, slots=True)
class _Space:
    """The entries of a product as polynomials in those of the factors, and equations in entries of A that hold for products."""

    ring: Ring
    products: Mapping[tuple[int, int], Polynomial]
    conditions: tuple[Polynomial, ...]

    @classmethod
    def of(cls, masks: Sequence[Mask]) -> _Space | None:
        """None for a large chain."""
        if sum(mask.nnz for mask in masks) > CHAIN_COVERS.unknowns:
            return None
        places = [(i, j) for i, row in enumerate(reduce(product_mask, masks).rows) for j in bits(row)]
        ring = Ring([*(("a", i, j) for i, j in places), *chain_variables(masks)])
        products = product_entries(masks, ring)
        return None if products is None else cls(ring, products, _conditions(masks, ring))


def _conditions(masks: Sequence[Mask], ring: Ring) -> tuple[Polynomial, ...]:
    """The rank conditions of all cuts into two factors."""
    found: list[Polynomial] = []
    for cut in range(1, len(masks)):
        pair = reduce(product_mask, masks[:cut]), reduce(product_mask, masks[cut:])
        for p in rank_variety.rank_conditions(Problem.of(Support.of_factors(pair)), ring) or ():
            if p not in found and -p not in found:
                found.append(p)
    return tuple(found)


@final
class _Search(Covering):
    def __init__(
        self,
        masks: Sequence[Mask],
        space: _Space,
        rng: random.Random,
        limits: tuple[int, int, float],
    ) -> None:
        ring, products = space.ring, space.products
        super().__init__(ring, *limits)
        self.masks = masks
        self.everywhere = not space.conditions
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

    def solution(self, values: Sequence[Value], region: System) -> SolutionLeaf:
        return self.draws.solution(values, region)

    def stuck(self, region: System) -> None:
        """Raise ``_Hole`` if a point of a region without solutions shows that there is none."""
        if self.generic is None or not self.everywhere:
            return
        point = point_of(region, self.solved, self.rng)
        frontier = None if point is None else self._frontier(point)
        if frontier is not None:
            raise _Hole(frontier)

    def guessed(self) -> ChainFrontier | None:
        """A frontier point among some matrices of zeros and ones; every matrix is a limit if generic ones have factors."""
        if not self.everywhere:
            return None  # the lines through a point would leave the variety
        drawn = (self.draw(System(self.ring, ()), self.goal) for _ in range(self.patience))
        self.generic = next((found[1] for found in drawn if found is not None), None)
        if self.generic is None:
            return None
        seen: set[frozenset[tuple[int, int]]] = set()
        for attempt in range(CHAIN_COVERS.guesses):
            places = frozenset(self._apart() if attempt % 2 else self._scattered())
            if places in seen or time.monotonic() > self.deadline:
                continue
            seen.add(places)
            frontier = self._frontier({place: Fraction(place in places) for place in self.places})
            if frontier is not None:
                return frontier
        return None

    def _scattered(self) -> list[tuple[int, int]]:
        density = self.rng.choice(CHAIN_COVERS.densities)
        return [place for place in self.places if self.rng.random() < density]

    def _apart(self) -> list[tuple[int, int]]:
        """No two in one row or column, and as many as fit."""
        chosen: list[tuple[int, int]] = []
        for i, j in self.rng.sample(self.places, len(self.places)):
            if all(i != row and j != column for row, column in chosen):
                chosen.append((i, j))
        return chosen

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
        for attempt in range(HOLES.chain_directions):
            steps = (1,) if attempt == 0 else HOLES.steps
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
