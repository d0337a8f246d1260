"""Training without an optimum: a data set on which a two-layer ReLU network has loss as small as one likes, but not 0.

Let A be outside E of the rows R and the columns C of the mask, and r the number of hidden units with an input in C and an
output in R. The inputs are r·|C| + 1 (or more) clusters of |C| + 1 affinely independent points of R^C, the targets Ax.

Loss 0 is impossible: of such a network each of the r units switches on at most one hyperplane of R^C, which meets the convex
hulls of at most |C| clusters. On a cluster that none meets the network is affine, its linear part on R × C is in E of that
part, and it agrees with A on |C| + 1 affinely independent points, so it is A.

Loss 0 is the infimum: the weights W2 = X(t), W1 = Y(t)ᵀ, with biases b1 so large that every unit is active on the data and
b2 = −W2·b1, compute X(t)Y(t)ᵀx, which tends to Ax. They need the biases of the units and outputs that the curve uses.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import factorial, isqrt, prod
from typing import Any

from qeclose.checker.curve import check_curve
from qeclose.checker.masks import Factors
from qeclose.checker.questions import Question
from qeclose.checker.reading import Path, distinct, entries, fields, index, members, rational

__all__ = ["check_dataset"]

_Vector = list[Fraction]
_MAX_ENTRIES = 2_000_000
_LOSS = Fraction(1, 10**6)


def check_dataset(proof: Any, path: Path, factors: Factors) -> tuple[list[str], list[Question]]:
    """What the proof shows, in words, and the questions it leaves to engines. Raises ``CertificateError``."""
    names = (
        "biases",
        "frontier",
        "rows",
        "columns",
        "parameters",
        "inputs",
        "targets",
        "time",
        "weights",
        "loss",
    )
    found = dict(zip(names, fields(proof, path, "kind", *names)[1:], strict=True))
    if len(factors) != 2:
        raise path.error("a data set is for networks of two layers")
    checked, questions = check_curve(found["frontier"], path / "frontier", factors)
    size = len(factors[0]), len(factors[1][0])
    rows, columns = (
        sorted(_lines(found[name], path / name, bound))
        for name, bound in zip(("rows", "columns"), size, strict=True)
    )
    _check_part(found["frontier"], path / "frontier", set(rows), set(columns))
    units = _units(factors, rows, columns)
    inputs = _matrix(found["inputs"], path / "inputs", size[1])
    _check_clusters(found["parameters"], path / "parameters", inputs, columns, len(units))
    targets = _matrix(found["targets"], path / "targets", size[0])
    _check_targets(targets, path / "targets", inputs, found["frontier"]["point"])
    biases = _biases(found["biases"], path / "biases", factors)
    _check_biases(biases, path / "biases", found["frontier"]["factors"])
    time = rational(found["time"], path / "time")
    loss = _loss_of(
        found["weights"], path / "weights", found["frontier"]["factors"], biases, time, inputs, targets
    )
    if loss != rational(found["loss"], path / "loss") or loss >= _LOSS or time <= 0:
        raise (path / "loss").error("not the loss of the weights at this time, or not below 1/1000000")
    cuts, clusters = len(units) * len(columns), len(inputs) // (len(columns) + 1)
    checked += [
        f"loss 0 is impossible: {len(units)} hyperplanes meet at most {cuts} of the {clusters} clusters",
        f"its infimum is 0: every unit is active at the weights for t = {time}, and the loss is {float(loss):.1e}",
    ]
    return checked, questions


def _lines(value: Any, path: Path, bound: int) -> list[int]:
    listed = [index(entry, where, bound) for where, entry in members(value, path)]
    distinct(listed, path)
    if not listed:
        raise path.error("at least one line is wanted here")
    return listed


def _check_part(frontier: Any, path: Path, rows: set[int], columns: set[int]) -> None:
    """The refutation uses equations of this part only, and the curve stays in it."""
    for i, j in frontier["refutation"]["positions"]:
        if i not in rows or j not in columns:
            raise (path / "refutation").error(f"the position {[i, j]} is outside the rows and columns")
    left, right = frontier["factors"]
    if any(i not in rows for i, _, _ in left) or any(j not in columns for _, j, _ in right):
        raise (path / "factors").error("the curve leaves the rows and columns")


def _units(factors: Factors, rows: list[int], columns: list[int]) -> list[int]:
    """The hidden units between these columns (inputs) and rows (outputs)."""
    left, right = factors
    return [
        k
        for k in range(len(right))
        if any(left[i][k] == "1" for i in rows) and any(right[k][j] == "1" for j in columns)
    ]


def _matrix(value: Any, path: Path, width: int) -> list[_Vector]:
    if len(entries(value, path)) * width > _MAX_ENTRIES:
        raise path.error("too large to be checked")
    return [
        [
            rational(entry, at)
            for at, entry in zip(
                (where / j for j in range(width)), entries(row, where, length=width), strict=True
            )
        ]
        for where, row in members(value, path)
    ]


def _check_clusters(value: Any, path: Path, inputs: list[_Vector], columns: list[int], units: int) -> None:
    """Small simplices around the points (s, s², …) of the moment curve, s running through different integers.

    One point of each of |C| + 1 hulls: the determinant of the rows (1, point) is that of a Vandermonde matrix with rows of
    norm ≤ H, at least 1!·2!⋯|C|!, changed by less than (H + δ)^(|C|+1) − H^(|C|+1) by rows of norm ≤ δ (Hadamard).
    """
    width = len(columns)
    parameters = []
    for where, s in members(value, path):
        if type(s) is not int or abs(s) > 10**6:
            raise where.error("an integer of moderate size is wanted here")
        parameters.append(s)
    if any(s >= after for s, after in pairwise(parameters)):
        raise path.error("the integers are to increase")
    if len(parameters) <= units * width or len(inputs) != len(parameters) * (width + 1):
        raise path.error(f"{units * width + 1} clusters of {width + 1} inputs each are wanted at least")
    outside = set(range(len(inputs[0]))) - set(columns)
    if any(x[j] for x in inputs for j in outside):
        raise path.error("an input is not 0 outside the columns")
    spread = Fraction(0)
    for number, s in enumerate(parameters):
        cluster = [[x[j] for j in columns] for x in inputs[number * (width + 1) : (number + 1) * (width + 1)]]
        middle = [Fraction(s**power) for power in range(1, width + 1)]
        offsets = [[a - b for a, b in zip(point, middle, strict=True)] for point in cluster]
        spread = max([spread, *(sum((a * a for a in offset), Fraction(0)) for offset in offsets)])
        if _rank([[Fraction(1), *offset] for offset in offsets]) <= width:
            raise path.error(f"the inputs of cluster {number} are affinely dependent")
    radius = _root(spread)
    far = max(abs(s) for s in parameters)
    height = _root(Fraction(sum(far ** (2 * power) for power in range(width + 1))))
    if (height + radius) ** (width + 1) - height ** (width + 1) >= prod(map(factorial, range(1, width + 1))):
        raise path.error("the clusters are too large for the bound")


def _root(square: Fraction) -> Fraction:
    """A rational that is at least the square root, by less than 2^-40."""
    return Fraction(isqrt(square.numerator * 4**40 // square.denominator) + 1, 2**40)


def _rank(rows: list[_Vector]) -> int:
    rank = 0
    rows = [list(row) for row in rows]
    for column in range(len(rows[0])):
        pivot = next((r for r in range(rank, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for r in range(rank + 1, len(rows)):
            factor = rows[r][column] / rows[rank][column]
            if factor:
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[rank], strict=True)]
        rank += 1
    return rank


def _check_targets(targets: list[_Vector], path: Path, inputs: list[_Vector], point: Any) -> None:
    if len(targets) != len(inputs):
        raise path.error("as many targets as inputs are wanted")
    for number, (x, target) in enumerate(zip(inputs, targets, strict=True)):
        image = [Fraction(0)] * len(target)
        for i, j, a in point:
            image[i] += Fraction(a) * x[j]
        if image != target:
            raise (path / number).error("not A times the input")


def _biases(value: Any, path: Path, factors: Factors) -> tuple[str, str]:
    hidden, output = fields(value, path, "hidden", "output")
    for name, digits, size in (("hidden", hidden, len(factors[1])), ("output", output, len(factors[0]))):
        if type(digits) is not str or len(digits) != size or digits.strip("01"):
            raise (path / name).error(f"{size} digits 0 and 1 are wanted here")
    return hidden, output


def _check_biases(biases: tuple[str, str], path: Path, curve: Any) -> None:
    """Every unit that the curve enters and every output that it reaches has its bias."""
    hidden, output = biases
    left, right = curve
    if any(hidden[k] == "0" for k, _, _ in right) or any(output[i] == "0" for i, _, _ in left):
        raise path.error("the curve of weights needs a bias that is missing")


def _loss_of(
    value: Any,
    path: Path,
    curve: Any,
    biases: tuple[str, str],
    time: Fraction,
    inputs: list[_Vector],
    targets: list[_Vector],
) -> Fraction:
    """The loss of the weights, after checking that they are the ones of the curve at this time."""
    names = ("W1", "b1", "W2", "b2")
    listed = fields(value, path, *names)
    n, m, r = len(inputs[0]), len(targets[0]), len(biases[0])
    W1, W2 = _matrix(listed[0], path / "W1", n), _matrix(listed[2], path / "W2", r)
    (b1,), (b2,) = _matrix([listed[1]], path / "b1", r), _matrix([listed[3]], path / "b2", m)
    if _at(curve[0], m, r, time) != W2 or _at(curve[1], r, n, time) != W1:
        raise path.error("not the factors of the curve at this time")
    if any(b and bias == "0" for b, bias in zip([*b1, *b2], "".join(biases), strict=True)):
        raise path.error("a bias that does not exist is not 0")
    loss = Fraction(0)
    for x, target in zip(inputs, targets, strict=True):
        before = [_dot(row, x) + b for row, b in zip(W1, b1, strict=True)]
        if min(before) < 0:
            raise path.error("a unit is not active on all of the data")
        value_at = [_dot(row, before) + b for row, b in zip(W2, b2, strict=True)]
        loss += sum((a - b) ** 2 for a, b in zip(value_at, target, strict=True))
    if b2 != [-_dot(row, b1) for row in W2]:
        raise (path / "b2").error("not −W2·b1")
    return loss


def _at(factor: Any, height: int, width: int, time: Fraction) -> list[_Vector]:
    rows = [[Fraction(0)] * width for _ in range(height)]
    for i, j, series in factor:
        rows[i][j] = sum((Fraction(c) * time**e for e, c in series), Fraction(0))
    return rows


def _dot(row: _Vector, x: _Vector) -> Fraction:
    return sum((a * b for a, b in zip(row, x, strict=True) if a and b), Fraction(0))
