"""The matrix that factors are looked for, and the moves of it that keep the answer.

If every term that meets line s meets line t too, adding a multiple of line s to line t of X (or Y) respects the supports,
and does the same to the product. It can be undone. So A has factors exactly if the moved matrix has; likewise if a line is
divided by something nonzero. A move is written in new coordinates where that is possible: an entry that is a variable of
its own stays one, and what is known of the old entry is said in terms of the new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

from qeclose.checker.budget import spend
from qeclose.checker.polynomial import (
    Polynomial,
    Variable,
    add,
    as_constant,
    coefficients_in,
    multiply,
    scaled,
    substitute,
    variables,
)
from qeclose.checker.problem import ROW, Problem

__all__ = ["Change", "Quotient", "Target", "cleared", "divided", "swap"]

Position = tuple[int, int]
Quotient = tuple[Polynomial, Polynomial]
"""Numerator and denominator; the denominator vanishes nowhere."""
Change = tuple[Variable, Polynomial, Polynomial]
"""A variable and the quotient that is put in its place, in which it may occur itself."""


def _substituted(value: Quotient, v: Variable, numerator: Polynomial, denominator: Polynomial) -> Quotient:
    """The quotient at v = numerator / denominator."""
    top, bottom = (substitute(p, v, numerator, denominator) for p in value)
    # In a branch that is contradictory a denominator may have become 0 like the unit that it is made of.
    degrees = [max(coefficients_in(p, v), default=0) for p in value]
    excess = degrees[0] - degrees[1]
    for _ in range(excess):
        bottom = multiply(bottom, denominator)
    for _ in range(-excess):
        top = multiply(top, denominator)
    return (top, bottom) if top else ({}, as_constant(1))


@final
@dataclass(frozen=True, slots=True)
class Target:
    """The wanted matrix on Q: ``Σ x y = entries`` there, where the sums are given by position."""

    problem: Problem
    sums: Mapping[Position, Polynomial]
    entries: Mapping[Position, Quotient]

    def may_add(self, side: int, source: int, target: int) -> bool:
        """Whether all terms of the source line meet the target line, and nothing free is carried into Q."""
        spend(len(self.problem.terms))
        met = 0
        for rectangle in self.problem.terms.values():
            if rectangle[side] >> source & 1:
                if not rectangle[side] >> target & 1:
                    return False
                met |= rectangle[1 - side]
        carried = self.problem.free[side].get(source, 0) & met
        return source != target and not carried & ~self.problem.free[side].get(target, 0)

    def substituted(self, v: Variable, numerator: Polynomial, denominator: Polynomial) -> Target:
        """The matrix with v = ``numerator`` / ``denominator`` put into every entry."""
        moved = {
            place: _substituted(value, v, numerator, denominator) for place, value in self.entries.items()
        }
        return replace(self, entries=moved)

    def equations(self) -> tuple[Polynomial, ...]:
        """``Σ x y = entry`` with the denominators cleared."""
        return tuple(
            add(multiply(self.sums[place], bottom), scaled(top, -1))
            for place, (top, bottom) in self.entries.items()
        )

    def has(self, side: int, line: int, across: int) -> bool:
        """Whether the position on a line of that side is asked for."""
        return _place(side, line, across) in self.entries

    def at(self, side: int, line: int, across: int) -> Quotient:
        """The entry on a line of that side, which must be asked for."""
        return self.entries[_place(side, line, across)]

    def line(self, side: int, number: int) -> dict[int, Quotient]:
        """The entries of a line, by the lines that cross it."""
        spend(len(self.entries))
        return {place[1 - side]: value for place, value in self.entries.items() if place[side] == number}

    def own_variable(self, place: Position) -> Variable | None:
        """The variable that an entry is, if it occurs in no other."""
        top, bottom = self.entries[place]
        if bottom != as_constant(1) or len(top) != 1:
            return None
        (monomial,) = top
        if len(monomial) != 1 or monomial[0][1] != 1 or top[monomial] != 1:
            return None
        v = monomial[0][0]
        spend(len(self.entries))
        others = (value for other, value in self.entries.items() if other != place)
        return None if any(v in variables(p) for value in others for p in value) else v


def cleared(target: Target, side: int, line: int, source: int, across: int) -> tuple[list[Change], Target]:
    """Subtract the multiple of the source line that makes the entry of ``line`` at ``across`` 0.

    The entry of the source line there must be nonzero, and ``target.may_add`` the source line to the other.
    """
    pivot, entry = (target.entries[_place(side, number, across)] for number in (source, line))
    factor = multiply(entry[0], pivot[1]), multiply(entry[1], pivot[0])
    changes: list[Change] = []
    entries = dict(target.entries)
    mine = target.line(side, line)
    for crossing, value in target.line(side, source).items():
        if crossing == across or not value[0] or crossing not in mine:
            continue
        place = _place(side, line, crossing)
        amount = multiply(factor[0], value[0]), multiply(factor[1], value[1])
        v = target.own_variable(place)
        if v is None:
            entries[place] = _sum(entries[place], (scaled(amount[0], -1), amount[1]))
        else:
            changes.append((v, *_sum(entries[place], amount)))
    entries[_place(side, line, across)] = {}, as_constant(1)
    return changes, replace(target, entries=entries)


def divided(target: Target, side: int, line: int, across: int) -> tuple[list[Change], Target]:
    """Divide the line by its entry at ``across``, which must be nonzero."""
    top, bottom = target.entries[_place(side, line, across)]
    changes: list[Change] = []
    entries = dict(target.entries)
    for crossing, value in target.line(side, line).items():
        place = _place(side, line, crossing)
        if crossing == across or not value[0]:
            continue
        v = target.own_variable(place)
        if v is None:
            entries[place] = multiply(value[0], bottom), multiply(value[1], top)
        else:
            changes.append((v, multiply(value[0], top), bottom))
    entries[_place(side, line, across)] = as_constant(1), as_constant(1)
    return changes, replace(target, entries=entries)


def swap(target: Target, side: int, one: int, other: int) -> dict[Variable, Variable] | None:
    """The exchange of variables that exchanging two lines comes to, if they play the same role.

    None if they meet different terms or have different free positions, or if entries that are not variables of their own
    differ.
    """
    if not (target.may_add(side, one, other) and target.may_add(side, other, one)):
        return None
    exchange: dict[Variable, Variable] = {}
    for across in target.line(side, one):
        places = _place(side, one, across), _place(side, other, across)
        v, w = map(target.own_variable, places)
        if v is not None and w is not None:
            exchange |= {v: w, w: v}
        elif target.entries[places[0]] != target.entries[places[1]]:
            return None
    return exchange


def _place(side: int, line: int, across: int) -> Position:
    return (line, across) if side == ROW else (across, line)


def _sum(one: Quotient, other: Quotient) -> Quotient:
    return add(multiply(one[0], other[1]), multiply(other[0], one[1])), multiply(one[1], other[1])
