"""Ill-posed: a matrix A outside E with a curve of E through it, ``X₁(t)⋯X_L(t) = A + O(t)`` as t → 0."""

from __future__ import annotations

from functools import partial, reduce
from itertools import accumulate
from typing import Any

from qeclose.checker.budget import TOO_LARGE, Rational, TooLarge, charge, grown, widest
from qeclose.checker.masks import Factors, product_mask, shape
from qeclose.checker.padding import without_padding
from qeclose.checker.polynomial import Polynomial, add, as_constant
from qeclose.checker.products import is_entry, product_entry
from qeclose.checker.questions import Question, engine_names, unsatisfiable
from qeclose.checker.reading import (
    Path,
    distinct,
    entries,
    exact,
    fields,
    index,
    members,
    pair,
    tuples,
)
from qeclose.checker.tree import check_tree

__all__ = ["check_curve", "check_refutation", "read_point"]

_Laurent = dict[int, Rational]
_SparseRows = dict[int, dict[int, _Laurent]]
_Point = dict[tuple[int, int], Rational]

_MAX_LAURENT_EXPONENT = 10**6


def check_curve(proof: Any, path: Path, factors: Factors) -> tuple[list[str], list[Question]]:
    """What the proof shows, in words, and the questions its refutation leaves to engines.

    Raises ``CertificateError``.
    """
    kind, point, curve, refutation = fields(proof, path, "kind", "point", "factors", "refutation")
    if kind != "curve":
        raise (path / "kind").error("a proof of kind curve is wanted here")
    matrix = read_point(point, path / "point", shape(factors))
    _check_limit(_curve(curve, path / "factors", factors), matrix, path / "factors")
    limit = f"the curve stays in the supports and tends to the matrix A with {len(matrix)} nonzero entries"
    found, questions = check_refutation(refutation, path / "refutation", factors, matrix)
    return [limit, found], questions


def read_point(value: Any, path: Path, size: tuple[int, int]) -> _Point:
    matrix: _Point = {}
    for where, (i, j, entry) in tuples(value, path, 3):
        position = pair([i, j], where, size)
        if position in matrix:
            raise where.error(f"the entry {list(position)} is listed twice")
        matrix[position] = exact(entry, where / 2)
        if not matrix[position]:
            raise (where / 2).error("only nonzero entries are listed")
    return matrix


def _curve(value: Any, path: Path, factors: Factors) -> list[_SparseRows]:
    listed = entries(value, path, length=len(factors))
    return [_curve_factor(listed[l], path / l, factors[l]) for l in range(len(factors))]


def _curve_factor(value: Any, path: Path, mask: list[str]) -> _SparseRows:
    rows: _SparseRows = {}
    for where, (i, k, series) in tuples(value, path, 3):
        i, k = pair([i, k], where, (len(mask), len(mask[0])))
        if mask[i][k] != "1":
            raise where.error(f"the entry {[i, k]} is outside the support")
        row = rows.setdefault(i, {})
        if k in row:
            raise where.error(f"the entry {[i, k]} is listed twice")
        row[k] = _laurent(series, where / 2)
    return rows


def _laurent(value: Any, path: Path) -> _Laurent:
    series: _Laurent = {}
    for where, (exponent, coefficient) in tuples(value, path, 2):
        if type(exponent) is not int or abs(exponent) > _MAX_LAURENT_EXPONENT:
            raise (where / 0).error(f"an exponent is an integer of at most {_MAX_LAURENT_EXPONENT} in size")
        if exponent in series:
            raise where.error(f"the exponent {exponent} is listed twice")
        series[exponent] = exact(coefficient, where / 1)
        if not series[exponent]:
            raise (where / 1).error("a coefficient is never 0")
    return series


def _check_limit(curve: list[_SparseRows], matrix: _Point, path: Path) -> None:
    try:
        product = reduce(_product, curve)
    except TooLarge:
        raise path.error(TOO_LARGE) from None
    for i, j in sorted(matrix.keys() | {(i, j) for i, row in product.items() for j in row}):
        series = product.get(i, {}).get(j, {})
        lowest = min((exponent for exponent, value in series.items() if value), default=0)
        if lowest < 0:
            raise path.error(f"at {[i, j]} the product of the factors has no limit: its order is t^{lowest}")
        if series.get(0, 0) != matrix.get((i, j), 0):
            raise path.error(f"at {[i, j]} the product of the factors does not tend to the entry of A")


def _product(left: _SparseRows, right: _SparseRows) -> _SparseRows:
    """The product of two sparse matrices of Laurent polynomials; both may have entries that are zero."""
    product: _SparseRows = {}
    for i, row in left.items():
        total = product[i] = {}
        for k, p in row.items():
            for j, q in right.get(k, {}).items():
                charge(widest(p) + widest(q), 1 + len(p) * len(q))
                _add_product(total.setdefault(j, {}), p, q)
    return product


def _add_product(total: _Laurent, p: _Laurent, q: _Laurent) -> None:
    for a, left in p.items():
        for b, right in q.items():
            total[a + b] = grown(total.get(a + b, 0) + left * right)


def check_refutation(proof: Any, path: Path, factors: Factors, matrix: _Point) -> tuple[str, list[Question]]:
    """That no factors with these supports have the product A; in words, with questions left to engines.

    Refutations of larger supports, or of a part, stand inside others; no recursion, so they may be nested deeply.
    Raises ``CertificateError``.
    """
    taken_out = 0
    while True:
        kind = proof.get("kind") if type(proof) is dict else None
        if kind == "grouped":
            _, sizes, proof = fields(proof, path, "kind", "sizes", "refutation")
            factors = _grouped(sizes, path / "sizes", factors)
        elif kind == "padded":
            _, rows, columns, pads, proof = fields(
                proof, path, "kind", "rows", "columns", "pads", "refutation"
            )
            factors, matrix = without_padding(rows, columns, pads, path, factors, matrix)
            taken_out += len(pads)
        else:
            found, questions = _check_last(proof, kind, path, factors, matrix)
            return (f"{taken_out} terms are taken out; {found}" if taken_out else found), questions
        path = path / "refutation"


def _check_last(
    proof: Any, kind: Any, path: Path, factors: Factors, matrix: _Point
) -> tuple[str, list[Question]]:
    """The same for a refutation that holds no other."""
    match kind:
        case "tree":
            _, positions, tree = fields(proof, path, "kind", "positions", "tree")
            equations = _equations(positions, path / "positions", factors, matrix)
            is_universal = partial(is_entry, factors=factors)
            leaves = check_tree(tree, path / "tree", equations=equations, is_universal=is_universal)
            return f"a tree with {leaves} leaves shows that A is not in E", []
        case "engine":
            _, positions, engines = fields(proof, path, "kind", "positions", "engines")
            equations = _equations(positions, path / "positions", factors, matrix)
            names = engine_names(engines, path / "engines")
            question = unsatisfiable(equations, str(path), names)
            return "that A is not in E rests on the word of an engine", [question]
    raise (path / "kind").error("a refutation is of kind tree, engine, grouped or padded")


def _grouped(value: Any, path: Path, factors: Factors) -> Factors:
    """The supports of the products of consecutive factors; a product of those factors has factors with these."""
    sizes = [index(size, where) for where, size in members(value, path)]
    if sum(sizes) != len(factors) or not all(sizes) or not 1 < len(sizes) < len(factors):
        raise path.error(
            f"sizes of at least two groups are wanted, fewer than the {len(factors)} factors they share"
        )
    grouped: Factors = []
    for start, size in zip(accumulate(sizes, initial=0), sizes, strict=False):
        grouped.append(reduce(product_mask, factors[start : start + size]))
    return grouped


def _equations(value: Any, path: Path, factors: Factors, matrix: _Point) -> list[Polynomial]:
    """The equations of A ∈ E at the listed positions: the sum over the paths through the masks, minus A_ij."""
    positions = [pair(entry, where, shape(factors)) for where, entry in members(value, path)]
    distinct(positions, path)
    return [
        add(product_entry(factors, i, j, path / number), as_constant(-matrix.get((i, j), 0)))
        for number, (i, j) in enumerate(positions)
    ]
