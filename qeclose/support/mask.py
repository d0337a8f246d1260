"""A 0/1 matrix whose rows are Python integers used as bitsets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

__all__ = ["Mask", "bits"]


def bits(bitset: int) -> Iterator[int]:
    """The positions of the ones of ``bitset``, in increasing order."""
    while bitset:
        lowest = bitset & -bitset
        yield lowest.bit_length() - 1
        bitset ^= lowest


@final
@dataclass(frozen=True)
class Mask:
    """A 0/1 matrix of shape (len(rows), n_cols): bit j of ``rows[i]`` is entry (i, j).

    Frozen and hashable; a 4096×4096 mask takes about 2 MB.

    >>> Mask.from_lists([[1, 0], [1, 1]]).transpose().to_lists()
    [[1, 1], [0, 1]]
    """

    rows: tuple[int, ...]
    n_cols: int

    @classmethod
    def from_lists(cls, entries: Iterable[Sequence[object]]) -> Mask:
        """The mask of a rectangular nested sequence (or 2-D numpy array); truthy entries are inside.

        Raises ``ValueError`` on ragged rows.
        """
        listed = [list(row) for row in entries]
        n_cols = len(listed[0]) if listed else 0
        if any(len(row) != n_cols for row in listed):
            raise ValueError("the rows of a mask must all have the same length")
        rows = tuple(
            int("".join("1" if entry else "0" for entry in reversed(row)) or "0", 2) for row in listed
        )
        return cls(rows, n_cols)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), self.n_cols

    @cached_property
    def nnz(self) -> int:
        """The number of positions inside."""
        return sum(row.bit_count() for row in self.rows)

    @cached_property
    def columns(self) -> tuple[int, ...]:
        """The columns as bitsets over the row numbers."""
        if not self.rows:
            return (0,) * self.n_cols
        width = self.n_cols
        strings = [format(row, f"0{width}b")[::-1] for row in reversed(self.rows)] if width else []
        return tuple(int("".join(column), 2) for column in zip(*strings, strict=True))

    def transpose(self) -> Mask:
        return Mask(self.columns, len(self.rows))

    def __contains__(self, position: object) -> bool:
        match position:
            case (int(i), int(j)) if 0 <= i < len(self.rows) and 0 <= j < self.n_cols:
                return bool(self.rows[i] >> j & 1)
            case _:
                return False

    def to_lists(self) -> list[list[int]]:
        return [[row >> j & 1 for j in range(self.n_cols)] for row in self.rows]
