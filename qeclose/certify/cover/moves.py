"""A matrix in echelon form: moves that keep the question whether it has factors, and make its entries 0 and 1.

The search's side of the nodes "clear" and "divide" of docs/certificates.md. If every term that meets line s meets line t too, a
multiple of line s may be subtracted from line t; any line may be divided by a number that is not 0. Entries that are
variables stay variables: what is known of the old ones is said in terms of the new.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import final

from qeclose.algebra.system import Polynomial, Ring, System
from qeclose.problem import Problem
from qeclose.proof.trees import Beginning, ClearNode, DivideNode, ForgetNode, Side, SolveNode

__all__ = ["Move", "Moves", "State"]

Position = tuple[int, int]
Quotient = tuple[Polynomial, Polynomial]

_SIDES: tuple[Side, Side] = ("row", "column")


@final
@dataclass(frozen=True)
class State:
    """What is known (``system``), and the matrix that factors are looked for, by position."""

    system: System
    entries: Mapping[Position, Quotient]

    @cached_property
    def own(self) -> Mapping[Position, int]:
        """The variables that are entries and occur in no other entry."""
        ring = self.system.ring
        occurrences: dict[int, int] = {}
        for value in self.entries.values():
            for a in set().union(*map(ring.occurring, value)):
                occurrences[a] = occurrences.get(a, 0) + 1
        found = {}
        for place, (top, bottom) in self.entries.items():
            variables = ring.occurring(top)
            alone = len(variables) == 1 and occurrences[variables[0]] == 1 and bottom == 1
            if alone and top == ring.generators[ring.variables[variables[0]]]:
                found[place] = variables[0]
        return found

    def nonzero(self) -> Iterator[Position]:
        """The positions whose entry is not the zero polynomial."""
        return (place for place, (top, _) in self.entries.items() if top)

    def solved(self, e: int, a: int) -> tuple[Beginning, State]:
        """Equation e solved for variable a, and the node that does so."""
        ring = self.system.ring
        numerator, denominator = self.system.solution(e, a)
        entries = {
            place: _at(ring, value, a, numerator, denominator) for place, value in self.entries.items()
        }
        solved = State(self.system.replaced(a, numerator, denominator, e), entries)
        return partial(SolveNode, e, ring.variables[a]), solved

    def plain(self, e: int) -> tuple[list[Beginning], State]:
        """Equation e, which has been divided by units, replaced by what it is seen as here, and the nodes that do so."""
        repeating, system = self.system.repeated(e)
        return [repeating, partial(ForgetNode, e)], State(system, self.entries)

    def goal(self, unknown: Mapping[Position, Polynomial]) -> tuple[Polynomial, ...]:
        """``Σ x y = entry`` with the denominators cleared."""
        return tuple(
            self.system.stripped(bottom * unknown[place] - top)
            for place, (top, bottom) in self.entries.items()
        )


def _at(ring: Ring, value: Quotient, a: int, numerator: Polynomial, denominator: Polynomial) -> Quotient:
    top, bottom = (ring.replace(p, a, numerator, denominator) for p in value)
    excess = ring.degree(value[0], a) - ring.degree(value[1], a)
    if not top:
        return top, ring.constant(1)
    return (top, bottom * denominator**excess) if excess > 0 else (top * denominator**-excess, bottom)


@final
@dataclass(frozen=True, slots=True)
class Move:
    """Clear the entry of ``line`` at ``across`` by the source line (itself: divide the line by the entry)."""

    side: int
    line: int
    source: int
    across: int

    def place(self, line: int, across: int) -> Position:
        """The position (row, column) on a line of the move's side, ``across`` on the other."""
        return (across, line) if self.side else (line, across)

    def node(self) -> Beginning:
        """The node of a tree that makes the move."""
        if self.line == self.source:
            return partial(DivideNode, _SIDES[self.side], self.line, self.across)
        return partial(ClearNode, _SIDES[self.side], self.line, self.source, self.across)


@final
class Moves:
    """The moves that one problem allows."""

    def __init__(self, problem: Problem) -> None:
        self.above = tuple(_above(view) for view in (problem, problem.transposed))

    def useful(self, state: State) -> Move | None:
        """A move that makes an entry 0 or 1, and changes no other entry that is not a variable of its own."""
        for place in state.nonzero():
            top, _ = state.entries[place]
            if not state.system.is_unit(top):
                continue
            for side in (0, 1):
                move = self._with(state, side, place[side], place[1 - side])
                if move is not None:
                    return move
        return None

    def _with(self, state: State, side: int, source: int, across: int) -> Move | None:
        for line in sorted(self.above[side][source]):
            move = Move(side, line, source, across)
            place = move.place(line, across)
            if place in state.entries and state.entries[place][0] and self._harmless(state, move):
                return move
        move = Move(side, source, source, across)
        if move.place(source, across) in state.own and self._harmless(state, move):
            return move
        return None

    def _harmless(self, state: State, move: Move) -> bool:
        for place in state.nonzero():
            if place[move.side] == move.source and place[1 - move.side] != move.across:
                filled = move.place(move.line, place[1 - move.side])
                if filled in state.entries and filled not in state.own:
                    return False
        return True

    def gain(self, state: State, place: Position) -> int:
        """How many entries could be cleared if the entry at ``place`` were nonzero."""
        count = 0
        for side in (0, 1):
            for line in self.above[side][place[side]]:
                move = Move(side, line, place[side], place[1 - side])
                cleared = move.place(line, move.across)
                count += bool(
                    cleared in state.entries and state.entries[cleared][0] and self._harmless(state, move)
                )
        return count

    def block(self, state: State, place: Position) -> tuple[list[int], list[int]]:
        """Rows and columns, those of ``place`` first, that play the same roles and cross at variables of their own."""
        rows, columns = [place[0]], [place[1]]
        for side, lines in enumerate((rows, columns)):
            for line in sorted(self.above[side][place[side]]):
                crossings = columns if side == 0 else rows
                own = all(((line, c) if side == 0 else (c, line)) in state.own for c in crossings)
                if own and self._exchangeable(state, side, place[side], line):
                    lines.append(line)
        return rows, columns

    def _exchangeable(self, state: State, side: int, one: int, other: int) -> bool:
        """Whether nothing that is known changes if two lines are exchanged."""
        if one not in self.above[side][other]:
            return False
        exchange: dict[int, int] = {}
        for place in state.entries:
            if place[side] == one:
                twin = (other, place[1]) if side == 0 else (place[0], other)
                if place in state.own and twin in state.own:
                    exchange |= {
                        state.own[place]: state.own[twin],
                        state.own[twin]: state.own[place],
                    }
                elif state.entries[place] != state.entries[twin]:
                    return False
        ring = state.system.ring
        for part in (state.system.equations, state.system.units):
            if {ring.up_to_factor(p) for p in part} != {
                ring.up_to_factor(ring.renamed(p, exchange)) for p in part
            }:
                return False
        return True

    def made(self, state: State, move: Move) -> State:
        """The state after a move; its entries and coordinates are exactly those that a checker finds."""
        ring = state.system.ring
        one, zero = ring.constant(1), ring.constant(0)
        entries, system = dict(state.entries), state.system
        pivot = state.entries[move.place(move.source, move.across)]
        cleared = move.place(move.line, move.across)
        dividing = move.line == move.source
        top, bottom = state.entries[cleared]
        factor = pivot if dividing else (top * pivot[1], bottom * pivot[0])
        for place in state.nonzero():
            crossing = place[1 - move.side]
            target = move.place(move.line, crossing)
            if place[move.side] != move.source or crossing == move.across or target not in entries:
                continue
            generator = state.entries[target][0]
            amount = state.entries[place][0] * factor[0], state.entries[place][1] * factor[1]
            change = amount if dividing else (generator * amount[1] + amount[0], amount[1])
            system = system.replaced(state.own[target], *change)
        entries[cleared] = (one if dividing else zero), one
        return State(system, entries)


def _above(problem: Problem) -> dict[int, frozenset[int]]:
    """For each row, the rows that multiples of it may be added to."""
    above = {}
    kinds = {i: set(ids) for i, ids in problem.terms_of_row.items()}
    for s, kind in kinds.items():
        carried = problem.free.get(s, 0) & problem.covered[s]
        above[s] = frozenset(
            t
            for t, other in kinds.items()
            if s != t and kind <= other and not carried & ~problem.free.get(t, 0)
        )
    return above
