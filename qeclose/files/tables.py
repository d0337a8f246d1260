"""Masks as tables (``.csv``, ``.tsv``): cells apart, numbers or True and False, with or without a header and an index."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from qeclose.errors import InputError
from qeclose.files.headers import Code, Frame, frame_of
from qeclose.files.numbers import (
    NOT_FINITE,
    UNOBSERVED,
    exact_number,
    is_hole,
    is_nonzero,
    may_underflow,
    not_a_number,
)
from qeclose.files.sections import LABELS, SECTION, Section, assemble
from qeclose.files.text import numbered_lines
from qeclose.support.bits import NOTHING, bits
from qeclose.support.limits import MAX_SIDE, too_large
from qeclose.support.mask import Mask
from qeclose.support.model import Support

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["NumberTable", "Table", "parse_csv", "parse_numbers", "parse_table"]

_TRUTH = {"true": Code.ONE_LIKE, "false": Code.ZERO_LIKE}
_NUMERIC = re.compile(r"[0-9+\-.eE,; \t]*")
_QUOTED = re.compile(r'"[^"]*"')

_Line = tuple[int, str]


@final
@dataclass(frozen=True, slots=True)
class Table:
    """A mask, what its header and index call its columns and rows, and how the table was understood."""

    mask: Mask
    row_names: tuple[str, ...] | None = None
    column_names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()

    def section(self, label: str, line: int = 0) -> Section:
        """The mask under its label."""
        return Section(label, self.mask, line, self.row_names, self.column_names)


@final
@dataclass(frozen=True, slots=True)
class NumberTable:
    """The numbers of a table as they are written, a decimal comma made a point, with names and notes as in ``Table``."""

    cells: tuple[tuple[str, ...], ...]
    row_names: tuple[str, ...] | None
    column_names: tuple[str, ...] | None
    notes: tuple[str, ...]


def parse_csv(text: str, source: str) -> Support:
    """The support in a file with a row ``I``, ``J``, ``JT`` or ``F1`` … ``FL`` before the rows of each mask.

    Raises ``InputError`` with line and column.
    """
    blocks: list[tuple[str, int, list[_Line]]] = []
    for number, line in _content(text):
        if (found := _label(line)) is not None:
            blocks.append((found, number, []))
        elif blocks:
            blocks[-1][2].append((number, line))
        else:
            raise InputError(source, number, 1, f"a row before any section label ({LABELS})")
    if not blocks:
        raise InputError(source, 1, 1, f"empty: no section ({LABELS})")
    tables = [_table(lines, source, label, line) for label, line, lines in blocks]
    sections = [table.section(label, line) for table, (label, line, _) in zip(tables, blocks, strict=True)]
    return assemble(sections, source=source, notes=[note for table in tables for note in table.notes])


def parse_table(text: str, source: str, label: str) -> Table:
    """The one mask in a table. Raises ``InputError`` with line and column."""
    return _table(list(_content(text)), source, label, 1)


def parse_numbers(
    text: str,
    source: str,
    shape: tuple[int, int] | None = None,
    missing: Mapping[int, int] = NOTHING,
) -> NumberTable:
    """The table of numbers, fractions such as 1/3 among them. Raises ``InputError`` with line and column.

    At ``missing`` positions (by row, as bitsets of columns) a cell may hold nothing, or a word for that: it becomes 0.

    The ``shape`` that it must have, if that is known, tells a header and an index from entries; otherwise the rules for masks do.
    """
    lines = list(_content(text))
    if not lines:
        raise InputError(source, 1, 1, "empty: no row of numbers")
    cells = _Cells(lines, source, "the matrix", fractions=True)
    codes = cells.codes()
    frame = _frame_by_shape(codes, shape) or frame_of(codes, cells)
    codes = cells.filled(codes, frame, missing)
    cells.require_numbers(codes, frame, UNOBSERVED)
    numbers = tuple(
        tuple(cells.number_text(cell.strip()) for cell in row[frame.left :])
        for row in cells.rows[frame.top :]
    )
    return NumberTable(numbers, *cells.names(frame), cells.notes(frame))


def _frame_by_shape(codes: NDArray[np.uint8], shape: tuple[int, int] | None) -> Frame | None:
    """The frame that leaves a table of this shape, if there is one."""
    if shape is None:
        return None
    top, left = codes.shape[0] - shape[0], codes.shape[1] - shape[1]
    if top not in (0, 1) or left not in (0, 1):
        return None
    named_columns = bool(top) and bool((codes[0, left:] == Code.NAME).any())
    return Frame(top, left, named_columns, bool(left) and bool((codes[top:, 0] == Code.NAME).any()))


def _content(text: str) -> Iterator[_Line]:
    for number, line in numbered_lines(text):
        body = _without_comment(line).rstrip(" \r") if "#" in line else line.rstrip(" ")
        if body and not body.isspace():
            yield number, body


def _without_comment(line: str) -> str:
    """The line up to a ``#`` that is not part of a name: at its start, after a blank, after a number."""
    hidden = _hidden(line)
    for mark in re.finditer("#", hidden):
        before = hidden[: mark.start()]
        if not before or before[-1].isspace() or _NUMERIC.fullmatch(before):
            return line[: mark.start()]
    return line


def _label(line: str) -> str | None:
    label = line.strip(' \t,;"').removesuffix(":")
    return label if SECTION.fullmatch(label) else None


def _table(lines: Sequence[_Line], source: str, label: str, label_line: int) -> Table:
    if not lines:
        raise InputError(source, label_line, 1, f"{label} has no rows")
    if len(lines) > MAX_SIDE + 1:
        line = lines[MAX_SIDE + 1][0]
        raise InputError(source, line, 1, f"{label} is too large: at most {MAX_SIDE} rows or columns")
    cells = _Cells(lines, source, label)
    codes = cells.plain_codes()
    if codes is None:
        codes = cells.number_codes()
    if codes is None:
        codes = cells.codes()
    frame = frame_of(codes, cells)
    values = codes[frame.top :, frame.left :]
    if problem := too_large(*values.shape):
        raise InputError(source, label_line, 1, f"{label}: {problem}")
    cells.require_numbers(codes, frame)
    inside = (values & 1).astype(bool)
    return Table(Mask.from_array(inside), *cells.names(frame), cells.notes(frame))


@final
class _Cells:
    """A table's lines, cut into cells when they must be."""

    def __init__(self, lines: Sequence[_Line], source: str, label: str, *, fractions: bool = False) -> None:
        self.lines = lines
        self.source = source
        self.label = label
        self.fractions = fractions
        self.bodies = [body for _, body in lines]
        self.delimiter = _delimiter(self.bodies[-1].replace("/", "") if fractions else self.bodies[-1])
        self._rows: list[list[str]] | None = None
        self._short = False

    def plain_codes(self) -> NDArray[np.uint8] | None:
        """The codes of a table that is written as plain 0,1,0; None for any other."""
        import numpy as np

        digits = [body[::2] for body in self.bodies]
        width = len(digits[0])
        separators = self.delimiter * (width - 1)
        for row, body in zip(digits, self.bodies, strict=True):
            if len(row) != width or body[1::2] != separators or row.count("0") + row.count("1") != width:
                return None
        flat = np.frombuffer("".join(digits).encode(), np.uint8) - ord("0")
        return flat.reshape(len(digits), width)

    def number_codes(self) -> NDArray[np.uint8] | None:
        """The codes of a table of nothing but decimal numbers that floats can hold; None for any other.

        How a number is spelled is not told apart, 0 from 0.0; so None where that may tell a header or an index.
        """
        import numpy as np

        head = [] if _NUMERIC.fullmatch(self.bodies[0]) else self.texts(0)
        bodies = self.bodies[1:] if head else self.bodies
        if head and self.bodies[0].count('"') % 2:
            return None
        if not bodies or not all(map(_NUMERIC.fullmatch, bodies)):
            return None
        if self.delimiter in ";\t":
            bodies = [body.replace(",", ".") for body in bodies]
        try:
            numbers = np.loadtxt(bodies, delimiter=self.delimiter.strip(" ") or None, ndmin=2, comments=None)
        except ValueError:
            return None
        if not np.isfinite(numbers).all() or len(numbers) != len(bodies):
            return None
        if (numbers == 0).any() and any(map(may_underflow, bodies)):
            return None
        if _may_be_framed(numbers):
            return None
        codes = np.full(numbers.shape, Code.OTHER, np.uint8)
        codes[numbers == 0] = Code.ZERO_LIKE
        codes[numbers == 1] = Code.ONE_LIKE
        if head:
            if len(head) != numbers.shape[1]:
                return None
            codes = np.vstack([np.array([self._code(cell) for cell in head], np.uint8), codes])
        return codes

    def codes(self) -> NDArray[np.uint8]:
        """The codes of all cells; a first row that is one cell short gets an empty corner. Raises ``InputError``."""
        import numpy as np

        rows = self.rows
        width = len(rows[-1])
        known: dict[str, Code] = {}
        if len(rows) > 1 and len(rows[0]) == width - 1 and self._has_row_names():
            # R leaves out the corner above its row names.
            rows[0].insert(0, "")
            self._short = True
        flat = bytearray()
        for number, row in enumerate(rows):
            if len(row) != len(rows[0]):
                problem = f"row {number + 1} of {self.label} has {len(row)} entries, the rows above have {len(rows[0])}"
                raise InputError(self.source, self.lines[number][0], 1, problem)
            for cell in row:
                code = known.get(cell)
                if code is None:
                    code = known[cell] = self._code(cell.strip())
                flat.append(code)
        return np.frombuffer(bytes(flat), np.uint8).reshape(len(rows), width)

    @property
    def rows(self) -> list[list[str]]:
        """The cells as text, a list a line."""
        if self._rows is None:
            blanks = self.delimiter == " "
            bodies = [body.strip() for body in self.bodies] if blanks else self.bodies
            try:
                rows = list(csv.reader(bodies, delimiter=self.delimiter, skipinitialspace=True))
            except csv.Error as error:
                raise InputError(self.source, 0, 0, f"not a readable table: {error}") from None
            if len(rows) != len(bodies):
                line = next((k for k, body in enumerate(bodies) if body.count('"') % 2), 0)
                problem = "a quoted cell goes on beyond the end of its line"
                raise InputError(self.source, self.lines[line][0], 1, problem)
            self._rows = rows
        return self._rows

    def texts(self, i: int) -> list[str]:
        """The cells of row i, without blanks around them."""
        if self._rows is None:
            body = self.bodies[i].strip() if self.delimiter == " " else self.bodies[i]
            row = next(csv.reader([body], delimiter=self.delimiter, skipinitialspace=True))
        else:
            row = self._rows[i]
        return [cell.strip() for cell in row]

    def text(self, i: int, j: int) -> str:
        """The cell in row i and column j, without blanks around it."""
        return self.texts(i)[j]

    def error(self, i: int, j: int, problem: str) -> InputError:
        """The error at a cell."""
        line, body = self.lines[i]
        if self._short and i == 0:
            j = max(j - 1, 0)
        return InputError(self.source, line, _column(body, j, self.delimiter), problem)

    def filled(self, codes: NDArray[np.uint8], frame: Frame, missing: Mapping[int, int]) -> NDArray[np.uint8]:
        """The codes with 0 in place of what stands for no number at missing positions; the cells likewise."""
        codes = codes.copy()
        for i, row in enumerate(self.rows[frame.top :]):
            for j in bits(missing.get(i, 0)):
                if j + frame.left < len(row) and is_hole(row[j + frame.left].strip()):
                    row[j + frame.left] = "0"
                    codes[i + frame.top, j + frame.left] = Code.ZERO_LIKE
        return codes

    def require_numbers(self, codes: NDArray[np.uint8], frame: Frame, hint: str = "") -> None:
        """Raise ``InputError`` at the first cell that is no number, with a ``hint`` if it stands for nothing observed."""
        import numpy as np

        wrong = np.argwhere(codes[frame.top :, frame.left :] >= Code.NAME)
        if wrong.size:
            i, j = int(wrong[0][0]) + frame.top, int(wrong[0][1]) + frame.left
            text = self.text(i, j)
            said = not_a_number(text) if text else "an empty cell"
            raise self.error(i, j, f"{said}: {hint}" if hint and is_hole(text) else said)

    def number_text(self, cell: str) -> str:
        """The number in a cell, written as ``numbers.exact_number`` reads it."""
        lowered = cell.lower()
        if lowered in _TRUTH:
            return str(_TRUTH[lowered] & 1)
        return cell if self.delimiter == "," or "." in cell else cell.replace(",", ".", 1)

    def names(self, frame: Frame) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        """The names of rows and columns, where the table has names."""
        rows = columns = None
        if frame.named_rows:
            rows = tuple(self.text(i, 0) for i in range(frame.top, len(self.rows)))
        if frame.named_columns:
            columns = tuple(self.texts(0)[frame.left :])
        return rows, columns

    def notes(self, frame: Frame) -> tuple[str, ...]:
        """What a header and an index were taken for."""
        header = "names" if frame.named_columns else "numbers of the columns"
        index = "names" if frame.named_rows else "numbers of the rows"
        notes = [f"{self.label}: the first row was taken for a header, the {header}"] if frame.top else []
        if frame.left:
            notes.append(f"{self.label}: the first column was taken for an index, the {index}")
        return tuple(notes)

    def _has_row_names(self) -> bool:
        """Whether the first cells below the first line are names, or are quoted to say that they are."""
        quoted = all(body.lstrip().startswith('"') for body in self.bodies[1:])
        return quoted or all(self._code(row[0].strip()) is Code.NAME for row in self.rows[1:] if row)

    def _code(self, cell: str) -> Code:
        if cell == "0":
            return Code.ZERO
        if cell == "1":
            return Code.ONE
        lowered = cell.lower()
        if lowered in _TRUTH:
            return _TRUTH[lowered]
        if is_hole(cell) or NOT_FINITE.fullmatch(cell):
            return Code.NO_VALUE
        number = self.number_text(cell)
        if self.fractions and "/" in number and (fraction := exact_number(number)) is not None:
            return Code.OTHER if fraction else Code.ZERO_LIKE
        nonzero = is_nonzero(number)
        if nonzero is None:
            return Code.NAME
        if not nonzero:
            return Code.ZERO_LIKE
        if cell.isdigit():
            return Code.OTHER_WHOLE
        # Only a table of 0 and 1 is at stake: 1 as 0.1e1 may be any number.
        return (
            Code.ONE_LIKE if re.fullmatch(r"\+?0*1(\.0*)?(e[+-]?0+)?", number, re.IGNORECASE) else Code.OTHER
        )


def _may_be_framed(numbers: NDArray[np.float64]) -> bool:
    """Whether the first row or the first column may be a header or an index of numbers."""
    import numpy as np

    row, column = numbers[0], numbers[:, 0]
    increasing = bool((np.diff(row) > 0).all()) and len(numbers) > 1
    if increasing and (bool((row == np.floor(row)).all()) or bool(np.isin(numbers[1:], (0, 1)).all())):
        return True
    count = np.arange(len(column))
    return bool((column == count).all() or (column == count + 1).all())


def _delimiter(body: str) -> str:
    """What sets cells apart in a line, best the last, which is no header."""
    bare = _QUOTED.sub("", body)
    return next((mark for mark in ";\t," if mark in bare), " " if _all_numbers(bare) else ",")


def _hidden(body: str) -> str:
    """The line with its quoted cells made unreadable, as long as before."""
    return _QUOTED.sub(lambda match: "_" * len(match[0]), body)


def _all_numbers(body: str) -> bool:
    words = body.split()
    return len(words) > 1 and all(is_nonzero(word) is not None for word in words)


def _column(body: str, index: int, delimiter: str) -> int:
    """Where the cell of this index starts in the line, from 1."""
    hidden = _hidden(body)
    pattern = r"\S+" if delimiter == " " else f"[^{re.escape(delimiter)}]*"
    cells = list(re.finditer(pattern + ("" if delimiter == " " else f"({re.escape(delimiter)}|$)"), hidden))
    if index >= len(cells):
        return 1
    start = cells[index].start()
    return start + 1 + len(body[start:]) - len(body[start:].lstrip(" "))
