"""Rules that show, at any size, that the union over all supports within some bounds is closed.

- disjoint-terms: one factor may have at most one entry for each line of A. The terms of a support are disjoint, so its E is a
  product (R7) of sets of matrices of rank at most 1, which are closed.
- line-terms: in one factor a term has at most one entry. It is any matrix on a part of one line of A, so E of a support is a
  space of matrices.
- echelon: one factor is not bounded, the other may have p unit vectors and anything else in p columns, p = r or, if it has
  fewer lines, all of them. Every matrix of rank at most r is such a product: p of its lines span the others.
- triangular: both factors may be triangular, with p = min(m, n, r) columns. Every matrix of rank at most r is P·L·U, P a
  permutation of rows.
"""

from __future__ import annotations

from qeclose.proof.bounds import BoundsRuleProof
from qeclose.support import Mask
from qeclose.support.bounded import BoundedSupport, Bounds

__all__ = ["closed_by_rule"]

_REASONS = {
    "disjoint-terms": "a line of A meets at most one term, so every support is well-posed",
    "line-terms": "each term fills a part of one line of A, so every support is well-posed",
    "echelon": "every matrix of rank at most r is a product: some of its lines, in the unbounded factor, span the others",
    "triangular": "every matrix of rank at most r is a product: it is P·L·U, and P·L and U keep the bounds",
}


def closed_by_rule(constrained: BoundedSupport) -> tuple[str, BoundsRuleProof] | None:
    """Why the union is closed, and the proof; None if no rule applies."""
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
        if full and other_bounds.allows(other) and _holds_echelon(mask, bounds):
            return _found("echelon", factor)
    p = min(*box.shape, *box.inner)
    if all(_holds_triangle(mask, bounds, p) for mask, bounds, _, _ in sides):
        return _found("triangular", 0)
    return None


def _found(rule: str, factor: int) -> tuple[str, BoundsRuleProof]:
    return _REASONS[rule], BoundsRuleProof(rule, factor)


def _at_most_one(bound: int | None, total: int | None, lines: tuple[int, ...]) -> bool:
    limits = [limit for limit in (bound, total) if limit is not None]
    return min([*limits, max(line.bit_count() for line in lines)]) <= 1


def _is_full(mask: Mask) -> bool:
    return mask.nnz == len(mask.rows) * mask.n_cols


def _holds_echelon(mask: Mask, bounds: Bounds) -> bool:
    """Whether p rows may be unit vectors and the others full in these p columns."""
    m, p = len(mask.rows), min(mask.shape)
    return _allow(bounds, p + (m - p) * p, p if m > p else 1, m - p + 1)


def _holds_triangle(mask: Mask, bounds: Bounds, p: int) -> bool:
    """Whether p columns, the first of them full and each next one shorter by one, keep the bounds in every order of rows."""
    m = len(mask.rows)
    return _is_full(mask) and _allow(bounds, m * p - p * (p - 1) // 2, p, m)


def _allow(bounds: Bounds, total: int, row: int, column: int) -> bool:
    sizes = (bounds.total, total), (bounds.row, row), (bounds.column, column)
    return all(bound is None or bound >= size for bound, size in sizes)
