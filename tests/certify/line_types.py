"""Masks as types of rows and columns: a line's type is the set of terms it meets, as a bitset."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

from qeclose import Support
from qeclose.support import Mask

__all__ = ["Types", "blown_up", "classes", "multisets", "shuffled", "support_of_types", "transposed"]

Types = tuple[int, ...]


def multisets(r: int, longest: int | None = None) -> list[Types]:
    """The nonempty multisets of nonempty types in which a type S occurs at most |S| times (R3)."""
    kinds = range(1, 1 << r)
    longest = sum(kind.bit_count() for kind in kinds) if longest is None else longest
    return [
        lines
        for count in range(1, longest + 1)
        for lines in itertools.combinations_with_replacement(kinds, count)
        if all(lines.count(kind) <= kind.bit_count() for kind in set(lines))
    ]


def classes(r: int, longest: int) -> list[tuple[Types, Types]]:
    """The pairs of such multisets of row and column types, one for each class under relabelling of terms and transposition."""
    orders = list(itertools.permutations(range(r)))

    def relabelled(lines: Types, order: Sequence[int]) -> Types:
        return tuple(sorted(sum(1 << order[k] for k in range(r) if kind >> k & 1) for kind in lines))

    images = {lines: [relabelled(lines, order) for order in orders] for lines in multisets(r, longest)}
    return sorted(
        {
            min(min((x, y), (y, x)) for x, y in zip(images[rows], images[columns], strict=True))
            for rows, columns in itertools.product(images, repeat=2)
        }
    )


def support_of_types(rows: Types, columns: Types, r: int) -> Support:
    name = f"rows {' '.join(map(str, rows))} columns {' '.join(map(str, columns))}"
    return Support(Mask(rows, r), Mask(columns, r), name=name)


def transposed(support: Support) -> Support:
    return Support(support.J, support.I)


def shuffled(support: Support, rng: random.Random) -> Support:
    """The same mask with its rows, columns and terms in another order."""
    left, right = support.I, support.J
    terms = rng.sample(range(left.n_cols), left.n_cols)

    def reordered(mask: Mask) -> Mask:
        rows = (sum((row >> k & 1) << place for place, k in enumerate(terms)) for row in mask.rows)
        return Mask(tuple(rng.sample(list(rows), len(mask.rows))), mask.n_cols)

    return Support(reordered(left), reordered(right))


def blown_up(rows: Types, columns: Types, r: int, rng: random.Random) -> Support:
    """A larger mask with the same types in it: more twins of full types, empty lines, another order, perhaps transposed.

    Only a type S that occurs |S| times gets more twins, so that R3 gives the types back.
    """

    def grown(lines: Types) -> Types:
        full = sorted(kind for kind in set(lines) if lines.count(kind) == kind.bit_count())
        twins = rng.choices(full, k=rng.randint(0, 5)) if full else []
        return (*lines, *twins, *[0] * rng.randint(0, 2))

    support = shuffled(support_of_types(grown(rows), grown(columns), r), rng)
    return transposed(support) if rng.random() < 0.5 else support
