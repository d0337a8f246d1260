"""0/1 matrices given by their nonzero rows, transposed; large ones with a look at the clock."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from qeclose.problem.clock import tick
from qeclose.support.bits import bits, bitset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["columns_of_dense", "rows_by_column", "transpose_bits"]

_LARGE = 20_000
_SPARSE = 40
"""Matrices with at least so many ones, one in so many entries, are transposed as arrays."""
_BLOCK = 256
"""So many rows at a time are transposed: their part of the result stays in the processor's cache."""
_TO_DIGITS = bytes.maketrans(b"\0\1", b"01")


def transpose_bits(rows: Mapping[int, int]) -> dict[int, int]:
    """The columns, as bitsets over the rows, of a 0/1 matrix given by its nonzero rows."""
    columns = columns_of_dense(list(rows.values()))
    if columns is None:
        return {j: bitset(met) for j, met in rows_by_column(rows).items()}
    if list(rows) == list(range(len(rows))):
        return {j: int(column[::-1].translate(_TO_DIGITS), 2) for j, column in columns}
    return {j: bitset(itertools.compress(rows, column)) for j, column in columns}


def rows_by_column(rows: Mapping[int, int]) -> dict[int, list[int]]:
    """For each column of a sparse 0/1 matrix, its rows."""
    columns: dict[int, list[int]] = {}
    for i, row in rows.items():
        tick()
        for j in bits(row):
            columns.setdefault(j, []).append(i)
    return columns


def columns_of_dense(rows: Sequence[int]) -> Iterator[tuple[int, bytes]] | None:
    """The nonzero columns of a large dense 0/1 matrix, one byte an entry; None if it is small or sparse."""
    width = max((row.bit_length() for row in rows), default=0)
    inside = sum(row.bit_count() for row in rows)
    if inside < _LARGE or inside * _SPARSE < len(rows) * width:
        return None
    import numpy as np

    n_bytes = (width + 7) // 8
    packed = np.frombuffer(b"".join(row.to_bytes(n_bytes, "little") for row in rows), np.uint8)
    entries = np.unpackbits(packed.reshape(len(rows), n_bytes), axis=1, count=width, bitorder="little")
    tick()
    columns = np.empty((width, len(rows)), np.uint8)
    for at in range(0, len(rows), _BLOCK):
        columns[:, at : at + _BLOCK] = entries[at : at + _BLOCK].T
    return _nonzero_rows(columns)


def _nonzero_rows(array: NDArray[np.uint8]) -> Iterator[tuple[int, bytes]]:
    for j, row in enumerate(array):
        tick()
        if row.any():
            yield j, row.tobytes()
