"""All masks with two terms on a small matrix, and which are closed: by the complete theorem, not by qeclose."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from qeclose.support import Mask, Support

Pair = tuple[tuple[int, int], tuple[int, int]]


def is_closed(terms: Pair) -> bool:
    """docs/theory.md#two-terms: two terms are not closed iff the rectangles overlap and (1), (2) or (3) holds."""
    for (rows, columns), (other_rows, other_columns) in itertools.permutations(terms, 2):
        own_rows, own_columns = rows & ~other_rows, columns & ~other_columns
        lacking_rows, lacking_columns = other_rows & ~rows, other_columns & ~columns
        common_rows, common_columns = rows & other_rows, columns & other_columns
        if not (common_rows and common_columns):
            continue
        if own_rows and own_columns:
            return False
        if common_rows.bit_count() >= 2 and own_columns and lacking_columns:
            return False
        if common_columns.bit_count() >= 2 and own_rows and lacking_rows:
            return False
    return True


def all_masks(m: int, n: int) -> Iterator[Pair]:
    rectangles = list(itertools.product(range(1 << m), range(1 << n)))
    yield from itertools.product(rectangles, repeat=2)


def distance(one: Pair, other: Pair, mode: str) -> float:
    """How many entries differ, infinite if the mode does not allow the step from one to the other."""
    total = 0
    for now, then in zip(itertools.chain(*one), itertools.chain(*other), strict=True):
        if (mode == "add" and now & ~then) or (mode == "remove" and then & ~now):
            return float("inf")
        total += (now ^ then).bit_count()
    return total


def support_of(terms: Pair, m: int, n: int) -> Support:
    return Support.of_terms(m, n, terms)


def changed(support: Support, changes: list[tuple[str, int, int, bool]]) -> Support:
    """The support after changes (factor, row, term, added), each of which must be one."""
    factors = {"I": support.I.to_lists(), "J": support.J.to_lists()}
    for factor, row, term, added in changes:
        assert factors[factor][row][term] == (not added)
        factors[factor][row][term] = int(added)
    return Support(Mask.from_lists(factors["I"]), Mask.from_lists(factors["J"]))
