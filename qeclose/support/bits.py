"""Sets of line numbers as integers: bit i of a bitset says whether i is inside."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

__all__ = ["NOTHING", "bits", "bitset"]

NOTHING: Mapping[int, int] = MappingProxyType({})
"""No positions of a matrix: by row, as bitsets of columns."""

_TO_TRUTH = bytes.maketrans(b"01", b"\0\1")


def bits(bitset: int) -> Iterator[int]:
    """The positions of the ones of ``bitset``, in increasing order."""
    if 32 * bitset.bit_count() < bitset.bit_length():
        return _few_bits(bitset)
    return itertools.compress(itertools.count(), bin(bitset)[:1:-1].encode().translate(_TO_TRUTH))


def _few_bits(bitset: int) -> Iterator[int]:
    """The same, with time for each position that grows with the length of the bitset."""
    while bitset:
        lowest = bitset & -bitset
        yield lowest.bit_length() - 1
        bitset ^= lowest


def bitset(positions: Iterable[int]) -> int:
    """The integer whose ones are at ``positions``."""
    numbers = list(positions)
    # One conversion instead of one large integer for each position.
    digits = bytearray(max(numbers, default=0) // 8 + 1)
    for number in numbers:
        digits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(digits, "little")
