"""Masks in Matrix Market files (``.mtx``); nonzero = inside.

Format: R. F. Boisvert, R. Pozo, K. A. Remington, "The Matrix Market exchange formats", NISTIR 5935 (1996).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from qeclose.errors import InputError
from qeclose.files.numbers import is_nonzero
from qeclose.files.text import numbered_lines
from qeclose.files.words import Words
from qeclose.support.limits import too_large
from qeclose.support.mask import Mask

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
    quick = _read_coordinates_fast if size.layout == "coordinate" else _read_array_fast
    if (found := quick(text, size)) is not None:
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


def _read_coordinates_fast(text: str, size: _Size) -> Mask | None:
    """The mask of a file of coordinates in which nothing is amiss; None for any other, which the slow reader reads.

    scipy's reader is not asked: on some damaged files it ends the process (1.17).
    """
    import numpy as np

    words = Words.of(_after(text, size.line))
    if words is None or not size.announced:
        return None
    width = len(words) // size.announced
    # Patterns are written with a number in a third column too, which says nothing.
    usual = width == 2 + size.n_numbers or (size.n_numbers == 0 and width == 3)
    if not usual or len(words) != width * size.announced or not words.fill_lines_of(width):
        return None
    rows, columns = words.counts(slice(0, None, width)), words.counts(slice(1, None, width))
    if rows is None or columns is None:
        return None
    if min(rows.min(), columns.min()) < 1 or rows.max() > size.m or columns.max() > size.n:
        return None
    rows, columns = rows - 1, columns - 1
    if size.symmetry == "skew-symmetric" and (rows == columns).any():
        return None
    places = rows * size.n + columns
    if size.symmetry != "general":
        # Either triangle may be stored, but not both.
        places = np.minimum(places, columns * size.n + rows)
    places.sort()
    if (places[1:] == places[:-1]).any():
        return None
    if size.n_numbers:
        inside = _nonzero_values(words, width)
        if inside is None:
            return None
        rows, columns = rows[inside], columns[inside]
    if size.symmetry != "general":
        rows, columns = np.concatenate((rows, columns)), np.concatenate((columns, rows))
    return Mask.from_positions(rows, columns, (size.m, size.n))


def _read_array_fast(text: str, size: _Size) -> Mask | None:
    """The same for a file of all entries, column by column."""
    import numpy as np

    words = Words.of(_after(text, size.line)) if size.symmetry == "general" else None
    if (
        words is None
        or len(words) != size.m * size.n * size.n_numbers
        or not words.fill_lines_of(size.n_numbers)
    ):
        return None
    nonzero = words.nonzero()
    if nonzero is None:
        return None
    entries = nonzero.reshape(size.n, size.m, size.n_numbers)
    return Mask.from_array(np.asarray(entries.any(axis=2)).T)


def _nonzero_values(words: Words, width: int) -> NDArray[np.bool_] | None:
    """Which entries are not zero; None unless all values are numbers. Whole numbers of few digits are quicker to read."""
    import numpy as np

    if width == 3 and (whole := words.counts(slice(2, None, width))) is not None:
        return np.asarray(whole != 0)
    nonzero = words.nonzero()
    return None if nonzero is None else np.asarray(nonzero.reshape(-1, width)[:, 2:].any(axis=1))


def _after(text: str, line: int) -> bytes:
    """What stands behind a line, in bytes, with line feeds alone."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    start = 0
    for _ in range(line):
        start = text.find("\n", start) + 1
        if not start:
            return b""
    return text[start:].encode("latin-1")


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
