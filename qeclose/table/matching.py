"""Which entry of the table settles a mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import final

from qeclose.table.entries import Entry, entries
from qeclose.table.types import contains, packed, views

__all__ = ["Match", "find_match"]


@final
@dataclass(frozen=True, slots=True)
class Match:
    """An entry that settles a mask: an obstruction that is part of it, or a closed pair that it is part of.

    Term k of the mask is term ``order[k]`` of the entry; if ``turned``, the mask's rows are columns of the entry.
    """

    entry: Entry
    order: tuple[int, ...]
    turned: bool


def find_match(rows: Sequence[int], columns: Sequence[int], rank: int) -> Match | None:
    """The first entry that settles the mask with these line types, each type S at most |S| times (R3), or None."""
    symmetric = views(rows, columns, rank)
    for entry, pair in _packed_entries(rank):
        for view, order, turned in symmetric:
            if contains(pair, view, rank) if entry.closed else contains(view, pair, rank):
                return Match(entry, order, turned)
    return None


@cache
def _packed_entries(rank: int) -> list[tuple[Entry, int]]:
    return [(entry, packed(entry.rows, entry.columns, rank)) for entry in entries(rank)]
