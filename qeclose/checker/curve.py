"""Ill-posed: a matrix A outside E with a curve of E through it, ``X₁(t)⋯X_L(t) = A + O(t)`` as t → 0."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial, reduce
from itertools import accumulate
from typing import Any

from qeclose.checker.budget import TOO_LARGE, Rational, TooLarge, charge, grown, widest
from qeclose.checker.claims import Frontier, IllPosed, NotIn, Obligation, Step
from qeclose.checker.masks import Factors, Missing, product_mask, shape
from qeclose.checker.padding import without_padding
from qeclose.checker.polynomial import Polynomial, add, as_constant
from qeclose.checker.products import is_entry, product_entry
from qeclose.checker.questions import engine_names, unsatisfiable
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
from qeclose.checker.tree import Cases, check_tree

__all__ = [
    "check_asked",
    "check_curve",
    "check_grouped",
    "check_padded",
    "check_refuting_tree",
    "equations_of",
    "read_point",
    "require_observed",
]

_Laurent = dict[int, Rational]
_SparseRows = dict[int, dict[int, _Laurent]]
_Point = dict[tuple[int, int], Rational]

_MAX_LAURENT_EXPONENT = 10**6


def check_curve(proof: Any, path: Path, claim: IllPosed | Frontier) -> Step:
    """A limit of products is A; that A is not in E is left to be proved. Raises ``CertificateError``.

    Of missing entries of A nothing is said: the curve tends to A at the others, where no matrix of E is to agree with A.
    """
    factors = claim.factors
    missing = claim.missing
    _, point, curve, refutation = fields(proof, path, "kind", "point", "factors", "refutation")
    matrix = read_point(point, path / "point", shape(factors))
    if isinstance(claim, Frontier) and matrix != claim.matrix:
        raise (path / "point").error("not the matrix of the certificate")
    require_observed(matrix, missing, path / "point")
    _check_limit(_curve(curve, path / "factors", factors), matrix, path / "factors", missing)
    limit = f"the curve stays in the supports and tends to the matrix A with {len(matrix)} nonzero entries"
    return Step(
        (limit,), [Obligation(NotIn(factors, matrix, missing=missing), refutation, path / "refutation")]
    )


def read_point(value: Any, path: Path, size: tuple[int, int]) -> _Point:
    """A matrix of that size as ``[[i, j, "value"], …]``, nonzero entries only. Raises ``CertificateError``."""
    matrix: _Point = {}
    for where, (i, j, entry) in tuples(value, path, 3):
        position = pair([i, j], where, size)
        if position in matrix:
            raise where.error(f"the entry {list(position)} is listed twice")
        matrix[position] = exact(entry, where / 2)
        if not matrix[position]:
            raise (where / 2).error("only nonzero entries are listed")
    return matrix


def require_observed(positions: Iterable[tuple[int, int]], missing: Missing, path: Path) -> None:
    """Raise ``CertificateError`` at the first of the positions that is missing."""
    for number, (i, j) in enumerate(positions):
        if missing.get(i, 0) >> j & 1:
            raise (path / number).error(f"the entry {[i, j]} of A is not observed")


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


def _check_limit(curve: list[_SparseRows], matrix: _Point, path: Path, missing: Missing) -> None:
    try:
        product = reduce(_product, curve)
    except TooLarge:
        raise path.error(TOO_LARGE) from None
    for i, j in sorted(matrix.keys() | {(i, j) for i, row in product.items() for j in row}):
        if missing.get(i, 0) >> j & 1:
            continue
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


def check_grouped(proof: Any, path: Path, claim: NotIn) -> Step:
    """A is not even a product of fewer factors, with larger supports. Raises ``CertificateError``."""
    _, sizes, rest = fields(proof, path, "kind", "sizes", "refutation")
    factors = _grouped(sizes, path / "sizes", claim.factors)
    grouped = NotIn(factors, claim.matrix, claim.taken_out, claim.missing)
    return Step((), [Obligation(grouped, rest, path / "refutation")])


def check_padded(proof: Any, path: Path, claim: NotIn) -> Step:
    """If A is in E, a part of A is made by fewer terms. Raises ``CertificateError``."""
    _, rows, columns, pads, rest = fields(proof, path, "kind", "rows", "columns", "pads", "refutation")
    factors, matrix = without_padding(rows, columns, pads, path, claim.factors, claim.matrix, claim.missing)
    alone = NotIn(factors, matrix, claim.taken_out + len(pads), claim.missing)
    return Step((), [Obligation(alone, rest, path / "refutation")])


def check_refuting_tree(proof: Any, path: Path, claim: NotIn) -> Step:
    """The equations of A ∈ E have no real solution, by cases. Raises ``CertificateError``."""
    _, _, tree = fields(proof, path, "kind", "positions", "tree")
    is_universal = partial(is_entry, factors=claim.factors)
    cases = Cases(tree, path / "tree", equations_of(proof, path, claim), is_universal)
    found = f"a tree with {check_tree(cases)} leaves shows that A is not in E"
    return Step((_said(claim, found),), trees=[cases])


def check_asked(proof: Any, path: Path, claim: NotIn) -> Step:
    """The equations of A ∈ E have no real solution, on an engine's word. Raises ``CertificateError``."""
    _, _, engines = fields(proof, path, "kind", "positions", "engines")
    equations = equations_of(proof, path, claim)
    question = unsatisfiable(equations, str(path), engine_names(engines, path / "engines"))
    return Step((_said(claim, "that A is not in E rests on the word of an engine"),), questions=[question])


def _said(claim: NotIn, found: str) -> str:
    return f"{claim.taken_out} terms are taken out; {found}" if claim.taken_out else found


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


def equations_of(proof: Any, path: Path, claim: NotIn) -> list[Polynomial]:
    """The equations of A ∈ E at the positions of the proof, all observed: the sum over paths through the masks, minus A_ij."""
    path = path / "positions"
    factors, matrix = claim.factors, claim.matrix
    positions = [pair(entry, where, shape(factors)) for where, entry in members(proof["positions"], path)]
    distinct(positions, path)
    require_observed(positions, claim.missing, path)
    return [
        add(product_entry(factors, i, j, path / number), as_constant(-matrix.get((i, j), 0)))
        for number, (i, j) in enumerate(positions)
    ]
