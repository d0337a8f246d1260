"""Sub-chains: some rows and columns of A, and what lies on the paths between them (docs/theory.md#r2)."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

from qeclose.certify.chains.merging import Factor
from qeclose.certify.compact.chain import live_part
from qeclose.certify.effort import SUB_CHAINS
from qeclose.support import Mask
from qeclose.support.bits import bits, bitset

__all__ = ["SubChain", "restricted", "sub_chain", "sub_chains"]


@final
@dataclass(frozen=True, slots=True)
class SubChain:
    """Masks of a part of a chain; ``layers[l][p]`` is the index in the whole chain of index p of layer l."""

    masks: tuple[Mask, ...]
    layers: tuple[tuple[int, ...], ...]

    def lift(self, factors: Sequence[Factor]) -> tuple[Factor, ...]:
        """The factors in the whole chain's indices, zero elsewhere."""
        return tuple(
            {(self.layers[l][i], self.layers[l + 1][j]): value for (i, j), value in factor.items()}
            for l, factor in enumerate(factors)
        )


def sub_chain(factors: Sequence[Mask], rows: Sequence[int], columns: Sequence[int]) -> SubChain:
    """The part with these rows and columns of A and every inner index on a path between them.

    Inner indices on no such path contribute nothing to these rows and columns of A, so E of the part is E of the
    whole restricted to them.
    """
    live = restricted(factors, rows, columns)
    layers: list[tuple[int, ...]] = [tuple(rows)]
    for mask in live[:-1]:
        used = 0
        for row in mask.rows:
            used |= row
        layers.append(tuple(bits(used)))
    layers.append(tuple(columns))
    masks = tuple(mask.submatrix(layers[l], layers[l + 1]) for l, mask in enumerate(live))
    return SubChain(masks, tuple(layers))


def restricted(factors: Sequence[Mask], rows: Sequence[int], columns: Sequence[int]) -> tuple[Mask, ...]:
    """The masks, in the same indices, with the entries on the paths from these rows to these columns of A only."""
    row_set, column_set = bitset(rows), bitset(columns)
    cut = list(factors)
    cut[0] = Mask(tuple(row if row_set >> i & 1 else 0 for i, row in enumerate(cut[0].rows)), cut[0].n_cols)
    cut[-1] = Mask(tuple(row & column_set for row in cut[-1].rows), cut[-1].n_cols)
    return live_part(cut)


def sub_chains(factors: Sequence[Mask], rng: random.Random) -> Iterator[SubChain]:
    """Parts worth searching for a frontier point, small ones first, the whole last if it is small itself."""
    m, n = len(factors[0].rows), factors[-1].n_cols
    for height, width in SUB_CHAINS.sizes:
        if height > m or width > n or (height, width) == (m, n):
            continue
        if math.comb(m, height) * math.comb(n, width) <= SUB_CHAINS.all_up_to:
            chosen = list(
                itertools.product(
                    itertools.combinations(range(m), height), itertools.combinations(range(n), width)
                )
            )
        else:
            chosen = [
                (tuple(sorted(rng.sample(range(m), height))), tuple(sorted(rng.sample(range(n), width))))
                for _ in range(SUB_CHAINS.samples)
            ]
        for rows, columns in chosen:
            yield sub_chain(factors, rows, columns)
    yield sub_chain(factors, range(m), range(n))
