"""Equations that hold on all of E: a submatrix that t terms meet is a sum of t rank-1 matrices, so its rank is at most t."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence

from qeclose.algebra.modular import PRIME, rank_of, residues, value_at
from qeclose.algebra.system import Polynomial, Ring
from qeclose.certify.effort import RANK_CONDITIONS
from qeclose.problem import Problem
from qeclose.support.bits import bitset

__all__ = ["is_dense", "rank_conditions"]


def rank_conditions(problem: Problem, ring: Ring) -> tuple[Polynomial, ...] | None:
    """The minors of size t + 1 that t terms meet, in the entries ("a", i, j) on Q, without those that are identically 0.

    None if there are too many to work with. Positions that no term covers are 0; minors with a free position do not count.
    """
    rows = sorted(i for i, asked in problem.rows.items() if asked)
    columns = sorted(j for j, asked in problem.transposed.rows.items() if asked)
    sizes = range(1, min(len(problem.terms) + 1, len(rows), len(columns)) + 1)
    if (
        sum(math.comb(len(rows), size) * math.comb(len(columns), size) for size in sizes)
        > RANK_CONDITIONS.choices
    ):
        return None
    minors = itertools.chain.from_iterable(_minors(problem, ring, rows, columns, size) for size in sizes)
    found = tuple(itertools.islice(minors, RANK_CONDITIONS.conditions + 1))
    return None if len(found) > RANK_CONDITIONS.conditions else found


def _minors(
    problem: Problem, ring: Ring, rows: Sequence[int], columns: Sequence[int], size: int
) -> Iterator[Polynomial]:
    """The minors of this size that one term less meets."""
    for chosen_columns in itertools.combinations(columns, size):
        across = _met(problem.transposed, chosen_columns)
        for chosen_rows in itertools.combinations(rows, size):
            if len(across & _met(problem, chosen_rows)) == size - 1:
                minor = _determinant(problem, ring, chosen_rows, chosen_columns)
                if minor:
                    yield minor


def _met(problem: Problem, rows: Sequence[int]) -> set[int]:
    return {k for i in rows for k in problem.terms_of_row[i]}


def _determinant(
    problem: Problem, ring: Ring, rows: Sequence[int], columns: Sequence[int]
) -> Polynomial | None:
    """By expansion along the first row; None if there is a free position."""
    marks = bitset(columns)
    if any(problem.free.get(i, 0) & marks for i in rows):
        return None

    def expanded(rows: Sequence[int], columns: Sequence[int]) -> Polynomial:
        if not rows:
            return ring.constant(1)
        total = ring.constant(0)
        for place, j in enumerate(columns):
            if problem.rows[rows[0]] >> j & 1:
                minor = expanded(rows[1:], (*columns[:place], *columns[place + 1 :]))
                total += (-1) ** place * ring.generators["a", rows[0], j] * minor
        return total

    return expanded(rows, columns)


def is_dense(ring: Ring, products: Sequence[Polynomial], conditions: Sequence[Polynomial]) -> bool:
    """Whether the dimension of E is that of the variety the conditions define, near a generic point of E.

    ``products`` are the entries of the product as polynomials in the unknowns, which the ring has after as many entries of A;
    the conditions are polynomials in these. Both dimensions are ranks of Jacobian matrices at one point, modulo a prime; with
    tiny probability the answer is wrong, which wastes time, no more.
    """
    rng = random.Random(0)
    count = len(products)
    unknowns = range(count, len(ring.variables))
    factors = {a: rng.randrange(1, PRIME) for a in unknowns}
    point = {a: value_at(residues(p), factors) for a, p in enumerate(products)}
    tangents = [_gradient(ring, p, unknowns, factors) for p in products]
    gradients = [_gradient(ring, p, range(count), point) for p in conditions]
    return rank_of(tangents) + rank_of(gradients) == count


def _gradient(ring: Ring, p: Polynomial, variables: range, point: Mapping[int, int]) -> list[int]:
    gradient = [0] * len(variables)
    for a in ring.occurring(p):
        gradient[a - variables.start] = value_at(residues(ring.coefficient(p, a)), point)
    return gradient
