"""The masks of two factors for a terminal: each term a rectangle in its colour and with its sign, what is ill-posed marked.

The sign of a term (1 … 9, a … z) says without colours what the colours say with them; ``+`` in the product stands where several
terms meet. Arrows at rows, columns and terms mark where the mask is ill-posed; everything else is dim there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from qeclose.report.drawing import short

if TYPE_CHECKING:
    from rich.text import Text

    from qeclose.decide.verdict import Verdict
    from qeclose.support.model import Support

__all__ = ["can_be_drawn", "rectangles"]

_SIGNS = "123456789abcdefghijklmnopqrstuvwxyz"
_COLOURS = (
    "blue", "yellow", "green", "magenta", "cyan", "red", "bright_blue", "bright_yellow", "bright_green", "bright_magenta",
    "bright_cyan", "bright_red",
)  # fmt: skip
_WIDTH = 76
_HEIGHT = 32
_GAP = 3
_ROW, _COLUMN, _OUTSIDE, _MISSING = "▸", "▴", "·", "?"


@final
@dataclass(frozen=True, slots=True)
class _Block:
    """A mask to draw: at each place the terms there, or None for one that is not observed, and which lines are marked."""

    head: str
    terms: Sequence[Sequence[tuple[int, ...] | None]]
    rows: frozenset[int]
    columns: frozenset[int]
    names: tuple[str, ...] | None = None

    @property
    def label_width(self) -> int:
        return max(map(len, map(short, self.names))) + 1 if self.names else 0

    @property
    def width(self) -> int:
        return self.label_width + 2 + 2 * len(self.terms[0])


def can_be_drawn(support: Support) -> bool:
    """Whether the factors of two, and their product, fit side by side on a terminal of 80 columns."""
    if len(support.factors) != 2 or not all(support.shape):
        return False
    (m, n), r = support.shape, support.inner[0]
    named = (support.names.rows, support.names.terms) if support.names else ()
    labels = sum(max(map(len, map(short, names))) + 1 for names in named if names)
    width = labels + 6 + 2 * (r + n + n) + 2 * _GAP
    return 0 < r <= len(_SIGNS) and width <= _WIDTH and max(m, r) <= _HEIGHT


def rectangles(verdict: Verdict) -> Text:
    """I, Jᵀ and the product side by side, lines of at most 76 characters. The support must be one that ``can_be_drawn``."""
    from rich.text import Text

    drawn = _blocks(verdict)
    marked = verdict.witness is not None
    height = max(len(block.terms) for block in drawn) + 1 + marked
    lines = [Text() for _ in range(height)]
    for number, block in enumerate(drawn):
        for at, line in enumerate(_lines(block, marked)):
            lines[at].append_text(line)
        for at in range(height):
            if number < len(drawn) - 1:
                done = sum(one.width + _GAP for one in drawn[: number + 1])
                lines[at].append(" " * (done - len(lines[at].plain)))
    for line in lines:
        line.rstrip()
    return Text("\n").join(lines)


def _blocks(verdict: Verdict) -> list[_Block]:
    support, witness = verdict.support, verdict.witness
    empty: frozenset[int] = frozenset()
    rows, terms, columns = map(frozenset, witness.layers) if witness is not None else (empty, empty, empty)
    left, right = (mask.to_lists() for mask in support.factors)
    unseen = support.missing.to_lists() if support.missing is not None else None
    inner = range(support.inner[0])
    m, n = support.shape
    product = [
        [
            None if unseen and unseen[i][j] else tuple(k for k in inner if left[i][k] and right[k][j])
            for j in range(n)
        ]
        for i in range(m)
    ]
    row_names, term_names = (support.names.rows, support.names.terms) if support.names else (None, None)
    return [
        _Block("I", _each(left, lambda _, k: k), rows, terms, row_names),
        _Block("JT", _each(right, lambda k, _: k), terms, columns, term_names),
        _Block("XYᵀ", product, rows, columns),
    ]


def _each(mask: Sequence[Sequence[object]], term: Callable[[int, int], int]) -> list[list[tuple[int, ...]]]:
    return [[(term(i, j),) if inside else () for j, inside in enumerate(row)] for i, row in enumerate(mask)]


def _lines(block: _Block, marked: bool) -> list[Text]:
    from rich.text import Text

    indent = " " * block.label_width
    lines = [Text(f"{indent}  {block.head}", style="bold")]
    for i, row in enumerate(block.terms):
        label = f"{short(block.names[i]):<{block.label_width}}" if block.names else ""
        line = Text(label, style="" if not marked or i in block.rows else "dim")
        line.append(f"{_ROW} " if marked and i in block.rows else "  ", style="bold")
        for j, terms in enumerate(row):
            here = not marked or (i in block.rows and j in block.columns)
            line.append(_sign(terms), style=_style(terms, here))
            line.append(" ")
        lines.append(line)
    if marked:
        marks = " ".join(_COLUMN if j in block.columns else " " for j in range(len(block.terms[0])))
        lines.append(Text(f"{indent}  {marks}", style="bold"))
    return lines


def _sign(terms: tuple[int, ...] | None) -> str:
    if terms is None:
        return _MISSING
    if not terms:
        return _OUTSIDE
    return _SIGNS[terms[0]] if len(terms) == 1 else "+"


def _style(terms: tuple[int, ...] | None, here: bool) -> str:
    if not terms:
        return "dim"
    colour = f"black on {_COLOURS[terms[0] % len(_COLOURS)]}" if len(terms) == 1 else "reverse bold"
    return colour if here else colour + " dim"
