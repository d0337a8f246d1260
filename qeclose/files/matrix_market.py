"""Masks in Matrix Market files (``.mtx``); nonzero = inside.

Format: R. F. Boisvert, R. Pozo, K. A. Remington, "The Matrix Market exchange formats", NISTIR 5935 (1996).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

from qeclose.errors import InputError
from qeclose.files.decimals import is_nonzero, may_underflow
from qeclose.files.text import numbered_lines
from qeclose.support.limits import too_large
from qeclose.support.mask import Mask

__all__ = ["parse_mtx", "parse_mtx_numbers"]

_BANNER = re.compile(r"%%matrixmarket\s+matrix\s+(\S+)\s+(\S+)\s+(\S+)\s*", re.IGNORECASE)
_LAYOUTS = {"coordinate": 3, "array": 2}
_NUMBERS_PER_VALUE = {"real": 1, "double": 1, "integer": 1, "unsigned-integer": 1, "pattern": 0, "complex": 2}
_SYMMETRIES = frozenset({"general", "symmetric", "skew-symmetric", "hermitian"})
_WORD = re.compile(r"\S+")

_Word = tuple[int, str]
_Lines = Iterator[tuple[int, list[_Word]]]


def parse_mtx(data: bytes, source: str) -> Mask:
    """The mask of the nonzero entries, read as scipy reads them. Raises ``InputError`` with line and column.

    An entry given twice is an error: readers disagree on whether it is a sum. So is a number that is not finite.
    """
    text, words, size = _opening(data, source)
    # An entry takes four bytes at least: with fewer, the file is cut off, and scipy would make room for all announced.
    n_words = size.announced * (2 + size.n_numbers)
    if size.layout == "array" and size.symmetry == "general":
        n_words = size.m * size.n * size.n_numbers
    if 4 * size.announced <= len(data) + 4 and n_words == _words_after(text, size.line):
        found = _read_fast(data, text, size)
        if found is not None:
            return found
    grid = _Bits(source, size)
    _read(words, grid)
    return grid.mask()


def parse_mtx_numbers(data: bytes, source: str) -> tuple[tuple[int, int], dict[tuple[int, int], str]]:
    """The shape, and the entries that are stored or follow by symmetry, as they are written. Raises ``InputError``."""
    _, words, size = _opening(data, source)
    if size.n_numbers == 2:
        raise InputError(source, 1, 1, "complex numbers, where real ones are wanted")
    grid = _Numbers(source, size)
    _read(words, grid)
    return (size.m, size.n), grid.entries


def _opening(data: bytes, source: str) -> tuple[str, _Lines, _Size]:
    """The text, its words from the line after the size on, and what banner and size line say."""
    # Comments may be in any encoding; all else is ASCII.
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    lines = numbered_lines(text)
    banner = _BANNER.fullmatch(next(lines, (1, ""))[1])
    if banner is None:
        raise InputError(source, 1, 1, "not a Matrix Market file: `%%MatrixMarket matrix …` is missing")
    layout, values, symmetry = (banner[group].lower() for group in (1, 2, 3))
    known = layout in _LAYOUTS and values in _NUMBERS_PER_VALUE and symmetry in _SYMMETRIES
    if not known or (layout, values) == ("array", "pattern"):
        raise InputError(source, 1, 1, f"unknown Matrix Market kind {layout!r} {values!r} {symmetry!r}")
    words = _words(lines)
    return text, words, _size(words, source, layout, symmetry, _NUMBERS_PER_VALUE[values])


def _read(words: _Lines, grid: _Grid) -> None:
    if grid.size.layout == "array":
        _read_array(words, grid)
    else:
        _read_coordinates(words, grid)


def _words_after(text: str, line: int) -> int:
    """How many words there are after a line: scipy passes over what stands behind a number."""
    import numpy as np

    start = 0
    for _ in range(line):
        start = text.find("\n", start) + 1
        if not start:
            return -1
    letters = np.frombuffer(text[start:].encode("latin-1"), np.uint8) > ord(" ")
    return int(np.count_nonzero(letters[1:] & ~letters[:-1])) + int(letters[:1].any())


def _read_fast(data: bytes, text: str, size: _Size) -> Mask | None:
    """What scipy's reader makes of the file; None if it makes nothing of it, or something that needs a closer look."""
    import numpy as np
    from scipy.io import mmread

    try:
        matrix = mmread(io.BytesIO(data))
    except Exception:
        # Whatever it dislikes, the other reader says where it is.
        return None
    if matrix.shape != (size.m, size.n):
        return None
    values = matrix if isinstance(matrix, np.ndarray) else matrix.data
    if (values == 0).any() and may_underflow(text):
        return None
    if isinstance(matrix, np.ndarray):
        return Mask.from_array(matrix != 0) if np.isfinite(matrix).all() else None
    places = np.sort(matrix.row.astype(np.int64) * size.n + matrix.col)
    if not np.isfinite(matrix.data).all() or (places[1:] == places[:-1]).any():
        return None
    inside = matrix.data != 0
    return Mask.from_positions(matrix.row[inside], matrix.col[inside], (size.m, size.n))


@final
@dataclass(frozen=True, slots=True)
class _Size:
    """What banner and size line say, and where the size line is; ``announced`` entries are stored (0 for an array)."""

    line: int
    m: int
    n: int
    announced: int
    layout: str
    symmetry: str
    n_numbers: int


class _Grid:
    """A matrix being filled; each entry is given once."""

    def __init__(self, source: str, size: _Size) -> None:
        self.source = source
        self.size = size

    def put(self, i: int, j: int, words: list[_Word], line: int) -> None:
        """Set an entry to the number that ``words`` are; no words stand for 1."""
        raise NotImplementedError

    def stored(self, i: int, j: int) -> bool:
        """Whether the format writes this entry down, or leaves it to the symmetry."""
        symmetry = self.size.symmetry
        return symmetry == "general" or (i > j if symmetry == "skew-symmetric" else i >= j)

    def twice(self, i: int, j: int, line: int) -> InputError:
        return InputError(self.source, line, 1, f"entry ({i + 1}, {j + 1}) appears twice")


@final
class _Bits(_Grid):
    """A mask; ``inside`` and ``seen`` hold one bit an entry, a bytearray a row.

    Setting a bit of a long Python integer would copy the whole row each time.
    """

    def __init__(self, source: str, size: _Size) -> None:
        super().__init__(source, size)
        n_bytes = size.n // 8 + 1
        self.inside = [bytearray(n_bytes) for _ in range(size.m)]
        self.seen = [bytearray(n_bytes) for _ in range(size.m)]

    def put(self, i: int, j: int, words: list[_Word], line: int) -> None:
        bit = 1 << (j & 7)
        if self.seen[i][j >> 3] & bit:
            raise self.twice(i, j, line)
        symmetric = self.size.symmetry != "general"
        self.seen[i][j >> 3] |= bit
        if symmetric:
            # Either triangle may be stored, but not both.
            self.seen[j][i >> 3] |= 1 << (i & 7)
        if not words or _nonzero(self.source, line, words):
            self.inside[i][j >> 3] |= bit
            if symmetric:
                self.inside[j][i >> 3] |= 1 << (i & 7)

    def mask(self) -> Mask:
        return Mask(tuple(int.from_bytes(row, "little") for row in self.inside), self.size.n)


@final
class _Numbers(_Grid):
    """A matrix of numbers as they are written."""

    def __init__(self, source: str, size: _Size) -> None:
        super().__init__(source, size)
        self.entries: dict[tuple[int, int], str] = {}

    def put(self, i: int, j: int, words: list[_Word], line: int) -> None:
        if (i, j) in self.entries:
            raise self.twice(i, j, line)
        _nonzero(self.source, line, words)
        written = words[0][1] if words else "1"
        self.entries[i, j] = written
        if self.size.symmetry != "general":
            turned = written.removeprefix("-") if written.startswith("-") else "-" + written.removeprefix("+")
            self.entries[j, i] = turned if self.size.symmetry == "skew-symmetric" else written


def _words(lines: Iterator[tuple[int, str]]) -> _Lines:
    for number, line in lines:
        if line.lstrip() and not line.lstrip().startswith("%"):
            yield number, [(match.start() + 1, match[0]) for match in _WORD.finditer(line)]


def _size(words: _Lines, source: str, layout: str, symmetry: str, n_numbers: int) -> _Size:
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
    return _Size(line, m, n, announced, layout, symmetry, n_numbers)


def _read_coordinates(words: _Lines, grid: _Grid) -> None:
    size, n_numbers = grid.size, grid.size.n_numbers
    last, found = size.line, 0
    for line, entry in words:
        # Patterns are written with a number in a third column too, which says nothing.
        if len(entry) != 2 + n_numbers and not (n_numbers == 0 and len(entry) == 3):
            raise InputError(grid.source, line, 1, f"an entry is {2 + n_numbers} numbers, not {len(entry)}")
        i, j = (_count(grid.source, line, word) - 1 for word in entry[:2])
        if not (0 <= i < size.m and 0 <= j < size.n):
            problem = f"entry ({i + 1}, {j + 1}) is outside the {size.m}x{size.n} matrix"
            raise InputError(grid.source, line, 1, problem)
        if i == j and size.symmetry == "skew-symmetric":
            problem = f"entry ({i + 1}, {j + 1}) of a {size.symmetry} matrix is not to be given"
            raise InputError(grid.source, line, 1, problem)
        grid.put(i, j, entry[2:] if n_numbers else [], line)
        last, found = line, found + 1
    if found != size.announced:
        raise InputError(grid.source, last, 1, f"{found} entries where {size.announced} are announced")


def _read_array(words: _Lines, grid: _Grid) -> None:
    last, n_numbers = grid.size.line, grid.size.n_numbers
    for j in range(grid.size.n):
        for i in range(grid.size.m):
            if not grid.stored(i, j):
                continue
            line, entry = next(words, (0, []))
            if not line:
                raise InputError(grid.source, last, 1, f"the file ends before entry ({i + 1}, {j + 1})")
            if len(entry) != n_numbers:
                raise InputError(grid.source, line, 1, f"an entry is {n_numbers} numbers, not {len(entry)}")
            grid.put(i, j, entry, line)
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
