"""Reading the supports and matrices that a command works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qeclose.errors import InputError, UsageError

if TYPE_CHECKING:
    from qeclose.files.matrix import NumberMatrix
    from qeclose.support.model import Support

__all__ = ["read_matrix_and_mask", "read_one"]


def read_one(file: str) -> Support:
    """The only support in the file. Raises ``InputError`` if it cannot be read or holds several."""
    from qeclose.files.read import read_supports

    supports = read_supports(file)
    if len(supports) != 1:
        raise InputError(file, 0, 0, f"{len(supports)} supports here, where one is wanted")
    return supports[0]


def read_matrix_and_mask(matrix: str, mask: str) -> tuple[NumberMatrix, Support]:
    """A matrix of the shape that the only support in the file ``mask`` is for.

    Raises ``InputError`` if one of them cannot be read, if they do not fit together, or if both name the same lines in
    different orders.
    """
    from qeclose.files.matrix import read_matrix

    if matrix == mask == "-":
        raise UsageError("the matrix and the mask cannot both come from standard input")
    support = read_one(mask)
    found = read_matrix(matrix, support.shape)
    if support.names is not None:
        _require_same_order(found.row_names, support.names.rows, matrix, "rows")
        _require_same_order(found.column_names, support.names.columns, matrix, "columns")
    return found, support


def _require_same_order(
    ours: tuple[str, ...] | None, theirs: tuple[str, ...] | None, source: str, what: str
) -> None:
    if ours is None or theirs is None or ours == theirs:
        return
    at = next(k for k, (one, other) in enumerate(zip(ours, theirs, strict=True)) if one != other)
    problem = f"{what[:-1]} {at + 1} is called {ours[at]!r}, in the mask {theirs[at]!r}"
    raise InputError(source, 0, 0, f"{problem}: the same names in the same order, or none")
