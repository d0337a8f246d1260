"""A ∉ E: a tree of cases on "this entry of a factor is zero / is not", closed by elimination (docs/theory.md#refutation).

The search eliminates: an equation that is linear in a variable with a nonzero coefficient is solved for it; the first entry
of a term known to be nonzero is scaled to 1; otherwise it branches. It decides membership over C up to its budget, and
refutes over R a little more (quadratics without real roots).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, final

from qeclose.algebra.system import Polynomial, Ring, System, Variable, evaluate, factors
from qeclose.certify.effort import REFUTATIONS
from qeclose.certify.refute.trimming import equations_used, renumbered
from qeclose.problem import Problem
from qeclose.proof.ill_posed import TreeRefutation
from qeclose.proof.trees import Beginning, ScaleNode, SolveNode, SplitNode, Tree
from qeclose.support.bits import bits

__all__ = ["Exhausted", "Membership", "Solution", "membership", "refute"]


class Exhausted(Exception):
    """The budget of cases ran out."""


@final
@dataclass(frozen=True, slots=True)
class Membership:
    """The equations of A ∈ E for one A: equation e stands for ``positions[e]``."""

    positions: tuple[tuple[int, int], ...]
    system: System

    def refutation(self, budget: int) -> TreeRefutation | None:
        """A refutation; None if there is a solution (over C). Raises ``Exhausted``."""
        settled = self.settled(budget)
        return settled if isinstance(settled, TreeRefutation) else None

    def settled(self, budget: int) -> TreeRefutation | Solution:
        """The refutation, or a case in which nothing is left to solve. Raises ``Exhausted``."""
        refuter = _Refuter(budget)
        tree = refuter.run(self.system, frozenset())
        if tree is None:
            assert refuter.solution is not None
            return refuter.solution
        used = sorted(e for e in equations_used(tree) if e < len(self.positions))
        place = {e: new for new, e in enumerate(used)}
        dropped = len(self.positions) - len(used)
        return TreeRefutation(
            tuple([self.positions[e] for e in used]),
            renumbered(tree, lambda e: place[e] if e in place else e - dropped),
        )


@final
@dataclass(frozen=True, slots=True)
class Solution:
    """Factors of A, but for a choice of free variables: all equations are solved, the units are not to vanish.

    ``steps``: in order, (a, numerator, denominator) for each variable a (an index) that was expressed by others.
    """

    ring: Ring
    steps: tuple[tuple[int, Polynomial, Polynomial], ...]
    units: tuple[Polynomial, ...]

    def values(self, choose: Callable[[], int], tries: int) -> dict[Variable, Fraction] | None:
        """Values of all variables, the free ones from ``choose``; None if so many choices make a unit vanish."""
        bound = {a for a, _, _ in self.steps}
        free = [a for a in range(len(self.ring.variables)) if a not in bound]
        for _ in range(tries):
            value = {a: Fraction(choose()) for a in free}
            if not all(evaluate(unit, value) for unit in self.units):
                continue
            for a, numerator, denominator in reversed(self.steps):
                below = evaluate(denominator, value)
                if not below:
                    break
                value[a] = evaluate(numerator, value) / below
            else:
                return {variable: value[a] for a, variable in enumerate(self.ring.variables)}
        return None


def membership(
    problem: Problem, point: Mapping[tuple[int, int], Fraction], origin: Mapping[int, int]
) -> Membership:
    """The system ``Σ x_ik y_jk = A_ij`` over the positions of Q.

    ``origin`` maps the problem's term ids to the columns of the user's mask, which name the variables.
    """
    variables: dict[Variable, None] = {}
    for k, term in problem.terms.items():
        variables.update({("f", 0, i, origin[k]): None for i in bits(term.rows)})
        variables.update({("f", 1, origin[k], j): None for j in bits(term.columns)})
    ring = Ring(variables)
    positions = tuple(problem.positions())
    equations = []
    for i, j in positions:
        total = ring.constant(-point.get((i, j), Fraction(0)))
        for k in problem.terms_at(i, j):
            total = total + ring.generators["f", 0, i, origin[k]] * ring.generators["f", 1, origin[k], j]
        equations.append(total)
    return Membership(positions, System(ring, tuple(equations)))


def refute(system: System, budget: int) -> Tree | None:
    """A tree proving that the system has no real solution, or None if it has a complex one.

    Raises ``Exhausted`` after ``budget`` nodes.
    """
    return _Refuter(budget).run(system, frozenset())


class _Refuter:
    def __init__(self, budget: int) -> None:
        self.left = budget
        self.solution: Solution | None = None
        self._steps: list[tuple[int, Polynomial, Polynomial]] = []

    def run(self, system: System, scaled: frozenset[tuple[int, int]]) -> Tree | None:
        """``scaled`` are the inner indices (l, k) whose scaling freedom has been used."""
        self.left -= 1
        if self.left < 0 or sum(map(len, system.equations)) > REFUTATIONS.monomials:
            raise Exhausted
        leaf = system.contradiction()
        if leaf is not None:
            return leaf
        if not any(True for _ in system.open_equations()):
            self.solution = Solution(system.ring, tuple(self._steps), system.units)
            return None
        known = len(self._steps)
        step = self._scaling(system, scaled) or self._elimination(system)
        if step is not None:
            beginning, rest, inner = step
            below = self.run(rest, scaled | inner)
            del self._steps[known:]
            return None if below is None else beginning(below)
        return self._branch(system, scaled)

    def _scaling(
        self, system: System, scaled: frozenset[tuple[int, int]]
    ) -> tuple[Beginning, System, frozenset[tuple[int, int]]] | None:
        ring = system.ring
        for unit in system.units:
            if len(unit) != 1 or unit.total_degree() != 1:
                continue
            (a,) = ring.occurring(unit)
            for inner in _inner_indices(ring, a):
                if inner not in scaled and _homogeneous(system, inner):
                    one = ring.constant(1)
                    self._steps.append((a, one, one))
                    scaling = partial(ScaleNode, ring.variables[a], inner)
                    return scaling, system.replaced(a, one, one), frozenset({inner})
        return None

    def _elimination(self, system: System) -> tuple[Beginning, System, frozenset[tuple[int, int]]] | None:
        best: tuple[int, int, int] | None = None
        occurrences = _occurrences(system)
        for e, a, coefficient in system.linear_pivots():
            cost = (len(system.equations[e]) - 1) * (occurrences[a] - 1)
            if (best is None or cost < best[0]) and system.is_unit(coefficient):
                best = cost, e, a
        if best is None or best[0] > REFUTATIONS.dense:
            return None
        _, e, a = best
        if e in system.hidden:
            return *system.repeated(e), frozenset()
        self._steps.append((a, *system.solution(e, a)))
        return partial(SolveNode, e, system.ring.variables[a]), system.solved(e, a), frozenset()

    def _branch(self, system: System, scaled: frozenset[tuple[int, int]]) -> Tree | None:
        polynomial = _split_at(system)
        zero = self.run(system.with_equation(polynomial), scaled)
        if zero is None:
            return None
        nonzero = self.run(system.with_unit(polynomial), scaled)
        if nonzero is None:
            return None
        return SplitNode(system.ring.listed(polynomial), zero, nonzero)


def _inner_indices(ring: Ring, a: int) -> list[tuple[int, int]]:
    """The inner indices (l, k) whose scaling moves entry (i, j) of a factor: those of its column and of its row."""
    _, layer, i, j = ring.variables[a]
    last = max(int(variable[1]) for variable in ring.variables)
    return [(l, int(k)) for l, k in ((int(layer), j), (int(layer) - 1, i)) if 0 <= l < last]


def _homogeneous(system: System, inner: tuple[int, int]) -> bool:
    """Whether every equation and unit has one weight when column k of factor l counts +1, row k of the next one −1."""
    l, k = inner
    places = enumerate(system.ring.variables)
    weights = [
        (a, 1 if layer == l else -1)
        for a, (_, layer, i, j) in places
        if (layer, j) == (l, k) or (layer, i) == (l + 1, k)
    ]
    return all(
        len({sum(weight * monomial[a] for a, weight in weights) for monomial in p.monoms()}) <= 1
        for p in (*system.equations, *system.units)
    )


def _occurrences(system: System) -> list[int]:
    """In how many monomials of the equations each variable occurs."""
    count = [0] * len(system.ring.variables)
    for _, p in system.open_equations():
        for monomial in p.monoms():
            for a, power in enumerate(monomial):
                if power:
                    count[a] += 1
    return count


def _split_at(system: System) -> Any:
    """The polynomial to distinguish cases by: the variable that short equations mention most, else a factor."""
    ring = system.ring
    known = {ring.occurring(unit)[0] for unit in system.units if len(unit) == 1 and unit.total_degree() == 1}
    weight: dict[int, float] = {}
    for _, p in system.open_equations():
        for monomial in p.monoms():
            for a, power in enumerate(monomial):
                if power and a not in known:
                    weight[a] = weight.get(a, 0.0) + 1.0 / len(p) ** 2
    if weight:
        return ring.generators[ring.variables[max(weight, key=lambda a: (weight[a], -a))]]
    for _, p in sorted(system.open_equations(), key=lambda equation: len(equation[1])):
        parts = [factor for factor in factors(p) if not system.is_unit(factor)]
        if parts and parts[0].total_degree() < p.total_degree():
            return parts[0]
    coefficients = (c for _, _, c in system.linear_pivots() if not system.is_unit(c))
    shortest = min(coefficients, key=len, default=None)
    if shortest is not None:
        return next((factor for factor in factors(shortest) if not system.is_unit(factor)), shortest)
    raise Exhausted
