"""Data sets on which training is said to have no optimum: the loss falls to 0 along the weights, and 0 is refuted.

The network is evaluated here, with fractions and by its definition. That 0 is not attained follows from two facts that
are checked without qeclose: the data are those of a linear map A for which A = X Yᵀ has no solution (Z3), and no
hyperplane cuts more clusters than the theorem allows (determinants of points of different clusters have one sign).
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Sequence
from fractions import Fraction

from attack.masks import random_pair, text
from attack.tally import Tally
from attack.truth import has_factors

__all__ = ["trial"]

Rows = list[list[Fraction]]


def trial(number: int, rng: random.Random, tally: Tally) -> None:
    """One two-layer network with an ill-posed pair of layers and all biases."""
    import qeclose
    from qeclose.networks import Biases, DataSet, Frontier

    del number
    pair = random_pair(rng, terms=(2, 3), most=3)
    support = qeclose.Support(*pair)
    verdict = qeclose.check(support, method="certify", timeout=10)
    if verdict.verdict != "ill-posed" or verdict.certificate is None:
        return
    frontier = Frontier.from_certificate(verdict.certificate)
    if frontier is None:
        return
    tally.add("masks")
    data = DataSet.of(support, frontier, Biases.every(support.inner[0], support.shape[0]))
    inputs = [list(row) for row in data.inputs]
    targets = [list(row) for row in data.targets]
    losses = [_loss(data.weights(Fraction(1, 2**e)), inputs, targets) for e in (2, 8, 14, 20)]
    tally.add("comparisons", 3)
    if not (losses[-1] < losses[1] / 100 and losses[-1] < Fraction(1, 100)) and losses[-1] != 0:
        tally.disagree("the loss does not fall", mask=text(pair), losses=[float(loss) for loss in losses])
    matrix = _linear_map(inputs, targets)
    if matrix is None:
        tally.disagree("the data are not those of a linear map", mask=text(pair))
    elif has_factors(matrix, *pair, 5.0):
        tally.disagree("the data set can be fitted", mask=text(pair), matrix=repr(matrix))
    if not _in_general_position(data.clusters):
        tally.disagree("a hyperplane cuts too many clusters", mask=text(pair))
    tally.add("data_sets")


def _loss(weights: object, inputs: Rows, targets: Rows) -> Fraction:
    total = Fraction(0)
    W1, b1, W2, b2 = (getattr(weights, name) for name in ("W1", "b1", "W2", "b2"))
    for x, y in zip(inputs, targets, strict=True):
        hidden = [max(Fraction(0), _dot(row, x) + b) for row, b in zip(W1, b1, strict=True)]
        total += sum((_dot(row, hidden) + b - want) ** 2 for row, b, want in zip(W2, b2, y, strict=True))
    return total


def _dot(one: list[Fraction], other: list[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(one, other, strict=True)), Fraction(0))


def _linear_map(inputs: Rows, targets: Rows) -> Rows | None:
    """The matrix A with Ax = y for all data, zero on inputs that never vary; None if there is none."""
    import sympy

    n, m = len(inputs[0]), len(targets[0])
    used = [j for j in range(n) if any(x[j] for x in inputs)]
    points = sympy.Matrix([[sympy.Rational(x[j].numerator, x[j].denominator) for j in used] for x in inputs])
    values = sympy.Matrix([[sympy.Rational(v.numerator, v.denominator) for v in y] for y in targets])
    basis = points.T.rref()[1]
    if len(basis) < len(used):
        return None
    solution = points.extract(list(basis), list(range(len(used)))).LUsolve(
        values.extract(list(basis), list(range(m)))
    )
    if points * solution != values:
        return None
    matrix = [[Fraction(0)] * n for _ in range(m)]
    for position, j in enumerate(used):
        for i in range(m):
            entry = solution[position, i]
            matrix[i][j] = Fraction(int(entry.p), int(entry.q))
    return matrix


def _in_general_position(clusters: Iterable[Iterable[Sequence[Fraction]]]) -> bool:
    """Whether every choice of one point from each of n + 1 clusters is affinely independent with one orientation.

    By multilinearity the same then holds for the hulls: no hyperplane meets n + 1 of them. All choices when there are few,
    else those of the first 40 sets of clusters.
    """
    listed = [list(cluster) for cluster in clusters]
    dimension = len(listed[0][0])
    for chosen in itertools.islice(itertools.combinations(listed, dimension + 1), 40):
        signs = set()
        for points in itertools.islice(itertools.product(*chosen), 300):
            value = _determinant([[Fraction(1), *point] for point in points])
            signs.add((value > 0) - (value < 0))
        if len(signs) != 1 or 0 in signs:
            return False
    return True


def _determinant(rows: Rows) -> Fraction:
    """By expansion along the first row: the matrices have at most four rows."""
    if not rows:
        return Fraction(1)
    first, *rest = rows
    return sum(
        (
            (-1) ** j * entry * _determinant([row[:j] + row[j + 1 :] for row in rest])
            for j, entry in enumerate(first)
            if entry
        ),
        Fraction(0),
    )
