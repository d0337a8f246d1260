"""A 0/1 matrix whose rows are Python integers used as bitsets."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, final

from qeclose.support.bits import bits, bitset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["INSIDE", "OUTSIDE", "Mask", "product_mask"]

# How an entry is drawn, in mask files and in strings.
INSIDE = "1xX*?"
OUTSIDE = "0.-"

# Below this many entries string juggling beats importing numpy.
_SMALL = 1 << 16
_TINY = 64
# Below this many entries, or eight a position, a byte for each is spent on speed.
_FEW_ENTRIES = 1 << 20


def _columns(rows: tuple[int, ...], n_cols: int) -> tuple[int, ...]:
    if not rows or not n_cols:
        return (0,) * n_cols
    strings = [format(row, f"0{n_cols}b") for row in reversed(rows)]
    return tuple(int("".join(column), 2) for column in zip(*strings, strict=True))[::-1]


_tiny_columns = lru_cache(maxsize=10_000)(_columns)


@final
@dataclass(frozen=True)
class Mask:
    """A 0/1 matrix of shape (len(rows), n_cols): bit j of ``rows[i]`` is entry (i, j).

    Frozen and hashable; a 4096×4096 mask takes about 2 MB. Raises ``ValueError`` if a row has a bit
    outside its ``n_cols`` columns.

    >>> Mask.from_lists([[1, 0], [1, 1]]).transpose().to_lists()
    [[1, 1], [0, 1]]
    """

    rows: tuple[int, ...]
    n_cols: int

    def __post_init__(self) -> None:
        for row in self.rows:
            if row >> self.n_cols:
                raise ValueError(f"a row of this mask has a bit outside its {self.n_cols} columns")

    def __repr__(self) -> str:
        # The generated one would print rows as decimal numbers, which Python refuses for wide masks.
        m, n = self.shape
        if m * n > 64:
            return f"<Mask {m}x{n}, {self.nnz} inside>"
        return f"<Mask {m}x{n}: {' '.join(self.to_strings())}>"

    @classmethod
    def from_lists(cls, entries: Iterable[Sequence[object]]) -> Mask:
        """The mask of a rectangular nested sequence (or 2-D numpy array); truthy entries are inside.

        Raises ``ValueError`` on ragged rows.
        """
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(entries, numpy.ndarray):
            return cls.from_array(entries)
        listed = [list(row) for row in entries]
        n_cols = len(listed[0]) if listed else 0
        if any(len(row) != n_cols for row in listed):
            raise ValueError("the rows of a mask must all have the same length")
        rows = tuple(
            int("".join("1" if entry else "0" for entry in reversed(row)) or "0", 2) for row in listed
        )
        return cls(rows, n_cols)

    @classmethod
    def from_array(cls, array: NDArray[Any]) -> Mask:
        """The mask of a 2-D numpy array; nonzero entries are inside. Raises ``ValueError`` unless 2-D."""
        import numpy as np

        if array.ndim != 2:
            raise ValueError(f"a mask is a 2-D array, not one with {array.ndim} dimensions")
        packed = np.packbits(array.astype(bool, copy=False), axis=1, bitorder="little")
        return cls(tuple(int.from_bytes(row.tobytes(), "little") for row in packed), array.shape[1])

    @classmethod
    def from_positions(
        cls, rows: NDArray[np.integer[Any]], columns: NDArray[np.integer[Any]], shape: tuple[int, int]
    ) -> Mask:
        """The mask of this shape with the entries (rows[k], columns[k]) inside. Raises ``ValueError`` for one outside."""
        import numpy as np

        m, n = shape
        if len(rows) and not (0 <= rows.min() <= rows.max() < m and 0 <= columns.min() <= columns.max() < n):
            raise ValueError(f"a position outside the {m}x{n} mask")
        if m * n <= _FEW_ENTRIES + 8 * len(rows):
            entries = np.zeros((m, n), np.bool_)
            entries[rows, columns] = True
            packed = np.packbits(entries, axis=1, bitorder="little")
        else:
            # Eight times slower a position, but without a byte for each entry.
            packed = np.zeros((m, (n + 7) // 8), np.uint8)
            np.bitwise_or.at(packed, (rows, columns >> 3), (1 << (columns & 7)).astype(np.uint8))
        return cls(tuple(int.from_bytes(row.tobytes(), "little") for row in packed), n)

    def submatrix(self, rows: Sequence[int], columns: Sequence[int]) -> Mask:
        """The mask of these rows and columns, in this order."""
        inside = (bitset(p for p, j in enumerate(columns) if self.rows[i] >> j & 1) for i in rows)
        return Mask(tuple(inside), len(columns))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return len(self.rows), self.n_cols

    @cached_property
    def nnz(self) -> int:
        """The number of positions inside."""
        return sum(row.bit_count() for row in self.rows)

    @cached_property
    def columns(self) -> tuple[int, ...]:
        """The columns as bitsets over the row numbers."""
        size = len(self.rows) * self.n_cols
        if size > _SMALL:
            return Mask.from_array(self.to_array().T).rows
        return _tiny_columns(self.rows, self.n_cols) if size <= _TINY else _columns(self.rows, self.n_cols)

    def transpose(self) -> Mask:
        """Rows and columns exchanged."""
        return self._transpose

    @cached_property
    def _transpose(self) -> Mask:
        turned = Mask(self.columns, len(self.rows))
        turned.__dict__["columns"] = self.rows  # what the property would find
        return turned

    def __contains__(self, position: object) -> bool:
        match position:
            case (int(i), int(j)) if 0 <= i < len(self.rows) and 0 <= j < self.n_cols:
                return bool(self.rows[i] >> j & 1)
            case _:
                return False

    def to_lists(self) -> list[list[int]]:
        """The rows as lists of 0 and 1."""
        return [[row >> j & 1 for j in range(self.n_cols)] for row in self.rows]

    def to_strings(self) -> list[str]:
        """One string of 0 and 1 a row, column 0 first.

        >>> Mask((0b01, 0b11), 2).to_strings()
        ['10', '11']
        """
        width = self.n_cols
        if not width:
            return [""] * len(self.rows)
        return [format(row, f"0{width}b")[::-1] for row in self.rows]

    def to_array(self) -> NDArray[np.uint8]:
        """The mask as a numpy array of 0 and 1."""
        import numpy as np

        n_bytes = (self.n_cols + 7) // 8
        packed = np.frombuffer(b"".join(row.to_bytes(n_bytes, "little") for row in self.rows), np.uint8)
        return np.unpackbits(
            packed.reshape(len(self.rows), n_bytes), axis=1, count=self.n_cols, bitorder="little"
        )


def product_mask(left: Mask, right: Mask) -> Mask:
    """The positions where a product of matrices with these supports may be nonzero."""
    rows = []
    for row in left.rows:
        total = 0
        for k in bits(row):
            total |= right.rows[k]
        rows.append(total)
    return Mask(tuple(rows), right.n_cols)
