"""Fits of random matrices: the loss is that of the factors, no lower bound is passed by descent, and no optimum beaten by it."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np

from attack.locations import Asked, Rows, descended
from attack.masks import random_pair
from attack.tally import Tally

__all__ = ["trial"]

_MISSING = 0.3
"""The share of masks with missing entries, and the chance of each of their entries."""
_STARTS = 5
_SAFE = 1e-9
"""Of ‖A‖²: what rounding may make of a loss."""


def trial(number: int, rng: random.Random, tally: Tally) -> None:
    """One mask and one matrix, fitted by qeclose and by a few rounds of alternating least squares of our own."""
    import qeclose

    pair = random_pair(rng)
    missing = None
    if rng.random() < _MISSING:
        missing = tuple(tuple(int(rng.random() < _MISSING) for _ in pair[1]) for _ in pair[0])
    asked = Asked(pair, missing)
    matrix: Rows = [[Fraction(rng.randint(-20, 20), 4) for _ in pair[1]] for _ in pair[0]]
    a = np.array([[float(entry) for entry in row] for row in matrix])
    found = qeclose.fit(a, asked.support, timeout=20, seed=number)
    tally.add("masks")
    tally.add("comparisons")
    tally.add(f"fits by {found.method}")
    tally.add("fits called optimal", found.optimal)
    details = {"mask": asked.text, "matrix": [[str(entry) for entry in row] for row in matrix]}
    scale = float(((a * asked.seen) ** 2).sum())
    X, Y = (np.asarray(factor) for factor in found.factors)
    if X[np.array(pair[0]) == 0].any() or Y[np.array(pair[1]) == 0].any():
        tally.disagree("a factor outside its support", **details)
    loss = float((((a - X @ Y.T) * asked.seen) ** 2).sum())
    if abs(loss - found.loss) > _SAFE * scale:
        tally.disagree("a loss that is not that of the factors", told=found.loss, found=loss, **details)
    if found.lower_bound > loss + _SAFE * scale:
        tally.disagree("a lower bound above the loss", bound=found.lower_bound, found=loss, **details)
    reached = min(descended(matrix, asked, rng) for _ in range(_STARTS))
    if found.lower_bound > reached + _SAFE * scale:
        tally.disagree("a loss below the lower bound", bound=found.lower_bound, found=reached, **details)
    if found.optimal and reached < loss - _SAFE * scale:
        tally.disagree("a loss below the optimum", told=loss, found=reached, **details)
    tally.add("fits that descent beats by 1 %", reached < 0.99 * loss - _SAFE * scale)
