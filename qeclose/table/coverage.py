"""How much of the classification the table holds."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from qeclose.table.entries import entries
from qeclose.table.types import Types, contains, packed, relabelled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["coverage", "multisets"]


def multisets(rank: int) -> list[Types]:
    """All multisets of line types in which a type S occurs at most |S| times, shortest first, the empty one included."""
    kinds = range(1, 1 << rank)
    counts = itertools.product(*(range(kind.bit_count() + 1) for kind in kinds))
    found = [tuple(kind for kind, n in zip(kinds, count, strict=True) for _ in range(n)) for count in counts]
    return sorted(found, key=lambda types: (len(types), types))


def coverage(rank: int) -> NDArray[np.int8]:
    """For every ordered pair of ``multisets(rank)``, rows first: 1 if an entry says it is closed, -1 if one says it is not.

    It is 0 where no entry says anything. Pairs without rows or without columns are closed.
    """
    import numpy as np

    lines = multisets(rank)
    alone = [packed(types, (), rank) for types in lines]
    known = np.zeros((len(lines), len(lines)), dtype=np.int8)
    known[0, :] = known[:, 0] = 1
    for entry in entries(rank):
        for order in itertools.permutations(range(rank)):
            sides = []
            for types in (entry.rows, entry.columns):
                one = packed(relabelled(types, order), (), rank)
                sides.append(
                    np.array(
                        [contains(one, x, rank) if entry.closed else contains(x, one, rank) for x in alone]
                    )
                )
            settled = np.outer(*sides)
            known[settled | settled.T] = 1 if entry.closed else -1
    return known
