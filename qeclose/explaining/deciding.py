"""Masks by the types of their lines, each decided once.

A line's *type* is the set of terms it meets. Whether a mask is well-posed depends on how often each type occurs, and a type S
matters at most |S| times (R3, twin capping); lines that meet no term do not matter at all (R1).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import final

from qeclose.certify import Certified, certify
from qeclose.support.canonical import canonical_form
from qeclose.support.mask import Mask
from qeclose.support.model import Support

__all__ = ["Deciding", "Kind", "Side", "Sides", "Types", "kind_of", "lines_by_type", "within"]

Types = tuple[int, ...]
"""Types of lines, sorted; equal lines are repeated."""

Kind = tuple[Types, Types]
"""A mask up to the order of its lines: the types of its rows and those of its columns."""

Side = Mapping[int, Sequence[int]]
"""The lines of each type, from 0."""

Sides = tuple[Side, Side]
"""The rows and the columns."""


def lines_by_type(mask: Mask) -> dict[int, list[int]]:
    """The lines of each type, in order; those that meet no term are left out."""
    found: dict[int, list[int]] = {}
    for line, kind in enumerate(mask.rows):
        if kind:
            found.setdefault(kind, []).append(line)
    return found


def kind_of(sides: Sides) -> Kind:
    """The kind of a mask, its types capped (R3)."""
    return _capped(sides[0]), _capped(sides[1])


def _capped(side: Side) -> Types:
    counts = ((kind, min(len(lines), kind.bit_count())) for kind, lines in side.items())
    return tuple(sorted(kind for kind, count in counts for _ in range(count)))


@final
class Deciding:
    """Decides masks of ``rank`` terms until ``deadline`` (of ``time.monotonic``), each in ``patience`` seconds."""

    def __init__(self, rank: int, *, deadline: float, patience: float, seed: int = 0) -> None:
        self.rank, self.deadline, self.patience, self.seed = rank, deadline, patience, seed
        self._known: dict[object, bool] = {}
        self._tried: dict[object, float] = {}

    @property
    def late(self) -> bool:
        """Whether time is up."""
        return time.monotonic() > self.deadline

    def closed(self, kind: Kind) -> bool | None:
        """Whether masks of this kind are well-posed; None if that is not known."""
        if len(kind[0]) < 2 or len(kind[1]) < 2:
            return True  # E is all that its support allows
        if (known := self._known.get(kind)) is not None:
            return known
        form = canonical_form(self._support(kind)).support.factors
        if self._known.get(form) is None and self._tried.get(form, 0.0) < self.patience:
            found = self._certify(Support.of_factors(form))
            self._tried[form] = 0.0 if self.late else self.patience
            if found is not None:
                self._known[form] = found.closed
        closed = self._known.get(form)
        if closed is not None:
            self._known[kind] = closed
        return closed

    def shrunk(self, kind: Kind) -> Kind:
        """An ill-posed kind without the lines that can be left out one by one: minimal, if all that is asked is decided."""
        sides = [list(types) for types in kind]
        for side in (0, 1):
            for line in tuple(sides[side]):
                fewer = [list(types) for types in sides]
                fewer[side].remove(line)
                if self.closed((tuple(fewer[0]), tuple(fewer[1]))) is False:
                    sides = fewer
        return tuple(sides[0]), tuple(sides[1])

    def example(self, kind: Kind) -> Certified | None:
        """The decision with its curve, lines in the order of the types."""
        return self._certify(self._support(kind))

    def _support(self, kind: Kind) -> Support:
        return Support(Mask(kind[0], self.rank), Mask(kind[1], self.rank))

    def _certify(self, support: Support) -> Certified | None:
        deadline = min(time.monotonic() + self.patience, self.deadline)
        if self.late:
            return None
        found = certify(support, deadline=deadline, seed=self.seed)
        return found if isinstance(found, Certified) else None


def within(smaller: Kind, larger: Kind) -> bool:
    """Whether every type occurs in the larger kind at least as often as in the smaller one."""
    return all(Counter(few) <= Counter(many) for few, many in zip(smaller, larger, strict=True))
