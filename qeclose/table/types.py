"""Masks as multisets of line types, and when one is part of another.

A line's *type* is the set of terms it meets, a bitset; up to the order of lines a mask is the multiset of its row types and
that of its column types. By twin capping (R3) a type S matters at most |S| times.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache

__all__ = ["Pair", "Types", "View", "contains", "packed", "relabelled", "views"]

Types = tuple[int, ...]
"""Line types, sorted."""

Pair = tuple[Types, Types]
"""The types of the rows and those of the columns."""

View = tuple[int, tuple[int, ...], bool]
"""A pair, packed, after term k has become ``order[k]``, and rows and columns have been exchanged if it is ``turned``."""

_WIDTH = 3
"""Bits for the count of a type, which is at most 3, and one above them that stays free for a borrow."""


def relabelled(types: Sequence[int], order: Sequence[int]) -> Types:
    """The types, in their order, after term k has become ``order[k]``."""
    return tuple(sum(1 << new for k, new in enumerate(order) if kind >> k & 1) for kind in types)


def packed(rows: Sequence[int], columns: Sequence[int], rank: int) -> int:
    """The pair as one integer, for ``contains``. Each type S is to occur at most |S| times, and the rank to be at most 3."""
    places = [*rows, *(kind + (1 << rank) for kind in columns)]
    return sum(1 << _WIDTH * place for place in places)


def views(rows: Sequence[int], columns: Sequence[int], rank: int) -> list[View]:
    """The pair under all symmetries (R0), the pair as it stands first."""
    return [
        (packed(relabelled(above, order), relabelled(beside, order), rank), order, turned)
        for order in itertools.permutations(range(rank))
        for turned, above, beside in ((False, rows, columns), (True, columns, rows))
    ]


def contains(larger: int, smaller: int, rank: int) -> bool:
    """Whether every type occurs in the larger packed pair at least as often as in the smaller one."""
    borrows = _borrows(rank)
    return (larger + borrows - smaller) & borrows == borrows


@cache
def _borrows(rank: int) -> int:
    """The free bit of every count."""
    return sum(1 << _WIDTH * (place + 1) - 1 for place in range(2 << rank))
