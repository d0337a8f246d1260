"""Exact probabilities against all masks of a small size, decided one by one without the table."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

from attack.masks import Lists, decided
from attack.tally import Tally

__all__ = ["trial"]


def trial(number: int, rng: random.Random, tally: Tally) -> None:
    """One size and density. Masks with the same multisets of lines are decided once."""
    from qeclose.sampling.exact import exact

    del number
    m, n, r = rng.choice(((1, 1, 1), (2, 2, 1), (3, 1, 2), (2, 2, 2), (3, 2, 2), (1, 2, 3), (2, 1, 3)))
    p = Fraction(rng.randint(0, 10), 10)
    total, known = Fraction(0), dict[tuple[Lists, Lists], bool]()
    for left, right in itertools.product(_grids(m, r), _grids(n, r)):
        key = (tuple(sorted(left)), tuple(sorted(right)))
        if key not in known:
            known[key] = decided(key, table=False) == "ill-posed"
            tally.add("masks")
        if known[key]:
            inside = sum(map(sum, (*left, *right)))
            total += p**inside * (1 - p) ** (r * (m + n) - inside)
    tally.add("comparisons")
    found = exact(m, n, r, p).ill_posed
    if found != total:
        tally.disagree(
            "an exact probability", expected=str(total), found=str(found), shape=[m, n, r], density=str(p)
        )


def _grids(rows: int, columns: int) -> list[Lists]:
    flat = itertools.product((0, 1), repeat=rows * columns)
    return [tuple(bits[i * columns : (i + 1) * columns] for i in range(rows)) for bits in flat]
