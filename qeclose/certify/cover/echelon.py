"""Covering all matrices, or a variety of them, by cases on pivots of an echelon form (docs/theory.md#moves).

Where an entry is nonzero, the lines that may be added to others clear what they can, and what is left of A is mostly zeros
and ones, so that factors are found by a few random choices. Where it is zero, the next one is looked at.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import final

from qeclose.algebra.modular import PRIME, residues, value_at
from qeclose.algebra.system import Polynomial, System, evaluate, factors
from qeclose.certify.cover.generic import Draws, Value
from qeclose.certify.cover.moves import Moves, Position, State
from qeclose.certify.cover.normalisations import Plans, Point
from qeclose.certify.cover.regions import TooManyRegions, Uncovered
from qeclose.certify.effort import ECHELON
from qeclose.problem import Problem
from qeclose.proof.trees import ArrangeNode, Beginning, SplitNode, Tree

__all__ = ["EchelonCover", "point_in"]


@final
class EchelonCover:
    """One attempt to solve ``A = X Yᵀ`` on Q wherever the conditions hold.

    ``stuck`` is called with a state without a solution.
    """

    def __init__(
        self,
        problem: Problem,
        draws: Draws,
        *,
        regions: int,
        patience: int,
        deadline: float,
        stuck: Callable[[State], None],
    ) -> None:
        self.draws = draws
        self.ring = draws.ring
        self.moves = Moves(problem)
        self.plans = Plans(problem, draws.ring, draws.rng)
        self.regions = regions
        self.patience = patience
        self.deadline = deadline
        self.stuck = stuck
        self.beginnings: list[list[tuple[int, int]]] = []
        one = self.ring.constant(1)
        self.entries = {place: (self.ring.generators["a", *place], one) for place in draws.sums}

    def tree(self, conditions: tuple[Polynomial, ...]) -> Tree:
        """A tree that solves it. Raises ``Uncovered``."""
        return self._cover(State(System(self.ring, conditions), self.entries))

    def _cover(self, state: State) -> Tree:
        path: list[Beginning] = []
        while True:
            nodes, state = self._simpler(state)
            if not nodes:
                break
            path += nodes
        tree = state.system.contradiction() or self._divide(state)
        for beginning in reversed(path):
            tree = beginning(tree)
        return tree

    def _simpler(self, state: State) -> tuple[list[Beginning], State]:
        """An equation solved, or a line moved; no nodes if there is nothing to do."""
        system = state.system
        if system.contradiction():
            return [], state
        for e, _ in system.open_equations():
            if e in system.hidden:
                return state.plain(e)
        solvable = [
            (a in state.own.values(), len(system.equations[e]), e, a)
            for e, a, c in system.linear_pivots()
            if system.is_unit(c)
        ]
        if solvable:
            _, _, e, a = min(solvable)
            node, solved = state.solved(e, a)
            return [node], solved
        move = self.moves.useful(state)
        return ([], state) if move is None else ([move.node()], self.moves.made(state, move))

    def _divide(self, state: State) -> Tree:
        """A tree for a state in which nothing more can be cleared."""
        self.regions -= 1
        if self.regions < 0:
            raise TooManyRegions
        equations = any(True for _ in state.system.open_equations())
        values = None if equations else self._drawn(state, ECHELON.quick)
        if values is None:
            pivot = self._pivot(state)
            if pivot is not None:
                return self._on(state, pivot)
            if equations:
                return self._split(state, self._factor(state))
            values = self._drawn(state, self.patience)
        if values is None:
            self.stuck(state)
            raise TooManyRegions
        denominators, solution = values
        for d in sorted(denominators, key=len):
            if not state.system.is_unit(d):
                return self._split(state, d)
        return self.draws.solution(solution, state.system)

    def _split(self, state: State, p: Polynomial) -> Tree:
        zero = self._cover(State(state.system.with_equation(p), state.entries))
        nonzero = self._cover(State(state.system.with_unit(p), state.entries))
        return SplitNode(self.ring.listed(p), zero, nonzero)

    def _pivot(self, state: State) -> Position | None:
        """The entry with which the most could be cleared if it were nonzero."""
        best: tuple[int, Position] | None = None
        for place in state.nonzero():
            if not state.system.is_unit(state.entries[place][0]):
                gain = self.moves.gain(state, place)
                if gain and (best is None or gain > best[0]):
                    best = gain, place
        return best and best[1]

    def _on(self, state: State, place: Position) -> Tree:
        """Cases on whether an entry is 0; if there are others with the same role, on whether all are."""
        if place not in state.own:
            parts = factors(state.entries[place][0])
            return self._split(state, next(p for p in parts if not state.system.is_unit(p)))
        rows, columns = self.moves.block(state, place)
        block = [state.own[i, j] for i in rows for j in columns]
        if len(block) == 1:
            return self._split(state, state.entries[place][0])
        nonzero = self._cover(State(state.system.with_unit(state.entries[place][0]), state.entries))
        zero, one = self.ring.constant(0), self.ring.constant(1)
        system = state.system
        for a in block:
            system = system.replaced(a, zero, one)
        emptied = {(i, j): (zero, one) for i in rows for j in columns}
        zeros = self._cover(State(system, {**state.entries, **emptied}))
        return ArrangeNode(tuple(rows), tuple(columns), zeros, nonzero)

    def _factor(self, state: State) -> Polynomial:
        """What to distinguish cases on so that an equation can be solved."""
        system = state.system
        for _, p in system.open_equations():
            parts = factors(p)
            if len(parts) > 1 or parts[0].total_degree() < p.total_degree():
                return next(part for part in parts if not system.is_unit(part))
        coefficients = sorted((c for _, _, c in system.linear_pivots()), key=len)
        if not coefficients:
            raise Uncovered
        return next(p for p in factors(coefficients[0]) if not system.is_unit(p))

    def _drawn(self, state: State, tries: int) -> tuple[list[Polynomial], list[Value]] | None:
        """The best of some random solutions; at once one that holds everywhere in this state.

        What was a good beginning in another state is tried first.
        """
        goal = state.goal(self.draws.sums)
        found: list[tuple[int, list[Polynomial], list[Value]]] = []
        points = _special_points(state, self.draws.rng)
        plans = self.plans.best(points, ECHELON.plans, ECHELON.kept) if points else []
        if tries == ECHELON.quick:
            everywhere = [first for score, first in plans if score == len(points)]
            beginnings = [*everywhere, *self.beginnings[: ECHELON.few], *self._random(ECHELON.few)]
        else:
            count = ECHELON.quick if plans else tries
            beginnings = [*(first for _, first in plans), *self.beginnings, *self._random(count)]
        for first in beginnings:
            if time.monotonic() > self.deadline:
                raise Uncovered
            drawn = self.draws.draw(state.system, goal, first)
            if drawn is None:
                continue
            found.append((sum(len(d) ** 2 for d in drawn[0]), *drawn))
            if found[-1][0] == 0:
                self._remember(first)
                return drawn
            if tries > ECHELON.quick and len(found) * found[-1][0] >= ECHELON.successes:
                break
        if not found or tries == ECHELON.quick:
            return None
        _, denominators, values = min(found, key=lambda one: one[0])
        return denominators, values

    def _random(self, count: int) -> Iterator[list[tuple[int, int]]]:
        return (self.draws.first_choices() for _ in range(count))

    def _remember(self, first: list[tuple[int, int]]) -> None:
        if first in self.beginnings:
            self.beginnings.remove(first)
        self.beginnings = [first, *self.beginnings[: ECHELON.beginnings - 1]]


def _special_points(state: State, rng: random.Random) -> list[Point]:
    """Matrices of a state without open equations, modulo a prime: a generic one, then some with many zeros and ones."""
    system = state.system
    polynomials = [p for value in state.entries.values() for p in value] + list(system.units)
    terms = [residues(p) for p in polynomials]
    variables = sorted({a for p in polynomials for a in system.ring.occurring(p)})
    points: list[Point] = []
    for attempt in range(3 * ECHELON.special):
        at = {
            a: rng.choice(ECHELON.special_values) if attempt else rng.randrange(1, PRIME) for a in variables
        }
        values = [value_at(p, at) for p in terms]
        if not all(values[2 * len(state.entries) :]):
            continue
        quotients = zip(values[::2], values[1::2], strict=False)
        points.append(
            {
                place: p * pow(q, -1, PRIME) % PRIME
                for place, (p, q) in zip(state.entries, quotients, strict=False)
            }
        )
        if len(points) > ECHELON.special:
            break
    return points


def point_in(state: State, rng: random.Random) -> dict[Position, Fraction] | None:
    """The matrix of a state without open equations at rational values of its variables, as generic as small integers allow."""
    variables = {a for value in state.entries.values() for p in value for a in state.system.ring.occurring(p)}
    variables |= {a for unit in state.system.units for a in state.system.ring.occurring(unit)}
    for attempt in range(ECHELON.points):
        choices = (1,) if attempt == 0 else ECHELON.point_values
        at = {a: Fraction(rng.choice(choices)) for a in sorted(variables)}
        if all(evaluate(unit, at) for unit in state.system.units):
            return {place: evaluate(p, at) / evaluate(q, at) for place, (p, q) in state.entries.items()}
    return None
