"""Masks under repair: their entries, and the obstructions in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, final

from qeclose.support import Mask, Support
from qeclose.support.bits import bits

__all__ = ["Entry", "Mode", "Obstruction", "State", "fitting", "restoring"]

Mode = Literal["any", "add", "remove"]
"""Which entries may change: all of them, those outside the masks, or those inside."""


class Entry(NamedTuple):
    """One entry of the masks: row ``line`` of I (side 0) or of J (side 1), column ``term``."""

    side: int
    line: int
    term: int


@final
@dataclass(frozen=True, slots=True)
class State:
    """A two-factor mask by its m, n and rectangles (I_k, J_k), bitsets over rows and columns of A.

    ``missing`` has for each row of A the columns that are not observed; it is empty if all are. No repair changes it: what was
    observed is a fact, and only I and J are the user's choice.
    """

    m: int
    n: int
    terms: tuple[tuple[int, int], ...]
    missing: tuple[int, ...] = ()

    @classmethod
    def of(cls, support: Support) -> State:
        """Raises ``ValueError`` unless the support has two factors."""
        return cls(*support.shape, support.terms, () if support.missing is None else support.missing.rows)

    @property
    def lines(self) -> tuple[int, int]:
        """All rows and all columns, as bitsets."""
        return (1 << self.m) - 1, (1 << self.n) - 1

    def support(self) -> Support:
        """The mask that is reached."""
        return Support.of_terms(
            self.m, self.n, self.terms, missing=Mask(self.missing, self.n) if self.missing else None
        )

    def has(self, entry: Entry) -> bool:
        """Whether the entry is in the mask."""
        return bool(self.terms[entry.term][entry.side] >> entry.line & 1)

    def toggled(self, entry: Entry) -> State:
        """The mask with this one entry changed."""
        rows, columns = self.terms[entry.term]
        mark = 1 << entry.line
        changed = (rows, columns ^ mark) if entry.side else (rows ^ mark, columns)
        terms = (*self.terms[: entry.term], changed, *self.terms[entry.term + 1 :])
        return replace(self, terms=terms)

    def entries(self) -> Iterator[Entry]:
        """Every entry of both masks."""
        for side, width in enumerate((self.m, self.n)):
            for line in range(width):
                for term in range(len(self.terms)):
                    yield Entry(side, line, term)

    def reachable(self) -> tuple[int, ...]:
        """For each row of A the columns, as a bitset, where some product may be nonzero."""
        reached = [0] * self.m
        for rows, columns in self.terms:
            for i in bits(rows):
                reached[i] |= columns
        return tuple(reached)

    def lost(self, wanted: tuple[int, ...]) -> Iterator[tuple[int, int]]:
        """The positions of A, given as ``reachable`` gives them, where every product is zero."""
        for i, (want, have) in enumerate(zip(wanted, self.reachable(), strict=True)):
            for j in bits(want & ~have):
                yield i, j

    def restricted(self, rows: int, columns: int) -> State:
        """The sub-mask (I_R, J_C), its lines numbered anew in their order, its empty terms left out (R1), W with it."""
        row_of = {i: p for p, i in enumerate(bits(rows))}
        column_of = {j: p for p, j in enumerate(bits(columns))}
        terms = tuple(
            (sum(1 << row_of[i] for i in bits(r & rows)), sum(1 << column_of[j] for j in bits(c & columns)))
            for r, c in self.terms
            if r & rows and c & columns
        )
        missing = [sum(1 << column_of[j] for j in bits(self.unseen(i) & columns)) for i in row_of]
        return State(len(row_of), len(column_of), terms, tuple(missing) if any(missing) else ())

    def unseen(self, row: int) -> int:
        """The columns of A, as a bitset, that are not observed in this row."""
        return self.missing[row] if self.missing else 0


def fitting(state: State, mode: Mode, entry: Entry) -> bool:
    """Whether the mode allows to change this entry."""
    return mode == "any" or state.has(entry) == (mode == "remove")


def restoring(state: State, mode: Mode, position: tuple[int, int]) -> Iterator[Entry]:
    """Entries of which every mask that reaches a position, unlike ``state``, changes one.

    Such a mask has some term with both I_ik and J_jk, of which the state lacks one, or both; then one is enough to name.
    """
    i, j = position
    for term, (rows, _) in enumerate(state.terms):
        entry = Entry(1, j, term) if rows >> i & 1 else Entry(0, i, term)
        if fitting(state, mode, entry):
            yield entry


@final
@dataclass(frozen=True, slots=True)
class Obstruction:
    """Rows R and columns C whose sub-mask (I_R, J_C), with these rectangles, is known to be ill-posed.

    By R2 every mask with the same sub-mask (and W, which stays) is ill-posed. So a repair changes some rectangle I_R,k × J_C,k.
    """

    rows: int
    columns: int
    rectangles: tuple[tuple[int, int], ...]

    @classmethod
    def within(cls, state: State, rows: int, columns: int) -> Obstruction:
        """The part of the mask on these rows and columns (bitsets)."""
        return cls(rows, columns, _rectangles(state, rows, columns))

    def holds(self, state: State) -> bool:
        """Whether the mask contains this obstruction."""
        # An entry at a time: most masks differ from an obstruction in an early term.
        return all(
            rectangle == _rectangle(term, self.rows, self.columns)
            for rectangle, term in zip(self.rectangles, state.terms, strict=True)
        )

    def entries(self, state: State, mode: Mode) -> Iterator[Entry]:
        """Entries of which every repair of ``state``, a mask that contains the obstruction, changes one.

        Where I_R,k or J_C,k is empty, term k does nothing in (I_R, J_C) until that side gets an entry; where
        both are, until both do, and it is enough to name the entries of one side.
        """
        sides = (self.rows, self.columns)
        for term, (rows, columns) in enumerate(state.terms):
            match bool(rows & self.rows), bool(columns & self.columns):
                case True, True:
                    wanted: tuple[int, ...] = (0, 1)
                case True, False:
                    wanted = (1,)
                case False, True:
                    wanted = (0,)
                case _:
                    wanted = (0,) if self.rows.bit_count() <= self.columns.bit_count() else (1,)
            for side in wanted:
                for line in bits(sides[side]):
                    entry = Entry(side, line, term)
                    if fitting(state, mode, entry):
                        yield entry


def _rectangles(state: State, rows: int, columns: int) -> tuple[tuple[int, int], ...]:
    return tuple(_rectangle(term, rows, columns) for term in state.terms)


def _rectangle(term: tuple[int, int], rows: int, columns: int) -> tuple[int, int]:
    """The rectangle on these lines; all empty ones are the same."""
    part = term[0] & rows, term[1] & columns
    return part if all(part) else (0, 0)
