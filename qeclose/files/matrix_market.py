"""Masks in Matrix Market files (``.mtx``); nonzero = inside.

Format: R. F. Boisvert, R. Pozo, K. A. Remington, "The Matrix Market exchange formats", NISTIR 5935 (1996).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

from qeclose.errors import InputError
from qeclose.files.tables import is_nonzero
from qeclose.files.text import numbered_lines
from qeclose.support.limits import too_large
from qeclose.support.mask import Mask

__all__ = ["parse_mtx"]

_BANNER = re.compile(r"%%matrixmarket\s+matrix\s+(\S+)\s+(\S+)\s+(\S+)\s*", re.IGNORECASE)
_LAYOUTS = {"coordinate": 3, "array": 2}
_NUMBERS_PER_VALUE = {"real": 1, "double": 1, "integer": 1, "pattern": 0, "complex": 2}
_SYMMETRIES = frozenset({"general", "symmetric", "skew-symmetric", "hermitian"})
_WORD = re.compile(r"\S+")

_Word = tuple[int, str]
_Lines = Iterator[tuple[int, list[_Word]]]


def parse_mtx(text: str, source: str) -> Mask:
    """The mask of the nonzero entries. Raises ``InputError`` with line and column.

    An entry given twice is an error: readers disagree on whether it is a sum.
    """
    lines = numbered_lines(text)
    banner = _BANNER.fullmatch(next(lines, (1, ""))[1])
    if banner is None:
        raise InputError(source, 1, 1, "not a Matrix Market file: `%%MatrixMarket matrix …` is missing")
    layout, values, symmetry = (banner[group].lower() for group in (1, 2, 3))
    known = layout in _LAYOUTS and values in _NUMBERS_PER_VALUE and symmetry in _SYMMETRIES
    if not known or (layout, values) == ("array", "pattern"):
        raise InputError(source, 1, 1, f"unknown Matrix Market kind {layout!r} {values!r} {symmetry!r}")
    words = _words(lines)
    grid, announced = _size(words, source, layout, symmetry)
    n_numbers = _NUMBERS_PER_VALUE[values]
    if layout == "array":
        _read_array(words, grid, n_numbers)
    else:
        _read_coordinates(words, grid, n_numbers, announced)
    return grid.mask()


@final
@dataclass
class _Grid:
    """A mask being filled; ``inside`` and ``seen`` hold one bit an entry, a bytearray a row.

    Setting a bit of a long Python integer would copy the whole row each time.
    """

    source: str
    line: int
    m: int
    n: int
    symmetry: str

    def __post_init__(self) -> None:
        n_bytes = self.n // 8 + 1
        self.inside = [bytearray(n_bytes) for _ in range(self.m)]
        self.seen = [bytearray(n_bytes) for _ in range(self.m)]

    def put(self, i: int, j: int, nonzero: bool, line: int) -> None:
        bit = 1 << (j & 7)
        if self.seen[i][j >> 3] & bit:
            raise InputError(self.source, line, 1, f"entry ({i + 1}, {j + 1}) appears twice")
        self.seen[i][j >> 3] |= bit
        if nonzero:
            self.inside[i][j >> 3] |= bit
            if self.symmetry != "general":
                self.inside[j][i >> 3] |= 1 << (i & 7)

    def stored(self, i: int, j: int) -> bool:
        """Whether the format writes this entry down, or leaves it to the symmetry."""
        return self.symmetry == "general" or (i > j if self.symmetry == "skew-symmetric" else i >= j)

    def mask(self) -> Mask:
        return Mask(tuple(int.from_bytes(row, "little") for row in self.inside), self.n)


def _words(lines: Iterator[tuple[int, str]]) -> _Lines:
    for number, line in lines:
        if line.lstrip() and not line.lstrip().startswith("%"):
            yield number, [(match.start() + 1, match[0]) for match in _WORD.finditer(line)]


def _size(words: _Lines, source: str, layout: str, symmetry: str) -> tuple[_Grid, int]:
    """The empty grid, and how many entries are announced (0 for an array)."""
    line, size = next(words, (1, []))
    n_expected = _LAYOUTS[layout]
    if len(size) != n_expected:
        raise InputError(source, line, 1, f"the size line needs {n_expected} numbers, not {len(size)}")
    m, n, *entries = (_count(source, line, word) for word in size)
    if not m or not n:
        raise InputError(source, line, 1, f"a {m}x{n} matrix has no entries")
    if problem := too_large(m, n):
        raise InputError(source, line, 1, problem)
    if symmetry != "general" and m != n:
        raise InputError(source, line, 1, f"a {m}x{n} matrix cannot be {symmetry}")
    announced = entries[0] if entries else 0
    if announced > m * n:
        raise InputError(source, line, 1, f"{announced} entries announced for a {m}x{n} matrix")
    return _Grid(source, line, m, n, symmetry), announced


def _read_coordinates(words: _Lines, grid: _Grid, n_numbers: int, announced: int) -> None:
    last, found = grid.line, 0
    for line, entry in words:
        if len(entry) != 2 + n_numbers:
            raise InputError(grid.source, line, 1, f"an entry is {2 + n_numbers} numbers, not {len(entry)}")
        i, j = (_count(grid.source, line, word) - 1 for word in entry[:2])
        if not (0 <= i < grid.m and 0 <= j < grid.n):
            problem = f"entry ({i + 1}, {j + 1}) is outside the {grid.m}x{grid.n} matrix"
            raise InputError(grid.source, line, 1, problem)
        if not grid.stored(i, j):
            problem = f"entry ({i + 1}, {j + 1}) of a {grid.symmetry} matrix is not to be given"
            raise InputError(grid.source, line, 1, problem)
        grid.put(i, j, _nonzero(grid.source, line, entry[2:]) if n_numbers else True, line)
        last, found = line, found + 1
    if found != announced:
        raise InputError(grid.source, last, 1, f"{found} entries where {announced} are announced")


def _read_array(words: _Lines, grid: _Grid, n_numbers: int) -> None:
    last = grid.line
    for j in range(grid.n):
        for i in range(grid.m):
            if not grid.stored(i, j):
                continue
            line, entry = next(words, (0, []))
            if not line:
                raise InputError(grid.source, last, 1, f"the file ends before entry ({i + 1}, {j + 1})")
            if len(entry) != n_numbers:
                raise InputError(grid.source, line, 1, f"an entry is {n_numbers} numbers, not {len(entry)}")
            grid.put(i, j, _nonzero(grid.source, line, entry), line)
            last = line
    for line, _ in words:
        raise InputError(grid.source, line, 1, "more entries than the matrix has")


def _nonzero(source: str, line: int, words: list[_Word]) -> bool:
    found = False
    for column, word in words:
        nonzero = is_nonzero(word)
        if nonzero is None:
            raise InputError(source, line, column, f"{word!r} is not a number")
        found = found or nonzero
    return found


def _count(source: str, line: int, word: _Word) -> int:
    column, digits = word
    if not re.fullmatch(r"[0-9]{1,20}", digits):
        raise InputError(source, line, column, f"{digits!r} is not a whole number")
    return int(digits)
