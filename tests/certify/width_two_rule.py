"""The complete theorem for two terms (docs/theory.md#two-terms), which no code of qeclose knows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from qeclose import Support

__all__ = ["closed_by_the_theorem", "has_small_obstruction"]


def closed_by_the_theorem(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """E of two rectangles (rows, columns) is not closed iff they overlap and (1), (2) or (3) holds."""
    (rows, columns), (other_rows, other_columns) = one, other
    common_rows, common_columns = rows & other_rows, columns & other_columns
    if not (common_rows and common_columns):
        return True
    own_rows, own_columns = rows & ~other_rows, columns & ~other_columns
    others_rows, others_columns = other_rows & ~rows, other_columns & ~columns
    corner = (own_rows and own_columns) or (others_rows and others_columns)
    shared_rows = common_rows.bit_count() >= 2 and own_columns and others_columns
    shared_columns = common_columns.bit_count() >= 2 and own_rows and others_rows
    return not (corner or shared_rows or shared_columns)


def has_small_obstruction(support: Support, lines: Sequence[int]) -> bool:
    """Whether two of these rows and two of these columns meet just two terms, and those are the 2×2 LU mask (R2).

    Terms in one line that are equal count once: together they are that line's matrices, as one is alone.
    """
    for rows, columns in itertools.product(itertools.combinations(lines, 2), repeat=2):
        row_bits, column_bits = (sum(1 << line for line in pair) for pair in (rows, columns))
        cut = [(left & row_bits, right & column_bits) for left, right in support.terms]
        met = [term for term in cut if all(term)]
        in_one_line = {(left, right) for left, right in met if 1 in (left.bit_count(), right.bit_count())}
        met = [term for term in met if term not in in_one_line] + sorted(in_one_line)
        if len(met) == 2 and not closed_by_the_theorem(*met):
            return True
    return False
