"""Which single changes of an entry make a well-posed mask ill-posed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

from qeclose.explaining.deciding import Deciding, Kind, Sides, kind_of
from qeclose.explaining.obstructions import Obstructions, Place

__all__ = ["Break", "Fragility", "fragility"]


@final
@dataclass(frozen=True, slots=True)
class Break:
    """Changing the entry of any one of these ``lines`` (rows of the ``factor`` I or J) in column ``term`` breaks the mask.

    ``place`` is an obstruction that the change of the first line makes.
    """

    factor: str
    lines: tuple[int, ...]
    term: int
    added: bool
    place: Place

    def to_json(self) -> dict[str, Any]:
        """The change as a JSON object."""
        return {
            "factor": self.factor,
            "rows": list(self.lines),
            "term": self.term,
            "change": "add" if self.added else "remove",
            "obstruction": self.place.to_json(),
        }


@final
@dataclass(frozen=True, slots=True)
class Fragility:
    """The single changes that break a mask; how many entries were changed in thought, of how many, and how many stayed open."""

    breaks: tuple[Break, ...]
    tried: int
    undecided: int
    total: int

    @property
    def complete(self) -> bool:
        """Whether every entry was decided."""
        return self.tried == self.total and not self.undecided

    @property
    def breaking(self) -> int:
        """How many entries break the mask when they are changed."""
        return sum(len(found.lines) for found in self.breaks)


def fragility(sides: Sides, shape: tuple[int, int], deciding: Deciding) -> Fragility:
    """Change every entry of I and J in turn; what is alike (lines of one type, R0) is decided once."""
    breaks = []
    tried = undecided = 0
    for changed in _changes(sides, shape, deciding.rank):
        if deciding.late:
            break
        tried += len(changed.lines)
        closed = deciding.closed(kind_of(changed.sides))
        if closed is None:
            undecided += len(changed.lines)
        elif not closed:
            breaks.append(changed.breaking(_obstruction(changed.sides, deciding)))
    return Fragility(tuple(breaks), tried, undecided, sum(shape) * deciding.rank)


@final
@dataclass(frozen=True, slots=True)
class _Changed:
    """The lines of one type, the term in which their entries are changed, and the mask after the first one is."""

    side: int
    lines: tuple[int, ...]
    term: int
    added: bool
    sides: Sides

    def breaking(self, place: Place) -> Break:
        return Break("IJ"[self.side], self.lines, self.term, self.added, place)


def _changes(sides: Sides, shape: tuple[int, int], rank: int) -> Iterator[_Changed]:
    for side in (0, 1):
        lines_of = dict(sides[side])
        met = {line for lines in lines_of.values() for line in lines}
        empty = [line for line in range(shape[side]) if line not in met]
        if empty:
            lines_of[0] = empty
        for kind, lines in sorted(lines_of.items(), key=lambda pair: pair[1][0]):
            for term in range(rank):
                new = {one: list(others) for one, others in sides[side].items()}
                if kind:
                    new[kind] = list(lines[1:])
                if kind ^ 1 << term:
                    new[kind ^ 1 << term] = sorted((*new.get(kind ^ 1 << term, ()), lines[0]))
                new = {one: others for one, others in new.items() if others}
                after: Sides = (new, sides[1]) if side == 0 else (sides[0], new)
                yield _Changed(side, tuple(lines), term, not kind >> term & 1, after)


def _obstruction(sides: Sides, deciding: Deciding) -> Place:
    """A minimal obstruction of an ill-posed mask, as far as time allows."""
    kind: Kind = deciding.shrunk(kind_of(sides))
    _, place = next(Obstructions(sides, (kind,), False).places())
    return place
