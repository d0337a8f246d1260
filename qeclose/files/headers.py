"""Whether a table's first row is a header and its first column an index: read as such, as entries, or refused.

Names are told from numbers by themselves. Numbers are not: pandas heads the columns of a table 0, 1, …, r-1 and its rows
0, 1, …, m-1, and 0,1 may as well be a row of a mask. A header or an index is recognised where the table cannot well be
meant otherwise, and where it can, the table is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol, final

from qeclose.errors import InputError
from qeclose.files.numbers import not_a_number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Cells", "Code", "Frame", "frame_of"]


class Code(IntEnum):
    """What a cell is; of the numbers, those that are not zero are odd."""

    ZERO = 0  # written 0
    ONE = 1  # written 1
    ZERO_LIKE = 2  # 0.0, -0, False
    ONE_LIKE = 3  # 1.0, True
    OTHER_WHOLE = 5  # digits: 2, 17
    OTHER = 7  # another number
    NAME = 8
    NO_VALUE = 10  # empty, NaN, NA, an infinity


@final
@dataclass(frozen=True, slots=True)
class Frame:
    """How many rows a header takes and how many columns an index takes, 0 or 1 each, and whether they hold names."""

    top: int = 0
    left: int = 0
    named_columns: bool = False
    named_rows: bool = False


class Cells(Protocol):
    """What is asked of a table."""

    def text(self, i: int, j: int) -> str:
        """The cell in row i, column j."""
        ...

    def texts(self, i: int) -> list[str]:
        """The cells of row i."""
        ...

    def error(self, i: int, j: int, problem: str) -> InputError:
        """An error at the place of that cell."""
        ...


_CORNERS = ("", "Unnamed: 0")
_INDEX_WORDS = frozenset({"index", "id", "idx", "row", "rows", "name", "no", "nr", "unnamed"})
_SYMBOLS = frozenset("xX*?.-")
_AS_ROW = "if it is a row of the mask, put a row of names such as t1,t2,… above it; if it is a header, write names in it"
_AS_COLUMN = "if it is part of the mask, write 1 for nonzero and another name above it; if it is an index, write names in it"


def frame_of(codes: NDArray[np.uint8], cells: Cells) -> Frame:
    """The frame of a table with these codes. Raises ``InputError`` where it could be meant with and without."""
    height, width = codes.shape
    names = codes == Code.NAME
    if codes[0, 0] >= Code.NAME and cells.text(0, 0) in _CORNERS and min(height, width) > 1:
        # An empty corner is no entry: both a header and an index meet there.
        named = bool(names[0, 1:].all())
        if not named and not _is_count(cells.texts(0)[1:]):
            raise _not_a_name(codes, cells, start=1)
        return Frame(1, 1, named, bool(names[1:, 0].any()))
    head = _head(codes, names, cells)
    if head is not None and head.left:
        return head
    top, named_columns = (0, False) if head is None else (1, head.named_columns)
    if width > 1 and height > top and names[top:, 0].all():
        return Frame(top, 1, named_columns, named_rows=True)
    if _is_index(codes, cells, top, named_columns):
        return Frame(top, 1, named_columns)
    return Frame(top, 0, named_columns)


def _head(codes: NDArray[np.uint8], names: NDArray[np.bool_], cells: Cells) -> Frame | None:
    """The header, if the first row is one; with its corner, if that tells of an index too."""
    height, width = codes.shape
    texts = cells.texts(0)
    if names[0].all():
        if all(text in _SYMBOLS for text in texts):
            raise cells.error(0, 0, f"{texts[0]!r} is not a number, and hardly a name: a table holds numbers")
        if height == 1:
            raise cells.error(0, 0, f"{not_a_number(texts[0])}, and there is no row below a header")
        return Frame(1, 0, named_columns=True)
    if names[0, 0] and width > 1 and (codes[0, 1:] < Code.NAME).all():
        return _head_after_corner(codes, names, cells, texts)
    if names[0].any() or (codes[0] >= Code.NAME).any():
        raise _not_a_name(codes, cells, start=0)
    if height == 1:
        return None
    body = codes[1:]
    if _is_count(texts):
        spelled_apart = not _has(body, (Code.ZERO, Code.ONE, Code.OTHER_WHOLE))
        if spelled_apart or (width > 2 and bool((body <= Code.ONE_LIKE).all())):
            return Frame(1, 0)
        raise cells.error(
            0, 0, f"{','.join(texts[:4])}{',…' if width > 4 else ''} numbers the columns: {_AS_ROW}"
        )
    if bool((body <= Code.ONE_LIKE).all()) and _increases(texts) and (codes[0] > Code.ONE_LIKE).any():
        problem = f"{','.join(texts[:4])}{',…' if width > 4 else ''} above rows of 0 and 1 may be a header"
        raise cells.error(0, 0, f"{problem}: {_AS_ROW}")
    return None


def _head_after_corner(
    codes: NDArray[np.uint8], names: NDArray[np.bool_], cells: Cells, texts: list[str]
) -> Frame | None:
    """A name followed by numbers: the index's own name and a header 0, 1, …, or a row with its name."""
    width = codes.shape[1]
    counts = _is_count(texts[1:])
    if names[:, 0].all():
        if counts and codes.shape[0] > 1:
            if width > 3 and bool((codes[1:, 1:] <= Code.ONE_LIKE).all()):
                return Frame(1, 1, named_rows=True)
            raise cells.error(
                0, 1, f"{','.join(texts[1:5])} numbers the columns, or is a row: name the columns"
            )
        return None
    below = [cells.text(i, 0) for i in range(1, len(codes))]
    if (
        counts
        and _is_count(below)
        and width + len(below) > 5
        and bool((codes[1:, 1:] <= Code.ONE_LIKE).all())
    ):
        return Frame(1, 1)
    raise cells.error(0, 0, not_a_number(texts[0]))


def _is_index(codes: NDArray[np.uint8], cells: Cells, top: int, named_columns: bool) -> bool:
    """Whether the first column below the header numbers the rows. Raises ``InputError`` if it may."""
    height, width = codes.shape
    column = codes[top:, 0]
    if width == 1 or not len(column) or (column >= Code.NAME).any() or (top and not named_columns):
        return False
    if not (column[2:] >= Code.OTHER_WHOLE).all() or not (column[1:2] & 1).all():
        return False
    texts = [cells.text(i, 0) for i in range(top, height)]
    only_bits = bool((codes[top:, 1:] <= Code.ONE_LIKE).all())
    from_0 = _is_count(texts)
    from_1 = len(texts) > 1 and texts == [str(i + 1) for i in range(len(texts))]
    if len(texts) > 2 and from_0 and only_bits:
        return True
    named_index = named_columns and cells.text(0, 0).lower() in _INDEX_WORDS and (from_0 or texts == ["1"])
    if named_index or (named_columns and len(texts) > 2 and from_0) or (from_1 and only_bits):
        raise cells.error(top, 0, f"the first column may number the rows: {_AS_COLUMN}")
    return False


def _has(codes: NDArray[np.uint8], kinds: tuple[Code, ...]) -> bool:
    import numpy as np

    return bool(np.isin(codes, kinds).any())


def _is_count(texts: list[str]) -> bool:
    return texts == [str(j) for j in range(len(texts))]


def _increases(texts: list[str]) -> bool:
    try:
        values = [float(text.replace(",", ".")) for text in texts]
    except ValueError:
        return False
    return all(low < high for low, high in zip(values, values[1:], strict=False))


def _not_a_name(codes: NDArray[np.uint8], cells: Cells, start: int) -> InputError:
    """The error for a first row of names and numbers: at its first cell that is no value, else at the first name."""
    row = codes[0, start:]
    for wanted in (Code.NO_VALUE, Code.NAME):
        for j, code in enumerate(row, start):
            if code == wanted:
                text = cells.text(0, j)
                return cells.error(0, j, not_a_number(text) if text else "an empty cell")
    return cells.error(0, start, "a header has names, or 0, 1, … in order")
