"""Matrices of exact rational numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import isfinite
from numbers import Rational
from typing import Any

from qeclose.errors import UsageError
from qeclose.support.bits import NOTHING

__all__ = ["Matrix", "exact_matrix", "submatrix"]

Matrix = tuple[tuple[Fraction, ...], ...]
"""The rows of a matrix."""


def exact_matrix(value: Any, digits: int | None = None, *, missing: Mapping[int, int] = NOTHING) -> Matrix:
    """A matrix of fractions from nested lists, a numpy array, a scipy sparse matrix or a torch tensor.

    Floats are taken as the exact binary numbers they are or, with ``digits``, rounded to that many decimals. Strings such
    as ``"1/3"`` and ``"0.1"`` are exact. What stands at ``missing`` positions (by
    row, as bitsets of columns) is not read, and is 0 in the result. Raises ``UsageError`` for what is no rectangular matrix of
    finite numbers.
    """
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if hasattr(value, "toarray"):
        value = value.toarray()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, (list, tuple)) or not all(isinstance(row, (list, tuple)) for row in value):
        raise UsageError("a matrix is a list of rows, a 2-D array, a sparse matrix or a tensor")
    rows = tuple(
        tuple(
            Fraction(0) if missing.get(i, 0) >> j & 1 else _exact(entry, digits)
            for j, entry in enumerate(row)
        )
        for i, row in enumerate(value)
    )
    if not rows or not rows[0] or len({len(row) for row in rows}) > 1:
        raise UsageError("a matrix has rows of the same length, and at least one entry")
    return rows


def _exact(entry: Any, digits: int | None) -> Fraction:
    if hasattr(entry, "item"):
        entry = entry.item()
    try:
        if isinstance(entry, float) and not isfinite(entry):
            raise ValueError
        number = Fraction(entry) if isinstance(entry, (str, float, Rational)) else None
    except (ValueError, ZeroDivisionError):
        number = None
    if number is None:
        raise UsageError(f"{entry!r} is no finite real number")
    return number if digits is None else round(number, digits)


def submatrix(matrix: Matrix, rows: Iterable[int], columns: Iterable[int]) -> Matrix:
    """The entries in some rows and columns, in the order given."""
    chosen = tuple(columns)
    return tuple(tuple(matrix[i][j] for j in chosen) for i in rows)
