"""Reading one matrix of numbers, from every kind of file that masks are read from.

Numbers that are written in decimal, or as fractions, are exact; floats of binary files are the binary numbers they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from qeclose.errors import InputError
from qeclose.files.kinds import named_by_ending, refuse_foreign
from qeclose.files.numbers import NUMBER_KINDS, UNOBSERVED, exact_number, is_hole, not_a_number
from qeclose.files.opening import STDIN, read_bytes, without_gz
from qeclose.files.text import decode, numbered_lines
from qeclose.support.bits import NOTHING
from qeclose.support.limits import too_large

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["NumberMatrix", "read_matrix"]

_KEY = "A"
"""What the matrix is called in a file of several arrays."""

_Shape = tuple[int, int]
_exact = lru_cache(maxsize=100_000)(exact_number)


@final
@dataclass(frozen=True, slots=True)
class NumberMatrix:
    """An m×n matrix as a file has it: numbers as they are written, or an array of numbers, none of them NaN.

    ``row_names`` and ``column_names`` are those of a table; ``notes`` say how the file was understood.
    """

    cells: Sequence[Sequence[str]] | NDArray[Any]
    source: str
    row_names: tuple[str, ...] | None = None
    column_names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> _Shape:
        """Rows, columns."""
        return len(self.cells), len(self.cells[0])

    def exact(self, digits: int | None = None) -> list[list[Fraction]]:
        """The entries, exactly; with ``digits``, rounded to that many decimals.

        Raises ``InputError`` for an infinity.
        """
        if hasattr(self.cells, "dtype"):
            rows = [[self._fraction(e, i, j) for j, e in enumerate(row)] for i, row in enumerate(self.cells)]
        else:
            rows = [[_exact(str(cell)) or Fraction(0) for cell in row] for row in self.cells]
        return rows if digits is None else [[round(entry, digits) for entry in row] for row in rows]

    def floats(self, digits: int | None = None) -> NDArray[np.float64]:
        """The entries as floats, each the nearest to the number. Raises ``InputError`` where there is none."""
        import numpy as np

        if digits is not None or not hasattr(self.cells, "dtype"):
            array = np.array([[_float(entry) for entry in row] for row in self.exact(digits)])
        else:
            array = np.asarray(self.cells, dtype=np.float64)
        if (wrong := np.argwhere(~np.isfinite(array))).size:
            raise self._not_finite(*wrong[0])
        return array

    def _fraction(self, entry: Any, i: int, j: int) -> Fraction:
        try:
            return Fraction(*entry.as_integer_ratio()) if entry.dtype.kind == "f" else Fraction(int(entry))
        except (OverflowError, ValueError):
            raise self._not_finite(i, j) from None

    def _not_finite(self, i: int, j: int) -> InputError:
        return InputError(self.source, 0, 0, f"entry ({i + 1}, {j + 1}) is no finite number")


def read_matrix(path: str, shape: _Shape | None = None, missing: Mapping[int, int] = NOTHING) -> NumberMatrix:
    """The matrix in the file at ``path``; ``-`` is standard input (text or JSON).

    ``.csv``, ``.tsv``, ``.json``, ``.mtx``, ``.npy``, ``.npz`` (one array, or that called A; scipy's sparse files too),
    ``.safetensors`` (likewise), each also as ``.gz``; anything else is text: numbers between blanks, a row a line, or JSON.
    ``shape`` is the one wanted, if that is known: then a header or an index of a table is told by it, and another shape refused.
    At ``missing`` positions (by row, as bitsets of columns) nothing need stand: an empty cell, ?, NA, NaN, null become 0.
    Raises ``InputError``, with line and column where the format has them, and ``UsageError`` for a missing package.
    """
    found = _read(path, shape, missing)
    if shape is not None and found.shape != shape:
        problem = (
            f"the matrix is {found.shape[0]}x{found.shape[1]}, and the masks are for {shape[0]}x{shape[1]}"
        )
        raise InputError(path, 0, 0, problem)
    return found


def _read(path: str, shape: _Shape | None, missing: Mapping[int, int]) -> NumberMatrix:
    ending = "" if path == STDIN else Path(without_gz(path)).suffix.lower()
    if ending == ".safetensors":
        return NumberMatrix(_tensor(path, missing), path)
    data = read_bytes(path)
    refuse_foreign(data, path, ending)
    match ending:
        case ".npy":
            from qeclose.files.arrays import npy_array

            return NumberMatrix(_real(npy_array(data, path, nan=True), path, missing), path)
        case ".npz":
            return NumberMatrix(_real(_npz(data, path), path, missing), path)
        case ".mtx":
            return NumberMatrix(_mtx(data, path), path)
        case ".csv" | ".tsv":
            from qeclose.files.tables import parse_numbers

            table = parse_numbers(decode(data, path), path, shape, missing)
            return NumberMatrix(table.cells, path, table.row_names, table.column_names, table.notes)
    try:
        text = decode(data, path)
    except InputError as error:
        raise (ending and named_by_ending(path, ending)) or error from None
    json_like = ending == ".json" or text.lstrip("\ufeff \t\r\n").startswith(("[", "{"))
    return NumberMatrix((_json if json_like else _text)(text, path, missing), path)


def _text(text: str, source: str, missing: Mapping[int, int]) -> list[list[str]]:
    """Numbers between blanks, a row a line; ``#`` starts a comment."""
    rows: list[list[str]] = []
    for number, line in numbered_lines(text):
        body = line.partition("#")[0]
        words = body.split()
        if not words:
            continue
        words = _filled(words, missing.get(len(rows), 0))
        for index, word in enumerate(words):
            if _exact(word) is None:
                raise InputError(source, number, _start(body, index), _no_number(word))
        if rows and len(words) != len(rows[0]):
            problem = f"row {len(rows) + 1} has {len(words)} numbers, the rows above have {len(rows[0])}"
            raise InputError(source, number, _start(body, min(len(rows[0]), len(words) - 1)), problem)
        rows.append(words)
    if not rows:
        raise InputError(source, 1, 1, "empty: no row of numbers")
    _require_bearable(source, len(rows), len(rows[0]))
    return rows


def _filled(words: Sequence[Any], missing: int) -> list[Any]:
    """The words, with 0 for those that stand for no number at missing places."""
    return [
        "0" if missing >> j & 1 and type(word) is str and is_hole(word) else word
        for j, word in enumerate(words)
    ]


def _start(body: str, index: int) -> int:
    """Where a word of the line starts, from 1."""
    place = 0
    for word in body.split()[:index]:
        place = body.index(word, place) + len(word)
    return place + len(body[place:]) - len(body[place:].lstrip()) + 1


def _no_number(word: str) -> str:
    if set(",;") & set(word):
        return f"{not_a_number(word)}: in text, numbers are set apart by blanks; with commas, give the file the ending .csv"
    return f"{not_a_number(word)}: {UNOBSERVED if is_hole(word) else f'wanted is {NUMBER_KINDS}'}"


def _json(text: str, source: str, missing: Mapping[int, int]) -> list[list[str]]:
    """Nested lists of numbers, or of strings such as "1/3"; also as the value of A in an object."""

    def constant(name: str) -> str:
        if not is_hole(name):
            raise ValueError(f"{name} is no finite number")
        return name

    text = text.removeprefix("\ufeff")
    try:
        value = json.loads(text, parse_float=str, parse_int=str, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise InputError(source, error.lineno, error.colno, f"not JSON: {error.msg}") from None
    except (RecursionError, ValueError) as error:
        problem = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise InputError(source, 0, 0, f"not a matrix: {problem}") from None
    if type(value) is dict:
        if _KEY not in value:
            raise InputError(source, 0, 0, f"an object without the key {_KEY}: wanted is a list of rows")
        value = value[_KEY]
    if type(value) is not list or not value or any(type(row) is not list or not row for row in value):
        raise InputError(source, 0, 0, "wanted is a list of rows, each a list of numbers, none of them empty")
    for i, row in enumerate(value, 1):
        if len(row) != len(value[0]):
            problem = f"row {i} has {len(row)} numbers, the rows above have {len(value[0])}"
            raise InputError(source, 0, 0, problem)
        row[:] = _filled(["null" if entry is None else entry for entry in row], missing.get(i - 1, 0))
        for j, entry in enumerate(row, 1):
            if type(entry) is not str or _exact(entry) is None:
                shown = (
                    not_a_number(entry) if type(entry) is str else f"{json.dumps(entry)[:40]} is not a number"
                )
                hint = f": {UNOBSERVED}" if type(entry) is str and is_hole(entry) else ""
                raise InputError(source, 0, 0, f"entry ({i}, {j}): {shown}{hint}")
    _require_bearable(source, len(value), len(value[0]))
    return value


def _mtx(data: bytes, source: str) -> list[list[str]]:
    from qeclose.files.matrix_market import parse_mtx_numbers

    (m, n), entries = parse_mtx_numbers(data, source)
    rows = [["0"] * n for _ in range(m)]
    for (i, j), word in entries.items():
        if _exact(word) is None:
            raise InputError(source, 0, 0, f"entry ({i + 1}, {j + 1}): {not_a_number(word)}")
        rows[i][j] = word
    return rows


def _npz(data: bytes, source: str) -> NDArray[Any]:
    from qeclose.files.arrays import is_sparse, npy_array, npz_arrays, sparse_entries

    if is_sparse(data):
        dense: NDArray[Any] = sparse_entries(data, source).toarray()
        return dense
    arrays = dict(npz_arrays(data, source))
    key = _only(list(arrays), source, "array")
    return npy_array(arrays[key], source, member=key, nan=True)


def _tensor(path: str, missing: Mapping[int, int]) -> NDArray[Any]:
    import numpy as np

    from qeclose.files.arrays import check_matrix
    from qeclose.files.safetensors import open_weights

    weights = open_weights(path)
    name = _only([tensor.name for tensor in weights.tensors], path, "tensor")
    (shape,) = (tensor.shape for tensor in weights.tensors if tensor.name == name)
    check_matrix(shape, path, f"{name}: ")
    return _real(np.concatenate(list(weights.blocks(name))), path, missing)


def _only(keys: Sequence[str], source: str, kind: str) -> str:
    """The only key, or else the one called A."""
    if len(keys) == 1:
        return keys[0]
    if _KEY in keys:
        return _KEY
    held = f"{len(keys)} {kind}s ({', '.join(map(repr, keys[:6]))}{', …' if len(keys) > 6 else ''})"
    raise InputError(source, 0, 0, f"{held if keys else f'no {kind}'}: call the matrix {_KEY}")


def _real(array: NDArray[Any], source: str, missing: Mapping[int, int]) -> NDArray[Any]:
    """The array as real numbers without NaN, which become 0 at missing positions."""
    import numpy as np

    if array.dtype.kind == "c":
        if (array.imag != 0).any():
            raise InputError(source, 0, 0, "complex numbers, where real ones are wanted")
        array = array.real
    holes = np.argwhere(np.isnan(array)) if array.dtype.kind == "f" else np.empty((0, 2), int)
    if not len(holes):
        return array
    array = array.copy()
    for i, j in holes.tolist():
        if not missing.get(i, 0) >> j & 1:
            raise InputError(source, 0, 0, f"entry ({i + 1}, {j + 1}) is not a number: {UNOBSERVED}")
        array[i, j] = 0.0
    return array


def _require_bearable(source: str, m: int, n: int) -> None:
    if problem := too_large(m, n):
        raise InputError(source, 0, 0, problem)


def _float(entry: Fraction) -> float:
    try:
        return float(entry)
    except OverflowError:
        return float("inf")
