"""Matrices whose place is known: products of factors are inside, witnesses on the frontier, matrices with a minor that too few
terms meet outside. Each place that ``locate`` names, also of other matrices, is held against Levenberg–Marquardt and Z3, and its
lower bound against what descent reaches."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np

from attack.masks import Pair, random_pair, text
from attack.tally import Tally
from attack.truth import factors_near, has_factors

__all__ = ["trial"]

Rows = list[list[Fraction]]

_Z3_SECONDS = 1.0
_TRIES = 20
"""Draws of rows and columns that too few terms meet."""


def trial(number: int, rng: random.Random, tally: Tally) -> None:
    """One mask and one matrix of each kind."""
    pair = random_pair(rng)
    tally.add("masks")
    for expected, matrix in (
        ("inside", _product(pair, rng)),
        ("frontier", _witness(pair)),
        ("outside", _outside(pair, rng)),
        (None, _anything(pair, rng)),
    ):
        if matrix is not None:
            _compare(tally, pair, matrix, expected, rng)


def _compare(tally: Tally, pair: Pair, matrix: Rows, expected: str | None, rng: random.Random) -> None:
    import qeclose

    found = qeclose.locate(matrix, qeclose.Support(*pair), timeout=20)
    tally.add("comparisons")
    tally.add(f"made {expected or 'at random'}")
    tally.add(f"found {found.place}")
    details = {"mask": text(pair), "matrix": [[str(entry) for entry in row] for row in matrix]}
    if found.place == "undecided":
        tally.add("undecided")
        tally.add(f"undecided, made {expected or 'at random'}")
        return
    if expected is not None and found.place != expected:
        tally.disagree("place of a matrix", expected=expected, found=found.place, **details)
    if found.place != "inside":
        near = factors_near(matrix, *pair, rng, starts=3)
        if near is not None:
            tally.disagree("factors of a matrix that has none", found=found.place, **details)
    answer = has_factors(matrix, *pair, _Z3_SECONDS)
    tally.add("Z3 gave no answer" if answer is None else "Z3 answered")
    if answer is (found.place != "inside"):
        tally.disagree("Z3 about factors", found=found.place, **details)
    if found.lower_bound > _descended(matrix, pair, rng) * (1 + 1e-9) + 1e-9:
        tally.disagree("a loss below the lower bound", found=found.lower_bound, **details)


def _product(pair: Pair, rng: random.Random) -> Rows:
    numbers = rng.choice(((1,), (0, 1, -1), (1, 2, 3, -1, -2)))
    x, y = ([[Fraction(rng.choice(numbers)) * s for s in row] for row in side] for side in pair)
    return [[sum((a * b for a, b in zip(p, q, strict=True)), Fraction(0)) for q in y] for p in x]


def _witness(pair: Pair) -> Rows | None:
    import qeclose

    witness = qeclose.check(qeclose.Support(*pair), method="certify", timeout=10).witness
    if witness is None:
        return None
    matrix = [[Fraction(0)] * len(pair[1]) for _ in pair[0]]
    for i, row in zip(witness.rows, witness.A, strict=True):
        for j, entry in zip(witness.columns, row, strict=True):
            matrix[i][j] = Fraction(entry)
    return matrix


def _outside(pair: Pair, rng: random.Random) -> Rows | None:
    """Rows and columns that fewer terms meet than there are, and numbers there whose determinant is not 0.

    In E, and so in its closure, this minor is 0.
    """
    for _ in range(_TRIES):
        size = rng.randint(1, min(map(len, pair)))
        down, across = (rng.sample(range(len(side)), size) for side in pair)
        met = sum(
            any(pair[0][i][k] for i in down) and any(pair[1][j][k] for j in across)
            for k in range(len(pair[0][0]))
        )
        matrix = _anything(pair, rng)
        for i in down:
            for j in across:
                matrix[i][j] = Fraction(rng.randint(-3, 3))
        if met < size and _determinant([[matrix[i][j] for j in across] for i in down]):
            return matrix
    return None


def _determinant(rows: Rows) -> Fraction:
    """By expansion along the first row; the minors are small."""
    if not rows:
        return Fraction(1)
    parts = (
        (-1) ** j * e * _determinant([r[:j] + r[j + 1 :] for r in rows[1:]])
        for j, e in enumerate(rows[0])
        if e
    )
    return sum(parts, Fraction(0))


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


def _descended(matrix: Rows, pair: Pair, rng: random.Random) -> float:
    """The least loss that a few rounds of alternating least squares reach."""
    a = np.array([[float(entry) for entry in row] for row in matrix])
    noise = np.random.default_rng(rng.getrandbits(32))
    masks = [np.array(side, dtype=bool) for side in pair]
    x, y = (noise.normal(size=mask.shape) * mask for mask in masks)
    for _ in range(8):
        for lines, factor, other, mask in ((a, x, y, masks[0]), (a.T, y, x, masks[1])):
            for i, row in enumerate(lines):
                at = mask[i]
                factor[i, at] = np.linalg.lstsq(other[:, at], row, rcond=None)[0] if at.any() else 0
    return float(((a - x @ y.T) ** 2).sum())
