"""What ``Support`` takes for a mask, and what it refuses in one sentence."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence, Set
from typing import Any

from qeclose.errors import NotAMask
from qeclose.support.mask import INSIDE, OUTSIDE, Mask

__all__ = ["TAKEN", "as_mask", "row_and_column_names"]

TAKEN = (
    "a mask is a 2-D numpy array, a scipy.sparse matrix, a torch tensor, a pandas DataFrame (nonzero is inside), "
    'nested lists of 0 and 1 or of bools, or a list of strings such as ["10", "11"]'
)
_BITS = frozenset((0, 1))
_DIGITS = str.maketrans({**dict.fromkeys(INSIDE, "1"), **dict.fromkeys(OUTSIDE, "0"), " ": None, "\t": None})


def as_mask(value: object) -> Mask:
    """The mask that ``value`` stands for. Raises ``NotAMask``, a ``TypeError``, saying what is taken and why not this."""
    if isinstance(value, Mask):
        return value
    if isinstance(value, (str, bytes, Mapping, Set)) or value is None:
        raise NotAMask(f"{_kind(value)} is no mask: {TAKEN}")
    array = _array(value)
    if array is not None:
        return _of_array(array)
    if not isinstance(value, Sequence):
        raise NotAMask(f"{_kind(value)} is no mask: {TAKEN}")
    return _of_rows(value)


def row_and_column_names(value: object) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """The names of a DataFrame's rows and columns, where they are strings."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(value, pandas.DataFrame):
        return None, None
    rows, columns = (tuple(axis) for axis in (value.index, value.columns))
    return _strings(rows), _strings(columns)


def _strings(names: tuple[Any, ...]) -> tuple[str, ...] | None:
    return names if names and all(isinstance(name, str) for name in names) else None


def _array(value: Any) -> Any:
    """``value`` as a numpy array or a scipy.sparse matrix, if it is one or a tensor or a frame; None if it is none.

    Nothing is imported: what has not been imported has made no value either.
    """
    numpy, sparse = sys.modules.get("numpy"), sys.modules.get("scipy.sparse")
    torch, pandas = sys.modules.get("torch"), sys.modules.get("pandas")
    if torch is not None and isinstance(value, torch.Tensor):
        if value.is_meta:
            raise NotAMask(f"a tensor without values is no mask: {TAKEN}")
        dense = value.detach().cpu()
        dense = dense.dequantize() if dense.is_quantized else dense.to_dense()
        # numpy has no bfloat16 and no 8-bit floats.
        return (dense.double() if dense.is_floating_point() else dense).resolve_conj().numpy()
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return _of_frame(value)
    if sparse is not None and sparse.issparse(value):
        return value
    if numpy is not None and isinstance(value, numpy.ndarray):
        return value
    return None


def _of_frame(frame: Any) -> Any:
    """The entries of a DataFrame; columns of truth values and of numbers may stand side by side."""
    import numpy as np

    columns = [frame.iloc[:, k].to_numpy() for k in range(frame.shape[1])]
    numbers = bool(columns) and all(column.dtype.kind in "biufc" for column in columns)
    return np.column_stack(columns) if numbers else frame.to_numpy()


def _of_array(array: Any) -> Mask:
    import numpy as np

    if array.ndim != 2:
        raise NotAMask(f"an array with {array.ndim} dimension{'s' * (array.ndim != 1)} is no mask: {TAKEN}")
    if array.dtype.kind not in "biufc":
        raise NotAMask(f"an array of {array.dtype} is no mask: {TAKEN}")
    if not isinstance(array, np.ndarray):
        entries = array.tocoo(copy=True)
        entries.sum_duplicates()
        _require_numbers(entries.data, lambda at: (entries.row[at[0]], entries.col[at[0]]))
        inside = entries.data != 0
        return Mask.from_positions(entries.row[inside], entries.col[inside], array.shape)
    if isinstance(array, np.ma.MaskedArray):
        raise NotAMask(f"an array with masked entries is no mask: {TAKEN}")
    array = np.asarray(array)
    _require_numbers(array, lambda at: at)
    return Mask.from_array(array != 0)


def _require_numbers(values: Any, place: Any) -> None:
    import numpy as np

    if values.dtype.kind in "fc" and (wrong := np.argwhere(np.isnan(values))).size:
        i, j = place(wrong[0])
        raise NotAMask(f"entry ({i + 1}, {j + 1}) is not a number (NaN), neither zero nor nonzero")


def _of_rows(rows: Sequence[Any]) -> Mask:
    if any(isinstance(row, str) for row in rows):
        return _of_strings(rows)
    found: list[int] = []
    width = None
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Sequence) and not _is_vector(row):
            raise NotAMask(f"row {number} is {_kind(row)}: {TAKEN}")
        width = len(row) if width is None else width
        if len(row) != width:
            raise NotAMask(f"row {number} has {len(row)} entries, the rows above have {width}: {TAKEN}")
        entries = [_bit(entry, number, column) for column, entry in enumerate(row, 1)]
        found.append(int("".join(reversed(entries)) or "0", 2))
    return Mask(tuple(found), width or 0)


def _is_vector(row: object) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(row, numpy.ndarray) and row.ndim == 1


def _bit(entry: object, row: int, column: int) -> str:
    try:
        if entry in _BITS:
            return "1" if entry else "0"
    except TypeError:
        pass  # unhashable: a list, say
    raise NotAMask(f"entry ({row}, {column}) is {_shown(entry)}, neither 0 nor 1: {TAKEN}")


def _of_strings(rows: Sequence[Any]) -> Mask:
    width = None
    found: list[int] = []
    for number, row in enumerate(rows, 1):
        digits = row.translate(_DIGITS) if isinstance(row, str) else None
        if not digits or digits.strip("01"):
            drawn = f"drawn with {' '.join(INSIDE)} inside and {' '.join(OUTSIDE)} outside"
            raise NotAMask(f"row {number} is {_shown(row)}; rows that are strings are {drawn}")
        width = len(digits) if width is None else width
        if len(digits) != width:
            raise NotAMask(f"row {number} has {len(digits)} entries, the rows above have {width}")
        found.append(int(digits[::-1], 2))
    return Mask(tuple(found), width or 0)


def _kind(value: object) -> str:
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, (int, float, str, bool)) else _kind(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
