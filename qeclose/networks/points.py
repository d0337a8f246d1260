"""Input points read from a table, or from a data set that ``qeclose relu --dataset`` wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qeclose.errors import InputError
from qeclose.files.arrays import npy_tensor, npz_arrays
from qeclose.files.numbers import NUMBER_KINDS, exact_number
from qeclose.files.opening import read_bytes
from qeclose.files.text import decode, numbered_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["read_points"]

Point = tuple[Fraction, ...]

_TARGET = re.compile(r"(y|target|targets|label|output)[ _]?[0-9]*", re.IGNORECASE)
_NAME = re.compile(r"(?!(nan|inf|infinity)$)[^\W\d].*", re.IGNORECASE)
_INDEX = re.compile(r"|index|Unnamed: 0", re.IGNORECASE)


def read_points(path: str) -> list[Point]:
    """The inputs in a file, a point each, exactly as they are written.

    ``.npz`` (array ``inputs``) and ``.npy`` files, the certificate of a data set (``.json``), and tables: a point a line,
    numbers separated by commas, semicolons, tabs or blanks, ``#`` a comment. A header tells target columns (y, y1, …,
    target) and an index column (no name, or ``index``), which are no coordinates. Raises ``InputError`` for whatever
    else, and for a first row 0, 1, … that could be a header or a point.
    """
    match Path(path).suffix.lower():
        case ".npz" | ".npy":
            points = _from_array(_array(read_bytes(path), path), path)
        case ".json":
            points = _from_certificate(decode(read_bytes(path), path), path)
        case _:
            points = _from_table(decode(read_bytes(path), path), path)
    if not points:
        raise InputError(path, 0, 0, "no point here")
    return points


# Tables


def _from_table(text: str, path: str) -> list[Point]:
    lines = [
        (number, body) for number, line in numbered_lines(text) if (body := line.partition("#")[0]).strip()
    ]
    if not lines:
        return []
    separator = next((mark for mark in ",;\t" if mark in lines[0][1]), None)
    rows = [(number, list(_cells(line, separator))) for number, line in lines]
    names = [cell for _, cell in rows[0][1]]
    if _is_header(names):
        kept = _coordinates(names, path, rows[0][0])
        return [_point(cells, path, number, kept, len(names)) for number, cells in rows[1:]]
    if len(rows) > 1 and names == [str(column) for column in range(len(names))]:
        shown = ",".join(names[:4])
        problem = (
            f"the first row, {shown}, could be a header or a point: name the columns x1, x2, … or write 0.0"
        )
        raise InputError(path, rows[0][0], 1, problem)
    width = len(names)
    every = range(width)
    return [_point(cells, path, number, every, width) for number, cells in rows]


def _cells(line: str, separator: str | None) -> Iterator[tuple[int, str]]:
    """The cells of a line without blanks and quotation marks, each with its column in the file."""
    if separator is None:
        yield from ((piece.start() + 1, piece.group()) for piece in re.finditer(r"\S+", line))
        return
    column = 1
    for raw in line.split(separator):
        text = raw.strip()
        yield column + len(raw) - len(raw.lstrip()), text.removeprefix('"').removesuffix('"').strip()
        column += len(raw) + 1


def _is_header(names: Sequence[str]) -> bool:
    """Whether the first row holds names: words, or the numbers 0, 1, … behind the empty name of an index column."""
    start = 1 if _INDEX.fullmatch(names[0]) else 0
    columns = names[start:]
    numbered = start == 1 and columns == [str(column) for column in range(len(columns))]
    return numbered or (bool(columns) and all(_NAME.fullmatch(name) for name in columns))


def _coordinates(names: Sequence[str], path: str, line: int) -> list[int]:
    """The columns that are coordinates of inputs."""
    kept = [
        column
        for column, name in enumerate(names)
        if not _TARGET.fullmatch(name) and not (column == 0 and _INDEX.fullmatch(name))
    ]
    if not kept:
        raise InputError(path, line, 1, "the header names no column of inputs, only targets")
    return kept


def _point(cells: Sequence[tuple[int, str]], path: str, line: int, kept: Sequence[int], width: int) -> Point:
    if len(cells) != width:
        problem = f"{len(cells)} numbers, where the first line has {width}"
        raise InputError(path, line, 1, problem)
    return tuple(_number(*cells[column], path, line) for column in kept)


def _number(column: int, text: str, path: str, line: int) -> Fraction:
    value = exact_number(text)
    if value is None:
        raise InputError(path, line, column, f"{text[:40]!r} is not {NUMBER_KINDS}")
    return value


# Arrays and certificates


def _array(data: bytes, path: str) -> NDArray[Any] | None:
    if not data.startswith(b"PK"):
        return npy_tensor(data, path)
    arrays = dict(npz_arrays(data, path))
    key = "inputs" if "inputs" in arrays else next(iter(arrays), "")
    if key == "inputs" or len(arrays) == 1:
        return npy_tensor(arrays[key], path, member=key)
    listed = f"several arrays, none of them called inputs: {', '.join([*arrays][:10])}"
    raise InputError(path, 0, 0, listed if arrays else "empty: no array")


def _from_array(array: NDArray[Any] | None, path: str) -> list[Point]:
    import numpy as np

    if array is None or array.ndim != 2 or array.dtype.kind not in "biuf":
        raise InputError(path, 0, 0, "the inputs are a matrix of real numbers, a point a row")
    if not np.isfinite(array).all():
        raise InputError(path, 0, 0, "an input is not a finite number")
    return [tuple(Fraction(entry) for entry in row) for row in array.tolist()]


def _from_certificate(text: str, path: str) -> list[Point]:
    try:
        inputs = json.loads(text)["proof"]["inputs"]
        points = [tuple(exact_number(str(entry)) for entry in row) for row in inputs]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(path, 0, 0, "not the certificate of a data set (relu --dataset FILE.json)") from None
    found: list[Point] = []
    for point in points:
        numbers = [value for value in point if value is not None]
        if len(numbers) != len(point) or len(point) != len(points[0]):
            raise InputError(path, 0, 0, "the certificate's inputs are not points of one dimension")
        found.append(tuple(numbers))
    return found
