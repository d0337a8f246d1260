"""Reading the supports and matrices that a command works on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qeclose.errors import InputError, QecloseError, UsageError

if TYPE_CHECKING:
    from qeclose.files.matrix import NumberMatrix
    from qeclose.support.model import Support

__all__ = ["read_matrices_and_mask", "read_matrix_and_mask", "read_one"]


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
    if matrix == mask == "-":
        raise UsageError("the matrix and the mask cannot both come from standard input")
    support = _mask_after(matrix, mask)
    return _fitting(matrix, support), support


def _mask_after(matrix: str, mask: str) -> Support:
    """``read_one(mask)``; where the files stand in the wrong order, the error says so."""
    try:
        return read_one(mask)
    except InputError as error:
        if matrix == "-" or not Path(matrix).is_file():
            raise
        try:
            read_one(matrix)
        except QecloseError:
            raise error from None
        problem = f"{error.problem}: the MATRIX comes first, then the MASK"
        raise InputError(error.source, error.line, error.column, problem) from None


def read_matrices_and_mask(matrices: Sequence[str], mask: str) -> tuple[list[NumberMatrix], Support]:
    """Several matrices, of each folder all files that are not hidden, in the order of their names.

    Raises ``InputError`` as ``read_matrix_and_mask`` does, and for a folder without files.
    """
    paths: list[str] = []
    for path in matrices:
        if not Path(path).is_dir():
            paths.append(path)
            continue
        try:
            inside = sorted(
                str(file) for file in Path(path).iterdir() if file.is_file() and not file.name.startswith(".")
            )
        except OSError as error:
            raise InputError(path, 0, 0, error.strerror or "cannot be read") from None
        if not inside:
            raise InputError(path, 0, 0, "a folder without files")
        paths += inside
    if [*paths, mask].count("-") > 1:
        raise UsageError("one file only can come from standard input")
    support = read_one(mask)
    return [_fitting(path, support) for path in paths], support


def _fitting(matrix: str, support: Support) -> NumberMatrix:
    """The matrix, which is of the shape of the support and has its names if it has any."""
    from qeclose.files.matrix import read_matrix

    found = read_matrix(matrix, support.shape, support.free)
    if support.names is not None:
        _require_same_order(found.row_names, support.names.rows, matrix, "rows")
        _require_same_order(found.column_names, support.names.columns, matrix, "columns")
    return found


def _require_same_order(
    ours: tuple[str, ...] | None, theirs: tuple[str, ...] | None, source: str, what: str
) -> None:
    if ours is None or theirs is None or ours == theirs:
        return
    at = next(k for k, (one, other) in enumerate(zip(ours, theirs, strict=True)) if one != other)
    problem = f"{what[:-1]} {at + 1} is called {ours[at]!r}, in the mask {theirs[at]!r}"
    raise InputError(source, 0, 0, f"{problem}: the same names in the same order, or none")
