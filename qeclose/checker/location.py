"""Claims about one matrix: it is in E ("inside"), in the closure but not in E ("frontier"), not in the closure ("outside").

If entries of A are missing, A and E are seen at the others only, here and below.

*outside* is shown by a condition that all of the closure keeps: a position that no path of the masks leads to is 0 (kind
``entry``); a square submatrix that fewer terms meet than it has rows is singular (kind ``rank``); or E is closed and has
no factors of A (kind ``closed``).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from qeclose.checker.budget import Rational, charge, grown, spend, widest
from qeclose.checker.claims import Closed, Inside, NotIn, Obligation, Outside, Step
from qeclose.checker.masks import paths, shape, transposed
from qeclose.checker.problem import initial_problem
from qeclose.checker.reading import Path, distinct, entries, exact, fields, index, members, pair, tuples

__all__ = ["check_entry", "check_factors", "check_not_in_closed", "check_rank", "determinant"]


def check_factors(proof: Any, path: Path, claim: Inside) -> Step:
    """Factors of A are listed. Raises ``CertificateError``."""
    factors, point = claim.factors, claim.matrix
    _, listed = fields(proof, path, "kind", "factors")
    path = path / "factors"
    product: dict[int, dict[int, Rational]] = {i: {i: 1} for i in range(len(factors[0]))}
    for l, value in enumerate(entries(listed, path, length=len(factors))):
        factor = _read_factor(value, path / l, factors[l])
        product = {i: _row_times(row, factor) for i, row in product.items()}
    found = {
        (i, j): value
        for i, row in product.items()
        for j, value in row.items()
        if value and not claim.missing.get(i, 0) >> j & 1
    }
    if found != point:
        i, j = min(key for key in found.keys() | point.keys() if found.get(key, 0) != point.get(key, 0))
        raise path.error(f"at {[i, j]} the product of the factors is not the entry of the matrix")
    return Step(("the factors have the supports, and their product is the matrix",))


def check_not_in_closed(proof: Any, path: Path, claim: Outside) -> Step:
    """That A is not in E, and that E is closed, is left to be proved. Raises ``CertificateError``."""
    _, closed, refutation = fields(proof, path, "kind", "well_posed", "refutation")
    if len(claim.factors) != 2:
        raise (path / "well_posed").error("closedness as a part of a proof is about two factors")
    not_in = NotIn(claim.factors, claim.matrix, missing=claim.missing)
    return Step(
        (),
        [
            Obligation(not_in, refutation, path / "refutation"),
            Obligation(Closed(initial_problem(claim.factors, claim.missing)), closed, path / "well_posed"),
        ],
    )


def _read_factor(value: Any, path: Path, mask: list[str]) -> dict[int, dict[int, Rational]]:
    factor: dict[int, dict[int, Rational]] = {}
    for where, (i, k, number) in tuples(value, path, 3):
        i, k = pair([i, k], where, (len(mask), len(mask[0])))
        if mask[i][k] != "1":
            raise where.error(f"the entry {[i, k]} is outside the support")
        if k in factor.setdefault(i, {}):
            raise where.error(f"the entry {[i, k]} is listed twice")
        factor[i][k] = exact(number, where / 2)
    return factor


def _row_times(row: dict[int, Rational], factor: dict[int, dict[int, Rational]]) -> dict[int, Rational]:
    total: dict[int, Rational] = {}
    for k, value in row.items():
        right = factor.get(k, {})
        charge(widest(row) + widest(right), 1 + len(right))
        for j, other in right.items():
            total[j] = grown(total.get(j, 0) + value * other)
    return total


def check_entry(proof: Any, path: Path, claim: Outside) -> Step:
    """All products are 0 at a position where A is not. Raises ``CertificateError``."""
    factors, point = claim.factors, claim.matrix
    _, row, column = fields(proof, path, "kind", "row", "column")
    m, n = shape(factors)
    i, j = index(row, path / "row", m), index(column, path / "column", n)
    if not point.get((i, j), 0):
        raise path.error(f"the entry {[i, j]} of the matrix is 0")
    if next(paths(factors, i, j), None) is not None:
        raise path.error(f"factors may be nonzero at {[i, j]}")
    return Step((f"the entry {[i, j]} is 0 in all products, and not in the matrix",))


def check_rank(proof: Any, path: Path, claim: Outside) -> Step:
    """A minor of A is not 0, for which there are too few terms. Raises ``CertificateError``."""
    factors, point = claim.factors, claim.matrix
    _, rows, columns = fields(proof, path, "kind", "rows", "columns")
    if len(factors) != 2:
        raise (path / "kind").error("a proof by ranks is about two factors")
    m, n = shape(factors)
    chosen_rows = _lines(rows, path / "rows", m)
    chosen_columns = _lines(columns, path / "columns", n)
    for number, i in enumerate(chosen_rows):
        if any(claim.missing.get(i, 0) >> j & 1 for j in chosen_columns):
            raise (path / "rows" / number).error(f"some entry of row {i} in these columns is not observed")
    size = len(chosen_rows)
    if len(chosen_columns) != size or not size:
        raise path.error("a minor has as many rows as columns, and at least one")
    spend(len(factors[1]) * (1 + 2 * size))
    left = transposed(factors[0])
    met = sum(
        1
        for above, right in zip(left, factors[1], strict=True)
        if any(above[i] == "1" for i in chosen_rows) and any(right[j] == "1" for j in chosen_columns)
    )
    if met >= size:
        raise path.error(f"{met} terms meet these rows and columns, enough for rank {size}")
    if not determinant([[point.get((i, j), 0) for j in chosen_columns] for i in chosen_rows]):
        raise path.error("this minor of the matrix is 0")
    return Step((f"at most {met} terms meet a submatrix of rank {size}: no limit of products has it",))


def _lines(value: Any, path: Path, bound: int) -> list[int]:
    listed = [index(line, where, bound) for where, line in members(value, path)]
    distinct(listed, path)
    return listed


def determinant(rows: list[list[Rational]]) -> Rational:
    """By elimination with fractions, each step paid for beforehand."""
    left = [[Fraction(entry) for entry in row] for row in rows]
    result = Fraction(1)
    for c in range(len(left)):
        pivot = next((r for r in range(c, len(left)) if left[r][c]), None)
        if pivot is None:
            return 0
        if pivot != c:
            left[c], left[pivot] = left[pivot], left[c]
            result = -result
        result = Fraction(grown(result * left[c][c]))
        for r in range(c + 1, len(left)):
            factor = left[r][c] / left[c][c]
            for k in range(c, len(left)):
                charge(_bits(left[c][k]) + _bits(factor) + _bits(left[r][k]))
                left[r][k] -= factor * left[c][k]
    return result


def _bits(value: Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()
