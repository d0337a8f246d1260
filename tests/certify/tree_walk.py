"""A tree of a full space or a variety followed with numbers: from a matrix to its factors, without the checker's algebra."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from qeclose.problem import Problem
from qeclose.support.bits import bits

__all__ = ["gives_factors", "matrices", "polynomial_at"]

Json = Any
Place = tuple[int, int]
Numbers = dict[Place, Fraction]


def polynomial_at(p: Json, matrix: Numbers) -> Fraction:
    """A certificate's polynomial in the entries of a matrix."""
    return _value(p, {("a", *place): entry for place, entry in matrix.items()})


def _value(p: Json, value: dict[Any, Fraction]) -> Fraction:
    total = Fraction(0)
    for coefficient, powers in p:
        term = Fraction(coefficient)
        for variable, exponent in powers:
            term *= value[tuple(variable)] ** exponent
        total += term
    return total


class _Walk:
    """The matrix as it has been moved, the values of the tree's variables, and what leads back to the given matrix."""

    def __init__(self, matrix: Numbers) -> None:
        self.matrix = dict(matrix)
        self.value = {("a", *place): entry for place, entry in matrix.items()}
        self.undo: list[tuple[str, str, int, int, Fraction]] = []

    def line(self, side: str, number: int) -> dict[int, Place]:
        """The places on a line, by the lines that cross it."""
        axis = ("row", "column").index(side)
        return {place[1 - axis]: place for place in self.matrix if place[axis] == number}

    def set(self, place: Place, entry: Fraction) -> None:
        """An entry changes, and with it the variable of its name, which it is if it is any variable at all."""
        self.matrix[place] = entry
        self.value["a", *place] = entry

    def clear(self, side: str, line: int, by: int, at: int) -> None:
        mine, source = self.line(side, line), self.line(side, by)
        factor = self.matrix[mine[at]] / self.matrix[source[at]]
        for crossing, place in mine.items():
            if crossing == at:
                self.matrix[place] = Fraction(0)
            elif crossing in source and self.matrix[source[crossing]]:
                self.set(place, self.matrix[place] - factor * self.matrix[source[crossing]])
        self.undo.append(("add", side, line, by, factor))

    def divide(self, side: str, line: int, at: int) -> None:
        mine = self.line(side, line)
        factor = self.matrix[mine[at]]
        for crossing, place in mine.items():
            if crossing == at:
                self.matrix[place] = Fraction(1)
            elif self.matrix[place]:
                self.set(place, self.matrix[place] / factor)
        self.undo.append(("multiply", side, line, line, factor))

    def arrange(self, rows: list[int], columns: list[int]) -> bool:
        """Whether an entry there is nonzero; if so, the first is afterwards."""
        nonzero = next((p for p in itertools.product(rows, columns) if self.matrix[p]), None)
        if nonzero is None:
            return False
        for side, first, other in (("row", rows[0], nonzero[0]), ("column", columns[0], nonzero[1])):
            if first != other:
                one, two = self.line(side, first), self.line(side, other)
                for crossing in one:
                    entries = self.matrix[one[crossing]], self.matrix[two[crossing]]
                    names = [("a", *place[crossing]) for place in (one, two)]
                    values = [self.value[name] for name in names]
                    self.matrix[one[crossing]], self.matrix[two[crossing]] = entries[1], entries[0]
                    # Exchanged are the variables of entries that differ; others are the same in both lines.
                    if entries == tuple(values):
                        self.value[names[0]], self.value[names[1]] = values[1], values[0]
                self.undo.append(("exchange", side, first, other, Fraction(0)))
        return True


def _factors_of(tree: Json, matrix: Numbers) -> tuple[Numbers, Numbers]:
    """X by (row, term) and Y by (column, term), the matrix being given on Q."""
    walk, node = _Walk(matrix), tree
    while "solution" not in node:
        match node:
            case {"split": p}:
                node = node["nonzero"] if _value(p, walk.value) else node["zero"]
            case {"arrange": lines}:
                node = node["nonzero"] if walk.arrange(**lines) else node["zero"]
            case {"clear": move}:
                walk.clear(**move)
                node = node["then"]
            case {"divide": move}:
                walk.divide(**move)
                node = node["then"]
            case {"solve": _} | {"forget": _}:
                node = node["then"]
            case _:
                raise AssertionError(f"a matrix led to {node}")
    x: Numbers = {}
    y: Numbers = {}
    for (letter, term, line), numerator, denominator in node["solution"]:
        value = _value(numerator, walk.value) / _value(denominator, walk.value)
        (x if letter == "x" else y)[line, term] = value
    for what, side, line, by, number in reversed(walk.undo):
        factor = x if side == "row" else y
        for term in {term for _, term in factor}:
            mine, other = (factor.get((at, term), Fraction(0)) for at in (line, by))
            if what == "multiply":
                factor[line, term] = mine * number
            elif what == "add":
                factor[line, term] = mine + number * other
            else:
                factor[line, term], factor[by, term] = other, mine
    return x, y


def matrices(problem: Problem, rng: random.Random, count: int) -> Iterator[Numbers]:
    """Matrices with many zeros and repetitions on Q."""
    for _ in range(count):
        numbers = rng.choice(((0, 1), (0, 0, 1), (0, 1, 2, -1), (1, 2, 3, 5, -7)))
        yield {place: Fraction(rng.choice(numbers)) for place in problem.positions()}


def gives_factors(problem: Problem, tree: Json, matrix: Numbers) -> bool:
    """Whether the tree, followed with numbers, leads to factors of the matrix with the supports of the problem."""
    x, y = _factors_of(tree, matrix)
    rows, columns = (
        {k: set(bits(getattr(t, side))) for k, t in problem.terms.items()} for side in ("rows", "columns")
    )
    return (
        all(i in rows[k] for (i, k), value in x.items() if value)
        and all(j in columns[k] for (j, k), value in y.items() if value)
        and all(
            sum(x.get((i, k), 0) * y.get((j, k), 0) for k in problem.terms) == entry
            for (i, j), entry in matrix.items()
        )
    )
