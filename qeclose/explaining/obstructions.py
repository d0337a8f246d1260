"""All minimal obstructions of a mask: rows and columns whose sub-mask is ill-posed, and well-posed without any one of them.

By R2 a mask is ill-posed exactly if it contains one. With at most three terms the classification lists every kind of minimal
obstruction (docs/classification.md), so that the list is exact whatever the size. With more terms the kinds within the mask are
decided from small to large, or, where these are too many, looked for by leaving out the obstructions that are known.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, final

from qeclose.explaining.deciding import Deciding, Kind, Side, Sides, Types, kind_of, within
from qeclose.support.bits import bits
from qeclose.table import RANKS, entries
from qeclose.table.types import relabelled

__all__ = ["Obstructions", "Place", "minimal_obstructions", "terms_of"]

_ALL_KINDS = 20_000
"""Kinds of sub-masks up to which each is decided."""
_MORE_PATIENCE = 8
_FEW = 30
"""Kinds that the search in larger masks is content with."""


@final
@dataclass(frozen=True, slots=True)
class Place:
    """Where an obstruction is, in the user's rows, columns and terms from 0."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    terms: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """The lines and terms, counted from 0."""
        return {"rows": list(self.rows), "columns": list(self.columns), "terms": list(self.terms)}


@final
@dataclass(frozen=True, slots=True)
class Obstructions:
    """``count`` minimal obstructions of these ``kinds``; with ``complete`` there are no others."""

    sides: Sides
    kinds: tuple[Kind, ...]
    complete: bool

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(math.prod(map(_choices, kind, self.sides)) for kind in self.kinds)

    def places(self) -> Iterator[tuple[Kind, Place]]:
        """Each obstruction once: first one of every kind, then the others."""
        every = [(kind, self._of(kind)) for kind in self.kinds]
        for kind, places in every:
            yield kind, next(places)
        for kind, places in every:
            yield from ((kind, place) for place in places)

    def _of(self, kind: Kind) -> Iterator[Place]:
        for rows in _chosen(kind[0], self.sides[0]):
            for columns in _chosen(kind[1], self.sides[1]):
                yield Place(rows, columns, terms_of(kind))


def terms_of(kind: Kind) -> tuple[int, ...]:
    """The terms that meet both a row and a column of it."""
    rows, columns = (reduce(or_, types, 0) for types in kind)
    return tuple(bits(rows & columns))


def minimal_obstructions(sides: Sides, deciding: Deciding, hint: Kind | None = None) -> Obstructions:
    """The minimal obstructions of a two-factor mask whose lines of each type are these; ``hint`` is an ill-posed part of it."""
    if deciding.rank == 0:
        return Obstructions(sides, (), True)
    if deciding.rank in RANKS:
        return Obstructions(sides, tuple(sorted(_listed(sides, deciding.rank), key=_size)), True)
    kind = kind_of(sides)
    if math.prod(_sub_count(types) for types in kind) <= _ALL_KINDS:
        kinds, complete = _exhausted(kind, deciding)
    else:
        kinds, complete = _searched(kind, deciding, hint), False
    return Obstructions(sides, tuple(sorted(kinds, key=_size)), complete)


def _size(kind: Kind) -> tuple[int, Kind]:
    return len(kind[0]) + len(kind[1]), kind


def _listed(sides: Sides, rank: int) -> set[Kind]:
    """The obstructions of the classification, under all symmetries, that the mask contains."""
    mask = kind_of(sides)
    found = set()
    for entry in entries(rank):
        if entry.closed:
            continue
        for order in itertools.permutations(range(rank)):
            rows, columns = (tuple(sorted(relabelled(t, order))) for t in (entry.rows, entry.columns))
            found |= {kind for kind in ((rows, columns), (columns, rows)) if within(kind, mask)}
    return found


def _exhausted(mask: Kind, deciding: Deciding) -> tuple[list[Kind], bool]:
    """All minimal ill-posed kinds within one, and whether that is certain.

    What is part of a well-posed kind is well-posed (R2), so each one found is extended as far as it stays well-posed. Kinds that
    resist are asked about again with more patience, the large ones first, for they may settle the small ones.
    """
    found: list[Kind] = []
    harmless: list[Kind] = []
    pending = sorted(itertools.product(_sub_types(mask[0]), _sub_types(mask[1])), key=_size)
    while pending and not deciding.late:
        resisting = []
        for kind in pending:
            if any(within(one, kind) for one in found) or any(within(kind, one) for one in harmless):
                continue
            closed = deciding.closed(kind)
            if closed is False:
                found.append(kind)
            elif closed:
                harmless.append(_grown(kind, mask, deciding))
            else:
                resisting.append(kind)
        deciding.patience *= _MORE_PATIENCE
        pending = resisting[::-1]
    return _minimal(found), not pending


def _minimal(kinds: list[Kind]) -> list[Kind]:
    """Those that contain no other; what was found before a smaller one was decided may."""
    return [kind for kind in kinds if not any(one != kind and within(one, kind) for one in kinds)]


def _grown(kind: Kind, mask: Kind, deciding: Deciding) -> Kind:
    """A well-posed kind with every line of the mask that can be added to it."""
    for side in (0, 1):
        for line in (Counter(mask[side]) - Counter(kind[side])).elements():
            more = _with(kind, side, tuple(sorted((*kind[side], line))))
            if deciding.closed(more):
                kind = more
    return kind


def _with(kind: Kind, side: int, types: Types) -> Kind:
    return (types, kind[1]) if side == 0 else (kind[0], types)


def _searched(mask: Kind, deciding: Deciding, hint: Kind | None) -> list[Kind]:
    """Some minimal obstructions: each looked for in the mask without one line of every one that is known."""
    found = [deciding.shrunk(hint)] if hint is not None and deciding.closed(hint) is False else []
    deciding.patience *= _MORE_PATIENCE
    pending = [mask]
    seen = {mask}
    while pending and len(found) < _FEW and not deciding.late:
        part = pending.pop(0)
        known = next((one for one in found if within(one, part)), None)
        if known is None:
            known = _one_within(part, deciding)
            if known is None:
                continue
            found.append(known)
        for side in (0, 1):
            for line in sorted(set(known[side])):
                fewer = Counter(part[side])
                # As many as the obstruction needs must not be left.
                fewer[line] = Counter(known[side])[line] - 1
                without = _with(part, side, tuple(sorted(fewer.elements())))
                if without not in seen:
                    seen.add(without)
                    pending.append(without)
    return found


def _one_within(mask: Kind, deciding: Deciding) -> Kind | None:
    decided = deciding.example(mask)
    if decided is None or decided.obstruction is None:
        return None
    place = decided.obstruction
    # What the certificate names is a hint; that the whole mask is ill-posed is what it proves.
    hint = tuple(
        tuple(mask[side][line] for line in lines) for side, lines in enumerate((place.rows, place.columns))
    )
    hinted: Kind = hint[0], hint[1]
    return deciding.shrunk(hinted if deciding.closed(hinted) is False else mask)


def _sub_count(types: Types) -> int:
    return math.prod(count + 1 for count in Counter(types).values())


def _sub_types(types: Types) -> list[Types]:
    """Every selection of these lines, equal ones being alike."""
    counts = sorted(Counter(types).items())
    choices = itertools.product(*(range(count + 1) for _, count in counts))
    return [
        tuple(kind for (kind, _), n in zip(counts, chosen, strict=True) for _ in range(n))
        for chosen in choices
    ]


def _choices(types: Types, side: Side) -> int:
    return math.prod(math.comb(len(side[one]), count) for one, count in Counter(types).items())


def _chosen(types: Types, side: Side) -> Iterator[tuple[int, ...]]:
    """Lines with these types, in every way, the first ways at once however many there are."""
    counts = sorted(Counter(types).items())
    if not counts:
        yield ()
        return
    (first, count), rest = counts[0], tuple(one for one in types if one != counts[0][0])
    for lines in itertools.combinations(side[first], count):
        for others in _chosen(rest, side):
            yield tuple(sorted((*lines, *others)))
