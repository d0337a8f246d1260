"""Rules that show, at any size, that the union over all supports within some bounds is closed.

- disjoint-terms: one factor may have at most one entry for each line of A. The terms of a support are disjoint, so its E is a
  product (R7) of sets of matrices of rank at most 1, which are closed.
- line-terms: in one factor a term has at most one entry. It is any matrix on a part of one line of A, so E of a support is a
  space of matrices.
- permutation: one factor is not bounded, the other may hold a matching of its lines to different terms.
- triangular: p = min(m, n) ≤ r terms, and both factors may be triangular: every matrix is P·L·U, P a permutation of rows.
"""

from __future__ import annotations

from typing import Any

from qeclose.support import Mask
from qeclose.support.cardinality import Bounds, Constrained

__all__ = ["closed_by_rule"]

_REASONS = {
    "disjoint-terms": "a line of A meets at most one term, so every support is well-posed",
    "line-terms": "each term fills a part of one line of A, so every support is well-posed",
    "permutation": "every matrix is a product: one factor is unbounded, the other may be a partial permutation",
    "triangular": "every matrix is a product: it is P·L·U, and P·L and U keep the bounds",
}


def closed_by_rule(constrained: Constrained) -> tuple[str, dict[str, Any]] | None:
    """Why the union is closed, and the proof of docs/certificates.md; None if no rule applies."""
    box = constrained.box
    sides = (
        (box.I, constrained.left, box.J, constrained.right),
        (box.J, constrained.right, box.I, constrained.left),
    )
    for factor, (mask, bounds, other, other_bounds) in enumerate(sides):
        if _at_most_one(bounds.row, bounds.total, mask.rows):
            return _found("disjoint-terms", factor)
        if _at_most_one(bounds.column, bounds.total, mask.columns):
            return _found("line-terms", factor)
        full = _is_full(mask) and _is_full(other)
        if full and other_bounds.allows(other) and _holds_matching(mask, bounds):
            return _found("permutation", factor)
    p = min(box.shape)
    if p <= box.inner[0] and all(_holds_triangle(mask, bounds, p) for mask, bounds, _, _ in sides):
        return _found("triangular", 0)
    return None


def _found(rule: str, factor: int) -> tuple[str, dict[str, Any]]:
    return _REASONS[rule], {"kind": "bounds-rule", "rule": rule, "factor": factor}


def _at_most_one(bound: int | None, total: int | None, lines: tuple[int, ...]) -> bool:
    limits = [limit for limit in (bound, total) if limit is not None]
    return min([*limits, max(line.bit_count() for line in lines)]) <= 1


def _is_full(mask: Mask) -> bool:
    return mask.nnz == len(mask.rows) * mask.n_cols


def _holds_matching(mask: Mask, bounds: Bounds) -> bool:
    m, r = mask.shape
    return r >= m and _allow(bounds, m, 1, 1)


def _holds_triangle(mask: Mask, bounds: Bounds, p: int) -> bool:
    """Whether p columns, the first of them full and each next one shorter by one, keep the bounds in every order of rows."""
    m = len(mask.rows)
    return _is_full(mask) and _allow(bounds, m * p - p * (p - 1) // 2, p, m)


def _allow(bounds: Bounds, total: int, row: int, column: int) -> bool:
    sizes = (bounds.total, total), (bounds.row, row), (bounds.column, column)
    return all(bound is None or bound >= size for bound, size in sizes)
