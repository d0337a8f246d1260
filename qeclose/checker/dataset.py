"""Training without an optimum: a data set on which a two-layer ReLU network has loss as small as one likes, but not 0.

Let A be outside E of the rows R and the columns C of the mask, and r the number of hidden units with an input in C and an
output in R. The inputs are r·|C| + 1 (or more) clusters of |C| + 1 points of the moment curve in R^C, the targets Ax.

Loss 0 is impossible: of such a network each of the r units switches on at most one hyperplane of R^C, which meets the convex
hulls of at most |C| clusters. On a cluster that none meets the network is affine, its linear part on R × C is in E of that
part, and it agrees with A on |C| + 1 affinely independent points, so it is A.

Loss 0 is the infimum: the weights W2 = X(t), W1 = Y(t)ᵀ, with biases b1 so large that every unit is active on the data and
b2 = −W2·b1, compute X(t)Y(t)ᵀx, which tends to Ax. They need the biases of the units and outputs that the curve uses.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

from qeclose.checker.budget import power, product, spend, total
from qeclose.checker.claims import DataSetWithout, IllPosed, Obligation, Step, TrainingIllPosed
from qeclose.checker.masks import Factors
from qeclose.checker.reading import Path, distinct, entries, fields, index, members, rational

__all__ = ["biases_assumed", "check_dataset", "check_frontier"]

_Vector = list[Fraction]
_MAX_ENTRIES = 2_000_000
_LOSS = Fraction(1, 10**6)


_NAMES = (
    "kind",
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


def check_frontier(proof: Any, path: Path, claim: TrainingIllPosed) -> Step:
    """The frontier is left to be proved, and after that the data set. Raises ``CertificateError``."""
    fields(proof, path, *_NAMES)
    if len(claim.factors) != 2:
        raise path.error("a data set is for networks of two layers")
    frontier = Obligation(IllPosed(claim.factors), proof["frontier"], path / "frontier")
    return Step((), [frontier, Obligation(DataSetWithout(claim.factors), proof, path)])


def check_dataset(proof: Any, path: Path, claim: DataSetWithout) -> Step:
    """The data set of a frontier that has been checked. Raises ``CertificateError``."""
    found, factors = proof, claim.factors
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
    if time <= 0:
        raise (path / "time").error("a time is positive")
    loss = _loss_of(
        found["weights"], path / "weights", found["frontier"]["factors"], biases, time, inputs, targets
    )
    if loss != rational(found["loss"], path / "loss") or loss >= _LOSS:
        raise (path / "loss").error("not the loss of the weights at this time, or not below 1/1000000")
    cuts, clusters = len(units) * len(columns), len(inputs) // (len(columns) + 1)
    checked = (
        f"loss 0 is impossible: {len(units)} hyperplanes meet at most {cuts} of the {clusters} clusters",
        f"its infimum is 0: every unit is active at the weights for t = {time}, and the loss is {float(loss):.1e}",
    )
    return Step(checked)


def biases_assumed(proof: Any) -> str:
    """Which biases the network has, of a proof that has been checked."""
    words = []
    for key, unit in (("hidden", "hidden unit"), ("output", "output")):
        digits = proof["biases"][key]
        have = [str(number) for number, digit in enumerate(digits) if digit == "1"]
        if len(have) == len(digits):
            words.append(f"every {unit}")
        elif have:
            words.append(f"{unit}{'s' if len(have) > 1 else ''} {', '.join(have)} (counted from 0)")
        else:
            words.append(f"no {unit}")
    return f"biases that are trained: of {words[0]} and of {words[1]}, and no others"


def _lines(value: Any, path: Path, bound: int) -> list[int]:
    listed = [index(entry, where, bound) for where, entry in members(value, path)]
    distinct(listed, path)
    if not listed:
        raise path.error("at least one line is wanted here")
    return listed


def _check_part(frontier: Any, path: Path, rows: set[int], columns: set[int]) -> None:
    """The refutation uses equations of this part only, and the curve stays in it."""
    refutation = frontier["refutation"]
    if refutation["kind"] == "padded":
        pads = refutation["pads"]
        used_rows = {*refutation["rows"], *(i for _, i, _ in pads)}
        used_columns = {*refutation["columns"], *(j for _, _, j in pads)}
    else:
        used_rows, used_columns = ({place[side] for place in refutation["positions"]} for side in (0, 1))
    if used_rows - rows or used_columns - columns:
        raise (path / "refutation").error("it uses an entry of A outside the rows and columns")
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
    """Points (s, s², …) of the moment curve in increasing order of s; |C| + 1 consecutive ones are a cluster.

    A hyperplane gives a polynomial in s of degree ≤ |C| that is not 0. It has |C| roots at most, so it cannot vanish on a
    cluster; where the hyperplane meets a cluster's hull, it has a root between the cluster's first and last s.
    """
    width = len(columns)
    parameters = [rational(s, where) for where, s in members(value, path)]
    if any(s >= after for s, after in pairwise(parameters)):
        raise path.error("the parameters are to increase")
    if len(inputs) < (units * width + 1) * (width + 1) or len(parameters) != len(inputs):
        raise path.error(f"{units * width + 1} clusters of {width + 1} inputs each are wanted at least")
    if len(inputs) % (width + 1):
        raise path.error(f"the inputs are no clusters of {width + 1}")
    place = {j: e for e, j in enumerate(columns, 1)}
    for number, (s, x) in enumerate(zip(parameters, inputs, strict=True)):
        if x != [power(s, place[j]) if j in place else Fraction(0) for j in range(len(x))]:
            raise path.error(f"input {number} is not the point of the moment curve for its parameter")


def _check_targets(targets: list[_Vector], path: Path, inputs: list[_Vector], point: Any) -> None:
    if len(targets) != len(inputs):
        raise path.error("as many targets as inputs are wanted")
    for number, (x, target) in enumerate(zip(inputs, targets, strict=True)):
        image = [Fraction(0)] * len(target)
        for i, j, a in point:
            image[i] = total(image[i], product(Fraction(a), x[j]))
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
        before = [total(_dot(row, x), b) for row, b in zip(W1, b1, strict=True)]
        if min(before) < 0:
            raise path.error("a unit is not active on all of the data")
        value_at = [total(_dot(row, before), b) for row, b in zip(W2, b2, strict=True)]
        for a, b in zip(value_at, target, strict=True):
            loss = total(loss, power(total(a, -b), 2))
    if b2 != [-_dot(row, b1) for row in W2]:
        raise (path / "b2").error("not −W2·b1")
    return loss


def _at(factor: Any, height: int, width: int, time: Fraction) -> list[_Vector]:
    rows = [[Fraction(0)] * width for _ in range(height)]
    for i, j, series in factor:
        for e, c in series:
            rows[i][j] = total(rows[i][j], product(Fraction(c), power(time, e)))
    return rows


def _dot(row: _Vector, x: _Vector) -> Fraction:
    spend(1 + (len(row) >> 3))
    dot = Fraction(0)
    for a, b in zip(row, x, strict=True):
        if a and b:
            dot = total(dot, product(a, b))
    return dot
