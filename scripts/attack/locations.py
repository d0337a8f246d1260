"""Matrices whose place is known, held against what ``locate`` says.

Products of factors are inside, witnesses on the frontier, matrices with a minor that too few terms meet outside. Each place
that ``locate`` names, also of other matrices, is held against Levenberg–Marquardt and Z3, and its lower bound against what
descent reaches. Of some masks entries of A are missing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from attack.masks import Lists, Pair, random_pair, text
from attack.tally import Tally
from attack.truth import factors_near, has_factors

if TYPE_CHECKING:
    from qeclose import Support

__all__ = ["Asked", "Rows", "descended", "determinant", "outside", "trial"]

Rows = list[list[Fraction]]

_Z3_SECONDS = 1.0
_MISSING = 0.3
"""The share of masks with missing entries, and the chance of each of their entries."""
_TRIES = 20
"""Draws of rows and columns that too few terms meet."""


@dataclass(frozen=True)
class Asked:
    """I and J, and W (m×n, 1: missing) if entries of A are missing."""

    pair: Pair
    missing: Lists | None = None

    @property
    def support(self) -> Support:
        import qeclose

        return qeclose.Support(*self.pair, missing=self.missing)

    @property
    def seen(self) -> np.ndarray:
        """m×n: 1.0 where A is observed."""
        shape = len(self.pair[0]), len(self.pair[1])
        return np.ones(shape) if self.missing is None else 1.0 - np.array(self.missing, float)

    @property
    def text(self) -> str:
        drawn = "" if self.missing is None else "W:\n" + "\n".join("".join(map(str, r)) for r in self.missing)
        return text(self.pair) + drawn


def trial(_number: int, rng: random.Random, tally: Tally) -> None:
    """One mask and one matrix of each kind."""
    pair = random_pair(rng)
    missing = None
    if rng.random() < _MISSING:
        missing = tuple(tuple(int(rng.random() < _MISSING) for _ in pair[1]) for _ in pair[0])
    asked = Asked(pair, missing)
    tally.add("masks")
    tally.add("masks with missing entries", asked.support.missing is not None)
    for expected, matrix in (
        ("inside", _product(pair, rng)),
        ("frontier", _witness(asked)),
        ("outside", outside(asked, rng)),
        (None, _anything(pair, rng)),
    ):
        if matrix is not None:
            _compare(tally, asked, matrix, expected, rng)


def _compare(tally: Tally, asked: Asked, matrix: Rows, expected: str | None, rng: random.Random) -> None:
    import qeclose

    found = qeclose.locate(matrix, asked.support, timeout=20)
    pair, missing = asked.pair, asked.missing
    tally.add("comparisons")
    tally.add(f"made {expected or 'at random'}")
    tally.add(f"found {found.place}")
    details = {"mask": asked.text, "matrix": [[str(entry) for entry in row] for row in matrix]}
    if found.place == "undecided":
        tally.add("undecided")
        tally.add(f"undecided, made {expected or 'at random'}")
        return
    if expected is not None and found.place != expected:
        tally.disagree("place of a matrix", expected=expected, found=found.place, **details)
    if found.place != "inside":
        near = factors_near(matrix, *pair, rng, missing=missing, starts=3)
        if near is not None:
            tally.disagree("factors of a matrix that has none", found=found.place, **details)
    answer = has_factors(matrix, *pair, _Z3_SECONDS, missing)
    tally.add("Z3 gave no answer" if answer is None else "Z3 answered")
    if answer is (found.place != "inside"):
        tally.disagree("Z3 about factors", found=found.place, **details)
    if found.lower_bound > descended(matrix, asked, rng) * (1 + 1e-9) + 1e-9:
        tally.disagree("a loss below the lower bound", found=found.lower_bound, **details)


def _product(pair: Pair, rng: random.Random) -> Rows:
    numbers = rng.choice(((1,), (0, 1, -1), (1, 2, 3, -1, -2)))
    x, y = ([[Fraction(rng.choice(numbers)) * s for s in row] for row in side] for side in pair)
    return [[sum((a * b for a, b in zip(p, q, strict=True)), Fraction(0)) for q in y] for p in x]


def _witness(asked: Asked) -> Rows | None:
    """The limit of a certificate; missing entries, of which it says nothing, are 0."""
    import qeclose

    witness = qeclose.check(asked.support, method="certify", timeout=10).witness
    if witness is None:
        return None
    matrix = [[Fraction(0)] * len(asked.pair[1]) for _ in asked.pair[0]]
    for i, row in zip(witness.rows, witness.A, strict=True):
        for j, entry in zip(witness.columns, row, strict=True):
            if not (asked.missing and asked.missing[i][j]):
                matrix[i][j] = Fraction(entry)
    return matrix


def outside(asked: Asked, rng: random.Random) -> Rows | None:
    """Rows and columns, all observed, that fewer terms meet than there are, and numbers there with a determinant that is not 0.

    In E, and so in its closure, this minor is 0. None if no such rows and columns were drawn.
    """
    pair, missing = asked.pair, asked.missing
    for _ in range(_TRIES):
        size = rng.randint(1, min(map(len, pair)))
        down, across = (rng.sample(range(len(side)), size) for side in pair)
        met = sum(
            any(pair[0][i][k] for i in down) and any(pair[1][j][k] for j in across)
            for k in range(len(pair[0][0]))
        )
        if met >= size or (missing and any(missing[i][j] for i in down for j in across)):
            continue
        matrix = _anything(pair, rng)
        for i in down:
            for j in across:
                matrix[i][j] = Fraction(rng.randint(-3, 3))
        if determinant([[matrix[i][j] for j in across] for i in down]):
            return matrix
    return None


def determinant(rows: Rows) -> Fraction:
    """By expansion along the first row; the minors are small."""
    if not rows:
        return Fraction(1)
    total = Fraction(0)
    for j, entry in enumerate(rows[0]):
        if entry:
            total += (-1) ** j * entry * determinant([row[:j] + row[j + 1 :] for row in rows[1:]])
    return total


def _anything(pair: Pair, rng: random.Random) -> Rows:
    """Small numbers, most often only where some term reaches."""
    numbers = rng.choice(((0, 1), (0, 1, -1, 2), (1, 2, 3, -1, -2)))
    everywhere = rng.random() < 0.2
    return [
        [
            Fraction(rng.choice(numbers)) * (everywhere or any(a and b for a, b in zip(p, q, strict=True)))
            for q in pair[1]
        ]
        for p in pair[0]
    ]


def descended(matrix: Rows, asked: Asked, rng: random.Random) -> float:
    """The least loss that a few rounds of alternating least squares reach."""
    a, seen = np.array([[float(entry) for entry in row] for row in matrix]), asked.seen > 0
    noise = np.random.default_rng(rng.getrandbits(32))
    masks = [np.array(side, dtype=bool) for side in asked.pair]
    x, y = (noise.normal(size=mask.shape) * mask for mask in masks)
    for _ in range(8):
        for lines, looked, factor, other, mask in ((a, seen, x, y, masks[0]), (a.T, seen.T, y, x, masks[1])):
            for i, row in enumerate(lines):
                at, on = mask[i], looked[i]
                if at.any():
                    factor[i, at] = np.linalg.lstsq(other[np.ix_(on, at)], row[on], rcond=None)[0]
    return float((((a - x @ y.T) * seen) ** 2).sum())
