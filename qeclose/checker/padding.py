"""Terms taken out by lines of their own: a refutation about the other terms alone is one about the mask.

Two factors, A ≈ X Yᵀ. Every pad (m, ρ, γ) is a term m with a row ρ and a column γ inside its supports. On the rows R = R0 ∪
the pads' rows and the columns C = C0 ∪ the pads' columns, A is A0 on R0 × C0, 1 where the row and the column of one pad
meet, and 0 elsewhere; only entries in R0 × C0 may be missing. K are the terms without a pad that meet R and C. Every pad has its
row on no term of K, or its column.

If A = X Yᵀ then A0 is made by K alone. *Proof.* Write ρ, γ, M for the pads' rows, columns and terms in one order.
B = X[ρ,K]·Y[γ,K]ᵀ is nonzero only in rows of pads whose row is on K and columns of pads whose column is on K. No pad is of both
kinds, so B² = 0, and X[ρ,M]·Y[γ,M]ᵀ = 1 − B has the inverse 1 + B. So its two square factors are invertible, and from
X[ρ,M]·Y[C0,M]ᵀ = −X[ρ,K]·Y[C0,K]ᵀ and X[R0,M]·Y[γ,M]ᵀ = −X[R0,K]·Y[γ,K]ᵀ follows
X[R0,M]·Y[C0,M]ᵀ = X[R0,K]·(Y[γ,K]ᵀ·(1 + B)·X[ρ,K])·Y[C0,K]ᵀ, where the middle is 0, again since no pad is of both kinds. ∎
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qeclose.checker.budget import Rational, spend
from qeclose.checker.masks import Factors, Missing, bitsets, transposed
from qeclose.checker.reading import Path, distinct, index, lines, tuples

__all__ = ["without_padding"]


def without_padding(
    rows: Any,
    columns: Any,
    pads: Any,
    path: Path,
    factors: Factors,
    matrix: Mapping[tuple[int, int], Rational],
    missing: Missing,
) -> tuple[Factors, dict[tuple[int, int], Rational]]:
    """The masks of the terms in K with empty lines outside R0 and C0, and A0 with zeros around it.

    Raises ``CertificateError``.
    """
    if len(factors) != 2:
        raise path.error("only of two factors can terms be taken out")
    # The masks are gone through as a whole, however little is taken out.
    spend(sum(len(mask) + (len(mask) * len(mask[0]) >> 5) for mask in factors) + len(matrix))
    left, right = bitsets(transposed(factors[0])), bitsets(factors[1])
    m, n = len(factors[0]), len(factors[1][0])
    rows = lines(rows, path / "rows", m)
    columns = lines(columns, path / "columns", n)
    taken = _pads(pads, path / "pads", left, right, (m, n))
    column_of = dict(taken.values())
    pad_rows, pad_columns = sum(1 << i for i in column_of), sum(1 << j for j in column_of.values())
    if rows & pad_rows or columns & pad_columns:
        raise (path / "pads").error("a line of a pad is among the rows or columns")
    for i, unseen in missing.items():
        across = pad_columns if rows >> i & 1 else columns | pad_columns if pad_rows >> i & 1 else 0
        if unseen & across:
            raise path.error(f"an entry in row {i} is not observed, which the pads want")
    for (i, j), value in matrix.items():
        if not ((rows | pad_rows) >> i & 1 and (columns | pad_columns) >> j & 1):
            continue
        inside = rows >> i & 1 and columns >> j & 1
        if not inside and (column_of.get(i) != j or value != 1):
            raise path.error(f"at {[i, j]} A is not what the pads want")
    if any(place not in matrix for place in column_of.items()):
        raise path.error("where the lines of a pad meet, A is 1")
    kept = [k for k in range(len(left)) if k not in taken]
    _check_apart(taken, path / "pads", left, right, kept, (rows | pad_rows, columns | pad_columns))
    keep = sum(1 << k for k in kept)
    alone = [
        _cut(factors[0], rows, keep),
        _cut(factors[1], keep, columns),
    ]
    return alone, {(i, j): a for (i, j), a in matrix.items() if rows >> i & 1 and columns >> j & 1}


def _cut(mask: list[str], rows: int, columns: int) -> list[str]:
    """The mask, empty outside these rows and columns."""
    width = len(mask[0])
    return [
        format(row & columns if rows >> i & 1 else 0, f"0{width}b")[::-1]
        for i, row in enumerate(bitsets(mask))
    ]


def _pads(
    value: Any, path: Path, left: list[int], right: list[int], shape: tuple[int, int]
) -> dict[int, tuple[int, int]]:
    """For each term taken out, its row and its column."""
    taken: dict[int, tuple[int, int]] = {}
    for where, (m, i, j) in tuples(value, path, 3):
        k = index(m, where / 0, len(left))
        row, column = index(i, where / 1, shape[0]), index(j, where / 2, shape[1])
        if k in taken:
            raise where.error(f"the term {k} is listed twice")
        if not (left[k] >> row & 1 and right[k] >> column & 1):
            raise where.error(f"the term {k} has not both lines")
        taken[k] = row, column
    distinct([row for row, _ in taken.values()], path)
    distinct([column for _, column in taken.values()], path)
    return taken


def _check_apart(
    taken: dict[int, tuple[int, int]],
    path: Path,
    left: list[int],
    right: list[int],
    kept: list[int],
    met: tuple[int, int],
) -> None:
    """Every pad has a line on no term of K."""
    on_rows = on_columns = 0
    for k in kept:
        if left[k] & met[0] and right[k] & met[1]:
            on_rows |= left[k]
            on_columns |= right[k]
    for number, (row, column) in enumerate(taken.values()):
        if on_rows >> row & 1 and on_columns >> column & 1:
            raise (path / number).error("both lines are on terms that are not taken out")
