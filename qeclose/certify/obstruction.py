"""Small ill-posed sub-masks: by R2 their witnesses lift to the whole mask by zero rows and columns."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator

from qeclose.presolve import Problem
from qeclose.presolve.problem import bitset
from qeclose.support import bits

__all__ = ["signature", "sub_masks"]

_SIZES = ((2, 2), (2, 3), (3, 2), (3, 3), (2, 4), (4, 2), (3, 4), (4, 3), (4, 4))
_ALL_UP_TO = 4000
"""A size with at most this many sub-masks is searched completely."""
_TWINS = 3
"""Lines of one type beyond this many are left out."""
_PAIRS = 20_000
"""Overlapping pairs of terms looked at in a mask too large for a complete search."""


def signature(problem: Problem) -> tuple[object, ...]:
    """Equal for problems that differ by an order-preserving renaming of lines and by the order of terms."""
    row_of = {i: p for p, i in enumerate(sorted(problem.rows))}
    column_of = {j: p for p, j in enumerate(sorted(problem.transposed.rows))}
    return tuple(
        sorted(
            (bitset(row_of[i] for i in bits(term.rows)), bitset(column_of[j] for j in bits(term.columns)))
            for term in problem.terms.values()
        )
    )


def sub_masks(problem: Problem, rng: random.Random) -> Iterator[tuple[int, int]]:
    """Row and column sets (bitsets) worth asking about, smaller ones first.

    Small masks are searched completely up to 4×4; in large ones, rectangles that overlap are looked at, since two terms
    whose rectangles do not overlap are independent of one another.
    """
    rows, columns = _representatives(problem), _representatives(problem.transposed)
    partial = False
    for height, width in _SIZES:
        if height > len(rows) or width > len(columns):
            continue
        if math.comb(len(rows), height) * math.comb(len(columns), width) > _ALL_UP_TO:
            partial = True
            continue
        for chosen_rows in itertools.combinations(rows, height):
            for chosen_columns in itertools.combinations(columns, width):
                yield bitset(chosen_rows), bitset(chosen_columns)
    if partial:
        yield from _around_overlaps(problem, rng)


def _representatives(problem: Problem) -> list[int]:
    """Up to three rows of each type, those that meet the fewest terms first."""
    seen: dict[tuple[int, ...], int] = {}
    chosen = []
    for i in sorted(problem.terms_of_row, key=lambda i: (len(problem.terms_of_row[i]), i)):
        kind = problem.terms_of_row[i]
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= _TWINS:
            chosen.append(i)
    return chosen


def _around_overlaps(problem: Problem, rng: random.Random) -> Iterator[tuple[int, int]]:
    """2×2 and larger sub-masks spanned by two overlapping rectangles, lines that meet few terms first."""
    row_weight = {i: len(ids) for i, ids in problem.terms_of_row.items()}
    column_weight = {j: len(ids) for j, ids in problem.transposed.terms_of_row.items()}

    def lightest(lines: int, weight: dict[int, int], count: int) -> list[int]:
        return sorted(bits(lines), key=lambda line: (weight[line], line))[:count]

    for k, l in _overlapping_pairs(problem, rng):
        for one, other in ((problem.terms[k], problem.terms[l]), (problem.terms[l], problem.terms[k])):
            common_rows, common_columns = one.rows & other.rows, one.columns & other.columns
            own_rows, own_columns = one.rows & ~other.rows, one.columns & ~other.columns
            if own_rows and own_columns:
                yield (
                    bitset(lightest(common_rows, row_weight, 1) + lightest(own_rows, row_weight, 1)),
                    bitset(
                        lightest(common_columns, column_weight, 1) + lightest(own_columns, column_weight, 1)
                    ),
                )
            for size in (2, 3):
                yield (
                    bitset(
                        lightest(common_rows, row_weight, size)
                        + lightest(own_rows, row_weight, 1)
                        + lightest(other.rows & ~one.rows, row_weight, 1)
                    ),
                    bitset(
                        lightest(common_columns, column_weight, size)
                        + lightest(own_columns, column_weight, 1)
                        + lightest(other.columns & ~one.columns, column_weight, 1)
                    ),
                )


def _overlapping_pairs(problem: Problem, rng: random.Random) -> Iterator[tuple[int, int]]:
    """Pairs of terms that share a position, from light rows to heavy ones, each pair once."""
    seen: set[tuple[int, int]] = set()
    for i in sorted(problem.terms_of_row, key=lambda i: (len(problem.terms_of_row[i]), i)):
        meeting = problem.terms_of_row[i]
        pairs = list(itertools.islice(itertools.combinations(meeting, 2), 200))
        rng.shuffle(pairs)
        for pair in pairs:
            if pair not in seen and problem.terms[pair[0]].columns & problem.terms[pair[1]].columns:
                seen.add(pair)
                yield pair
                if len(seen) >= _PAIRS:
                    return
