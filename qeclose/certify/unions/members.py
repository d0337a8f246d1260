"""The maximal supports within some bounds, and the symmetries that permute them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any

from qeclose.certify.effort import UNIONS
from qeclose.support import Mask, Support
from qeclose.support.bits import bits
from qeclose.support.bounded import BoundedSupport, Bounds

__all__ = ["all_members", "orbits", "random_member", "sub_boxes"]

_Rows = tuple[int, ...]
_Symmetry = Callable[[tuple[_Rows, _Rows]], tuple[_Rows, _Rows]]


def all_members(constrained: BoundedSupport, limit: int) -> list[Support] | None:
    """The maximal supports, or None if there are more than ``limit`` or too many to look for."""
    if constrained.box.I.nnz + constrained.box.J.nnz > UNIONS.entries:
        return None
    found = list(itertools.islice(constrained.supports(), limit + 1))
    return found if len(found) <= limit else None


def random_member(constrained: BoundedSupport, rng: random.Random) -> Support:
    """A maximal support, by adding entries in random order."""
    sides = (constrained.box.I, constrained.left), (constrained.box.J, constrained.right)
    return Support(*(_random_mask(mask, bounds, rng) for mask, bounds in sides))


def _random_mask(box: Mask, bounds: Bounds, rng: random.Random) -> Mask:
    places = [(i, k) for i, row in enumerate(box.rows) for k in bits(row)]
    rng.shuffle(places)
    rows = [0] * len(box.rows)
    in_column = [0] * box.n_cols
    total = 0
    for i, k in places:
        counts = (bounds.total, total), (bounds.row, rows[i].bit_count()), (bounds.column, in_column[k])
        if all(bound is None or count < bound for bound, count in counts):
            rows[i] |= 1 << k
            in_column[k] += 1
            total += 1
    return Mask(tuple(rows), box.n_cols)


def sub_boxes(constrained: BoundedSupport, rng: random.Random) -> Iterator[BoundedSupport]:
    """The same factors with all but a few lines of A left empty, the smallest first.

    The union of the supports inside it is a slice of the whole one: the matrices that vanish on the other lines (R2).
    """
    box = constrained.box
    lines = _nonempty(box.I), _nonempty(box.J)
    shapes = itertools.product(*(range(2, min(len(some), UNIONS.sub_box_lines) + 1) for some in lines))
    for shape in sorted(shapes, key=lambda shape: (shape[0] * shape[1], shape)):
        seen: set[tuple[Any, ...]] = set()
        for _ in range(UNIONS.sub_boxes):
            chosen = [rng.sample(some, size) for some, size in zip(lines, shape, strict=True)]
            masks = [_kept(mask, some) for mask, some in zip((box.I, box.J), chosen, strict=True)]
            # Lines with the same entries are alike.
            kind = tuple(tuple(sorted(mask.rows)) for mask in masks)
            if kind not in seen:
                seen.add(kind)
                yield BoundedSupport(Support(*masks), constrained.left, constrained.right)


def _nonempty(mask: Mask) -> list[int]:
    return [i for i, row in enumerate(mask.rows) if row]


def _kept(mask: Mask, lines: Iterable[int]) -> Mask:
    kept = set(lines)
    return Mask(tuple(row if i in kept else 0 for i, row in enumerate(mask.rows)), mask.n_cols)


def orbits(constrained: BoundedSupport, members: Iterable[Support]) -> list[list[Support]]:
    """The members, those together that symmetries of the box and the bounds map to each other."""
    symmetries = list(_symmetries(constrained))
    left = {(member.I.rows, member.J.rows): member for member in members}
    found: list[list[Support]] = []
    while left:
        pending = [next(iter(left))]
        orbit = [left.pop(pending[0])]
        while pending:
            masks = pending.pop()
            for symmetry in symmetries:
                image = symmetry(masks)
                if image in left:
                    orbit.append(left.pop(image))
                    pending.append(image)
        found.append(orbit)
    return found


def _symmetries(constrained: BoundedSupport) -> Iterator[_Symmetry]:
    """Exchanges of two equal lines or terms of the box, and transposition if it leaves box and bounds as they are."""
    box = constrained.box
    for a, b in _alike(box.I.rows):
        yield lambda masks, a=a, b=b: (_exchanged(masks[0], a, b), masks[1])  # type: ignore[misc]
    for a, b in _alike(box.J.rows):
        yield lambda masks, a=a, b=b: (masks[0], _exchanged(masks[1], a, b))  # type: ignore[misc]
    for a, b in _alike(box.terms):
        yield lambda masks, a=a, b=b: tuple(  # type: ignore[misc]
            tuple(_with_bits_exchanged(row, a, b) for row in rows) for rows in masks
        )
    if box.I == box.J and constrained.left == constrained.right:
        yield lambda masks: (masks[1], masks[0])


def _alike(lines: Iterable[Hashable]) -> Iterator[tuple[int, int]]:
    """Neighbours among equal lines: exchanging them makes every permutation of equal lines."""
    last: dict[Hashable, int] = {}
    for number, line in enumerate(lines):
        if line in last:
            yield last[line], number
        last[line] = number


def _exchanged(rows: _Rows, a: int, b: int) -> _Rows:
    listed = list(rows)
    listed[a], listed[b] = listed[b], listed[a]
    return tuple(listed)


def _with_bits_exchanged(row: int, a: int, b: int) -> int:
    return row ^ (1 << a | 1 << b) if (row >> a ^ row >> b) & 1 else row
