"""What is known in one branch of a tree, and what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

from qeclose.checker.budget import spend
from qeclose.checker.moves import Change, Target
from qeclose.checker.polynomial import Polynomial, Variable, substitute, unit_parts

__all__ = ["Goal", "State", "known_nonzero"]


@final
@dataclass(frozen=True, slots=True)
class Goal:
    """Equations, or a matrix, that some values of the ``existential`` variables are to solve, or to give as a product."""

    existential: frozenset[Variable]
    equations: tuple[Polynomial, ...] = ()
    target: Target | None = None

    def all_equations(self) -> tuple[Polynomial, ...]:
        """The equations, and those that the entries of the matrix in the tree make."""
        return (*self.equations, *(self.target.equations() if self.target else ()))


@final
@dataclass(frozen=True, slots=True)
class State:
    """One branch: nothing is known but equations = 0 and units ≠ 0; the goal asks for goals = 0 and for the target."""

    equations: tuple[Polynomial, ...]
    units: tuple[Polynomial, ...]
    goals: tuple[Polynomial, ...]
    target: Target | None
    eliminated: frozenset[Variable]

    def substituted(self, v: Variable, numerator: Polynomial, denominator: Polynomial) -> State:
        """The state at v = numerator / denominator; the denominator is a unit, so clearing it loses nothing."""
        state = self.changed([(v, numerator, denominator)])
        goals = tuple(substitute(p, v, numerator, denominator) for p in self.goals)
        target = self.target and self.target.substituted(v, numerator, denominator)
        return replace(state, goals=goals, target=target, eliminated=self.eliminated | {v})

    def changed(self, changes: Sequence[Change]) -> State:
        """The state with its equations and units, but not the goal, in other coordinates."""
        equations, units = self.equations, self.units
        for change in changes:
            equations, units = (tuple(substitute(p, *change) for p in part) for part in (equations, units))
            units = known_nonzero(units)
        return replace(self, equations=equations, units=units)


def known_nonzero(units: Sequence[Polynomial]) -> tuple[Polynomial, ...]:
    """What is nonzero because these are, each once."""
    parts: list[Polynomial] = []
    for unit in units:
        spend(1 + len(parts))
        parts += [part for part in unit_parts(unit) if part not in parts]
    return tuple(parts)
