"""Small ill-posed sub-masks: by R2 their witnesses lift to the whole mask by zero rows and columns."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Iterator, Mapping
from typing import final

from qeclose.certify.effort import SUB_MASKS
from qeclose.problem import Problem, Rectangle, transpose_bits
from qeclose.support.bits import bits, bitset

__all__ = ["Around", "Meeting", "Small", "light_pairs", "signature"]


def signature(problem: Problem) -> tuple[object, ...]:
    """Equal for problems that differ by an order-preserving renaming of lines and by the order of terms."""
    row_of = {i: p for p, i in enumerate(sorted(problem.rows))}
    column_of = {j: p for p, j in enumerate(sorted(problem.transposed.rows))}
    terms = sorted(
        (bitset(row_of[i] for i in bits(term.rows)), bitset(column_of[j] for j in bits(term.columns)))
        for term in problem.terms.values()
    )
    free = sorted(
        (row_of[i], bitset(column_of[j] for j in bits(columns) if j in column_of))
        for i, columns in problem.free.items()
        if i in row_of
    )
    return (*terms, *(("free", *row) for row in free if row[1]))


@final
class Small:
    """Sub-masks up to 4×4, smaller ones first: all of a size if they are not too many, one of alike lines for another."""

    def __init__(self, problem: Problem) -> None:
        rows, columns = _representatives(problem), _representatives(problem.transposed)
        count = {(h, w): math.comb(len(rows), h) * math.comb(len(columns), w) for h, w in SUB_MASKS.sizes}
        self.complete = max(count.values()) <= SUB_MASKS.all_up_to
        self._lines = rows, columns
        self._sizes = [size for size in SUB_MASKS.sizes if count[size] <= SUB_MASKS.all_up_to]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Row and column sets (bitsets)."""
        rows, columns = self._lines
        for height, width in self._sizes:
            for chosen_rows in itertools.combinations(rows, height):
                for chosen_columns in itertools.combinations(columns, width):
                    yield bitset(chosen_rows), bitset(chosen_columns)


def _representatives(problem: Problem) -> list[int]:
    """Up to three rows of each type (its terms and what is asked in it), those that meet the fewest terms first."""
    seen: dict[tuple[int, int], int] = {}
    chosen = []
    for i in sorted(problem.terms_of_row, key=lambda i: (len(problem.terms_of_row[i]), i)):
        kind = problem.first_alike[i], problem.rows[i]
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= SUB_MASKS.twins:
            chosen.append(i)
    return chosen


@final
class Around:
    """Sub-masks spanned by two overlapping rectangles, lines that meet few terms first.

    Two terms whose rectangles do not overlap are independent of one another.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.row_weight = {i: len(ids) for i, ids in problem.terms_of_row.items()}
        self.column_weight = {j: len(ids) for j, ids in problem.transposed.terms_of_row.items()}

    def all_overlaps(self, rng: random.Random) -> Iterator[tuple[int, int]]:
        """Row and column sets around one pair of terms after the other."""
        for k, l in _overlapping_pairs(self.problem, rng):
            yield from self.pair(k, l)

    def pair(self, k: int, l: int) -> Iterator[tuple[int, int]]:
        """Row and column sets around the overlap of terms k and l."""
        for one, other in ((k, l), (l, k)):
            common, own, others = self._overlap(one, other)
            if own.rows and own.columns:
                yield self._lightest((common, 1, 1), (own, 1, 1))
            for size in (2, 3):
                yield self._lightest((common, size, size), (own, 1, 1), (others, 1, 1))

    def pair_alone(self, k: int, l: int) -> Iterator[tuple[int, int]]:
        """The smallest sub-masks on which overlapping terms k and l are ill-posed, had the mask no others.

        There is one if the set of the two terms is not closed (docs/theory.md#two-terms).
        """
        for one, other in ((k, l), (l, k)):
            common, own, _ = self._overlap(one, other)
            if own.rows and own.columns:
                yield self._lightest((common, 1, 1), (own, 1, 1))
        common, own, others = self._overlap(k, l)
        if own.columns and others.columns and common.rows.bit_count() > 1:
            yield self._lightest((common, 2, 1), (own, 0, 1), (others, 0, 1))
        if own.rows and others.rows and common.columns.bit_count() > 1:
            yield self._lightest((common, 1, 2), (own, 1, 0), (others, 1, 0))

    def _overlap(self, k: int, l: int) -> tuple[Rectangle, Rectangle, Rectangle]:
        """The lines that both terms have, those that only k has, those that only l has."""
        one, other = self.problem.terms[k], self.problem.terms[l]
        return (
            Rectangle(one.rows & other.rows, one.columns & other.columns),
            Rectangle(one.rows & ~other.rows, one.columns & ~other.columns),
            Rectangle(other.rows & ~one.rows, other.columns & ~one.columns),
        )

    def _lightest(self, *parts: tuple[Rectangle, int, int]) -> tuple[int, int]:
        """So many rows and columns of each part."""
        rows = bitset(i for part, count, _ in parts for i in _few(part.rows, self.row_weight, count))
        columns = bitset(j for part, _, count in parts for j in _few(part.columns, self.column_weight, count))
        return rows, columns


@final
class Meeting:
    """Cuts sub-masks out of a mask, looking only at the terms that meet them."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._of_row = transpose_bits({k: term.rows for k, term in problem.terms.items()})
        self._of_column = transpose_bits({k: term.columns for k, term in problem.terms.items()})

    def sub_mask(self, rows: int, columns: int) -> Problem | None:
        """The sub-mask of these lines; None if it is the whole mask, or meets more terms than are worth a search."""
        met_by_rows = met_by_columns = 0
        for i in bits(rows):
            met_by_rows |= self._of_row.get(i, 0)
        for j in bits(columns):
            met_by_columns |= self._of_column.get(j, 0)
        met = met_by_rows & met_by_columns
        if met.bit_count() > SUB_MASKS.most_terms:
            return None
        part = self.problem.part(bits(met)).restricted(rows, columns)
        return None if part.terms == self.problem.terms else part


def _few(lines: int, weight: Mapping[int, int], count: int) -> list[int]:
    return heapq.nsmallest(count, bits(lines), key=lambda line: (weight[line], line))


def light_pairs(problem: Problem, count: int) -> list[tuple[int, int]]:
    """Overlapping pairs among the terms with the smallest rectangles, those that meet the fewest lines first."""

    def size(*ids: int) -> int:
        rows = columns = 0
        for k in ids:
            rows |= problem.terms[k].rows
            columns |= problem.terms[k].columns
        return rows.bit_count() + columns.bit_count()

    lightest = heapq.nsmallest(2 * math.isqrt(count) + 1, problem.terms, key=lambda k: (size(k), k))
    pairs = [
        (k, l)
        for k, l in itertools.combinations(lightest, 2)
        if problem.terms[k].rows & problem.terms[l].rows
        and problem.terms[k].columns & problem.terms[l].columns
    ]
    return heapq.nsmallest(count, pairs, key=lambda pair: (size(*pair), pair))


def _overlapping_pairs(problem: Problem, rng: random.Random) -> Iterator[tuple[int, int]]:
    """Pairs of terms that share a position, from light rows to heavy ones, each pair once."""
    seen: set[tuple[int, int]] = set()
    for i in sorted(problem.terms_of_row, key=lambda i: (len(problem.terms_of_row[i]), i)):
        meeting = problem.terms_of_row[i]
        pairs = list(itertools.islice(itertools.combinations(meeting, 2), SUB_MASKS.pairs_a_row))
        rng.shuffle(pairs)
        for pair in pairs:
            if pair not in seen and problem.terms[pair[0]].columns & problem.terms[pair[1]].columns:
                seen.add(pair)
                yield pair
                if len(seen) >= SUB_MASKS.pairs:
                    return
