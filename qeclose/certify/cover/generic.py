"""Generic solutions of A = X Yᵀ: rational functions of A, drawn at random.

Some entries of X, of Y or of both are given constants; the rest is solved for wherever an equation is linear. The result
holds where the polynomials that were divided by do not vanish.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import final

from qeclose.algebra.system import Polynomial, Ring, System, Variable, factors
from qeclose.certify.effort import GENERIC
from qeclose.problem import Problem
from qeclose.proof.trees import SolutionLeaf
from qeclose.support.bits import bits

__all__ = ["Draws", "GenericDraws", "Value", "vectors"]


Value = tuple[int, Polynomial, Polynomial]
"""An unknown's index, numerator and denominator."""


@final
@dataclass(frozen=True, slots=True)
class _Equation:
    """An equation, the unknowns in it, and those that it is linear in with a coefficient free of unknowns."""

    polynomial: Polynomial
    unknowns: list[int]
    pivots: list[tuple[int, Polynomial]]


class GenericDraws:
    """Draws for equations in a ring whose first variables are the entries of A and whose others are the unknowns.

    ``sides`` are choices of unknowns to begin with, each a list of vectors, that is of indices that belong together; ``products``
    are the monomials of unknowns in the equations.
    """

    def __init__(
        self,
        ring: Ring,
        sides: Sequence[list[list[int]]],
        products: AbstractSet[frozenset[Variable]],
        rng: random.Random,
    ) -> None:
        self.ring = ring
        self.first_unknown = sum(1 for variable in ring.variables if variable[0] == "a")
        self.sides = sides
        self._products = products
        self.rng = rng

    def draw(
        self,
        region: System,
        goal: tuple[Polynomial, ...],
        first: Sequence[tuple[int, int]] | None = None,
    ) -> tuple[list[Polynomial], list[Value]] | None:
        """A random generic solution: the polynomials that must not vanish, and the values in order of choice.

        ``first`` are the numbers to begin with, random ones if not given; then a number is chosen now and then although an
        equation could be solved.
        """
        ring, rng, one = self.ring, self.rng, self.ring.constant(1)
        begin = self.first_choices() if first is None else first
        values: list[Value] = [(a, ring.constant(number), one) for a, number in begin]
        system = System(ring, tuple(ring.assigned(p, dict(begin)) for p in goal), region.units)
        denominators: list[Polynomial] = []
        seen: dict[int, _Equation] = {}
        while True:
            seen = {
                e: seen[e] if e in seen and seen[e].polynomial is p else self._seen(p)
                for e, p in system.open_equations()
            }
            if not seen:
                return denominators, values
            unknowns = [equation.unknowns for equation in seen.values()]
            if (
                not all(unknowns)
                or sum(len(equation.polynomial) for equation in seen.values()) > GENERIC.large_system
            ):
                return None
            pivot = self._pivot(system, seen)
            if pivot is None or (pivot[0] and first is None and rng.random() < GENERIC.interrupted):
                a = rng.choice(sorted(set().union(*unknowns)))
                value = ring.constant(rng.choice(GENERIC.later))
                values.append((a, value, one))
                system = system.replaced(a, value, one)
                continue
            _, e, a, coefficient = pivot
            if len(system.equations[e]) > GENERIC.long_equation:
                return None
            for factor in factors(system.stripped(coefficient)):
                if not system.is_unit(factor):
                    denominators.append(factor)
                    system = system.with_unit(factor)
            numerator, denominator = system.solution(e, a)
            values.append((a, numerator, denominator))
            system = system.replaced(a, numerator, denominator, e)

    def first_choices(self) -> list[tuple[int, int]]:
        """Numbers for some entries of X, of Y or of both.

        Half of the time they make whole vectors x_k or y_k unit vectors or give them one entry 1, as a person would begin.
        """
        rng = self.rng
        side = rng.choice(self.sides)
        chosen: list[tuple[int, int]] = []
        if rng.random() < GENERIC.whole_vectors:
            for vector in side:
                kind, place = rng.random(), rng.choice(vector)
                if kind < GENERIC.unit_vector:
                    chosen += [(a, int(a == place)) for a in vector]
                elif kind < GENERIC.unit_vector + GENERIC.one_entry:
                    chosen.append((place, 1))
            return chosen
        entries = [a for vector in side for a in vector]
        constants = rng.choice(GENERIC.constants)
        return [(a, rng.choice(constants)) for a in rng.sample(entries, rng.randint(0, len(entries)))]

    def _seen(self, polynomial: Polynomial) -> _Equation:
        """What a draw wants to know of an equation."""
        degrees = polynomial.degrees()
        unknowns = [a for a in range(self.first_unknown, len(degrees)) if degrees[a]]
        pivots = []
        for a in unknowns:
            if degrees[a] == 1:
                c = self.ring.coefficient(polynomial, a)
                if c.is_constant() or not any(c.degrees()[self.first_unknown :]):
                    pivots.append((a, c))
        return _Equation(polynomial, unknowns, pivots)

    def _pivot(
        self, system: System, equations: Mapping[int, _Equation]
    ) -> tuple[int, int, int, Polynomial] | None:
        """(cost, e, a, c): equation e is linear in the unknown a, its coefficient c free of unknowns."""
        best: tuple[tuple[int, int, float], int, int, Polynomial] | None = None
        for e, equation in equations.items():
            for a, c in equation.pivots:
                free = c.is_constant() or system.is_unit(c)
                cost = (0 if free else len(c) ** 2, len(equation.polynomial), self.rng.random())
                if best is None or cost < best[0]:
                    best = (cost, e, a, c)
        return None if best is None else (best[0][0], *best[1:])

    def resolved(self, values: Sequence[Value], region: System) -> list[Value]:
        """The values with later choices put into earlier ones: rational functions of A alone.

        Unknowns that no equation asked for are 0. Fractions are reduced only where the denominator stays a product of
        units of the region: a divisor of a unit is nonzero too, but a checker need not see that.
        """
        ring = self.ring
        unasked = set(range(self.first_unknown, len(ring.variables))) - {a for a, _, _ in values}
        known: list[Value] = [(a, ring.constant(0), ring.constant(1)) for a in unasked]
        for a, numerator, denominator in reversed(values):
            for b, top, bottom in known:
                power = ring.degree(numerator, b)
                numerator = ring.replace(numerator, b, top, bottom)
                for _ in range(power):
                    denominator = denominator * bottom
            common = numerator.gcd(denominator)
            reduced = (
                (numerator / common, denominator / common) if numerator else (numerator, ring.constant(1))
            )
            known.append((a, *(reduced if region.is_unit(reduced[1]) else (numerator, denominator))))
        return sorted(known, key=lambda value: value[0])

    def solution(self, values: Sequence[Value], region: System) -> SolutionLeaf:
        """The values as a proof holds them, without those that only ever meet zeros."""
        ring = self.ring
        nonzero = {ring.variables[a]: (p, q) for a, p, q in self.resolved(values, region) if p}
        while True:
            needed = {v for pair in self._products if nonzero.keys() >= pair for v in pair}
            if needed == nonzero.keys():
                break
            nonzero = {v: value for v, value in nonzero.items() if v in needed}
        return SolutionLeaf(tuple([(v, ring.listed(p), ring.listed(q)) for v, (p, q) in nonzero.items()]))


@final
class Draws(GenericDraws):
    """The equations of one problem, with A as parameters: variables ("a", i, j), then ("x", id, i) and ("y", id, j)."""

    def __init__(self, problem: Problem, rng: random.Random) -> None:
        positions = tuple(problem.positions())
        x, y = _unknowns(problem)
        ring = Ring([*(("a", i, j) for i, j in positions), *x, *y])
        products = {
            frozenset({("x", k, i), ("y", k, j)}) for i, j in positions for k in problem.terms_at(i, j)
        }
        super().__init__(ring, _sides(ring, x, y), products, rng)
        entry = ring.generators
        self.sums: Mapping[tuple[int, int], Polynomial] = {
            (i, j): sum(
                (entry["x", k, i] * entry["y", k, j] for k in problem.terms_at(i, j)), start=ring.constant(0)
            )
            for i, j in positions
        }
        self.goal = tuple(p - entry["a", i, j] for (i, j), p in self.sums.items())

    def within(self, problem: Problem) -> Draws:
        """Draws with the same ring, for a problem with some of the entries; the goal is to be restricted to them."""
        draws = copy.copy(self)
        draws.sides = _sides(self.ring, *_unknowns(problem))
        return draws


def _sides(ring: Ring, x: Sequence[Variable], y: Sequence[Variable]) -> tuple[list[list[int]], ...]:
    x_vectors, y_vectors = vectors(ring, x), vectors(ring, y)
    return x_vectors, y_vectors, x_vectors + y_vectors


def vectors(ring: Ring, variables: Sequence[Variable]) -> list[list[int]]:
    """The indices of the variables, those that agree but for their last index together."""
    together: dict[Variable, list[int]] = {}
    for variable in variables:
        together.setdefault(variable[:-1], []).append(ring.index[variable])
    return list(together.values())


def _unknowns(problem: Problem) -> tuple[list[Variable], list[Variable]]:
    """The entries of X and of Y, those of one term together."""
    x: list[Variable] = [("x", k, i) for k, term in problem.terms.items() for i in bits(term.rows)]
    y: list[Variable] = [("y", k, j) for k, term in problem.terms.items() for j in bits(term.columns)]
    return x, y
