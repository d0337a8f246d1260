"""Masks as pictures: each term a coloured rectangle of A, overlaps, and an obstruction marked in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from qeclose.pages.markup import Child, Markup, element
from qeclose.support.bits import bits
from qeclose.support.model import Support

if TYPE_CHECKING:
    from qeclose.explaining.obstructions import Place
    from qeclose.support.mask import Mask

__all__ = ["COLOURS", "masks", "thumbnail"]

COLOURS = 8
"""Colours of terms; term 9 has that of term 1 again, and its number in the cell."""
_CELL = 26
_GAP = 14
_MOST_LINES = 40
_MOST_TERMS = 24
_BLOCKS = 48
"""Rows and columns of the picture of a mask that is too large to be drawn entry by entry."""
_THUMBNAIL = 24
_THUMBNAIL_WIDTH = 100
_LETTER = 6.5
_MOST_LETTERS = 14


def masks(support: Support, place: Place | None, values: Mapping[tuple[int, int], str]) -> Child:
    """I, Jᵀ and A with the terms' colours; ``place`` is framed, ``values`` are entries of A to be written in.

    A large mask is drawn in blocks, and the place on its own.
    """
    if len(support.factors) != 2:
        return [_factor(f"X{number}", mask) for number, mask in enumerate(support.factors, 1)]
    m, n = support.shape
    if max(m, n) <= _MOST_LINES and support.inner[0] <= _MOST_TERMS:
        return _scrolled(_pair(support, range(m), range(n), range(support.inner[0]), place, values))
    whole: list[Child] = [_factor("I", support.factors[0]), _factor("Jᵀ", support.factors[1])]
    if (
        place is None
        or max(len(place.rows), len(place.columns)) > _MOST_LINES
        or len(place.terms) > _MOST_TERMS
    ):
        return whole
    part = _scrolled(_pair(support, place.rows, place.columns, place.terms, place, values))
    return [*whole, element("p", "The obstruction alone:"), part]


def thumbnail(support: Support) -> Markup | None:
    """The factors side by side, a few pixels an entry; None for masks that are too large."""
    if max(size for mask in support.factors for size in mask.shape) > _THUMBNAIL:
        return None
    paths, left, height = [], 0, 0
    for mask in support.factors:
        rows, columns = mask.shape
        runs = "".join(
            f"M{left + start} {i}.5h{length}"
            for i, row in enumerate(mask.rows)
            for start, length in _runs(row)
        )
        frame = f"M{left} 0h{columns}v{rows}h-{columns}z"
        paths += [element("path", class_="rows", d=runs), element("path", class_="cell", d=frame)]
        left, height = left + columns + 1, max(height, rows)
    scale = max(1.0, min(8.0, _THUMBNAIL_WIDTH / max(left - 1, 1)))
    size = {"width": round(scale * (left - 1)), "height": round(scale * height)}
    return element("svg", *paths, viewBox=f"0 0 {left - 1} {height}", aria_hidden="true", **size)


def _runs(row: int) -> list[tuple[int, int]]:
    """Where the runs of ones begin, and their lengths."""
    found: list[tuple[int, int]] = []
    for j in bits(row):
        if found and found[-1][0] + found[-1][1] == j:
            found[-1] = found[-1][0], found[-1][1] + 1
        else:
            found.append((j, 1))
    return found


def _scrolled(picture: Child) -> Markup:
    return element(
        "div", picture, class_="scroll", tabindex="0", role="group", aria_label="picture of the masks"
    )


def _pair(
    support: Support,
    rows: Sequence[int],
    columns: Sequence[int],
    terms: Sequence[int],
    place: Place | None,
    values: Mapping[tuple[int, int], str],
) -> Markup:
    """The picture of these lines: I on the left, Jᵀ above, A between them."""
    names = support.names
    labels = [
        _labels(rows, None if names is None else names.rows),
        _labels(columns, None if names is None else names.columns),
    ]
    margin = [_LETTER * max(map(len, side), default=0) + 8 for side in labels]
    left, top = margin[0], margin[1] + 14
    across, down = left + _CELL * len(terms) + _GAP, top + _CELL * len(terms) + _GAP
    drawn: list[Child] = []
    shown_rows = set(rows) if place is None else set(place.rows)
    shown_columns = set(columns) if place is None else set(place.columns)
    shown_terms = set(terms) if place is None else set(place.terms)
    for b, k in enumerate(terms):
        drawn.append(_text(left + (b + 0.5) * _CELL, down - 4, str(k + 1), anchor="middle"))
        drawn.append(_text(across - 4, top + (b + 0.7) * _CELL, str(k + 1), anchor="end"))
        reached = support.terms[k]
        for a, i in enumerate(rows):
            faint = i not in shown_rows or k not in shown_terms
            drawn.append(_cell(left + b * _CELL, down + a * _CELL, [k] if reached[0] >> i & 1 else [], faint))
        for c, j in enumerate(columns):
            faint = j not in shown_columns or k not in shown_terms
            drawn.append(
                _cell(across + c * _CELL, top + b * _CELL, [k] if reached[1] >> j & 1 else [], faint)
            )
    for a, i in enumerate(rows):
        drawn.append(_text(left - 5, down + (a + 0.7) * _CELL, labels[0][a], anchor="end"))
        for c, j in enumerate(columns):
            covering = [k for k in terms if support.terms[k][0] >> i & 1 and support.terms[k][1] >> j & 1]
            inside = i in shown_rows and j in shown_columns
            unseen = support.missing is not None and bool(support.missing.rows[i] >> j & 1)
            x, y = across + c * _CELL, down + a * _CELL
            drawn.append(_cell(x, y, covering, not inside))
            said = "?" if unseen else values.get((i, j), "") if inside else ""
            if inside and place is not None:
                drawn.append(element("rect", class_="frame", x=x, y=y, width=_CELL, height=_CELL))
            if said:
                drawn.append(_value(x, y, said, bool(covering)))
    for c in range(len(columns)):
        x, y = across + (c + 0.7) * _CELL, top - 5
        drawn.append(
            _text(
                x, y, labels[1][c], anchor="start", turned=f"rotate(-90 {x} {y})" if margin[1] > 30 else None
            )
            if margin[1] > 30
            else _text(across + (c + 0.5) * _CELL, y, labels[1][c], anchor="middle")
        )
    drawn += [_text(left, down - 18, "I", strong=True), _text(across, 11, "Jᵀ", strong=True)]
    size = {"width": across + _CELL * len(columns) + 4, "height": down + _CELL * len(rows) + 4}
    told = "I on the left, J transposed above, the product between them; an entry has the colours of the terms that reach it"
    box = f"0 0 {size['width']} {size['height']}"
    return element("svg", element("title", told), *drawn, role="img", viewBox=box, **size)


def _labels(lines: Sequence[int], names: Sequence[str] | None) -> list[str]:
    shown = [str(line + 1) if names is None else names[line] for line in lines]
    return [name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 1]}…" for name in shown]


def _text(
    x: float, y: float, said: str, *, anchor: str = "start", strong: bool = False, turned: str | None = None
) -> Markup:
    kind = "strong" if strong else None
    return element("text", said, x=x, y=y, text_anchor=anchor, class_=kind, transform=turned)


def _value(x: float, y: float, said: str, filled: bool) -> Markup:
    kind = "value onfill" if filled else "value"
    return element("text", said, x=x + _CELL / 2, y=y + 0.7 * _CELL, class_=kind)


def _cell(x: float, y: float, covering: Sequence[int], faint: bool) -> list[Child]:
    """A square with a stripe for each term that reaches it."""
    width = _CELL / max(1, len(covering))
    dim = " dim" if faint else ""
    stripes = [
        element(
            "rect",
            class_=f"f{k % COLOURS}{dim}",
            x=round(x + s * width, 2),
            y=y,
            width=round(width, 2),
            height=_CELL,
        )
        for s, k in enumerate(covering)
    ]
    return [*stripes, element("rect", class_="cell", x=x, y=y, width=_CELL, height=_CELL)]


def _factor(name: str, mask: Mask) -> Markup:
    """One mask: its entries or, if it is large, how much of each block is inside."""
    m, n = mask.shape
    high, wide = min(m, _BLOCKS), min(n, _BLOCKS)
    cells: list[Child] = []
    for a, b, share in _shares(mask, high, wide):
        opacity = None if share == 1 else round(0.15 + 0.85 * share, 2)
        cells.append(element("rect", class_="inside", x=8 * b, y=8 * a, width=8, height=8, opacity=opacity))
    frame = element("rect", class_="cell", x=0, y=0, width=8 * wide, height=8 * high)
    told = f"{name}: {m} rows, {n} columns, {mask.nnz} entries inside"
    if (high, wide) != (m, n):
        told += f", drawn in {high} × {wide} blocks, the darker the more of a block is inside"
    size = {"width": 8 * wide + 2, "height": 8 * high + 2}
    picture = element(
        "svg",
        element("title", told),
        *cells,
        frame,
        role="img",
        viewBox=f"-1 -1 {size['width']} {size['height']}",
        **size,
    )
    return element(
        "figure", element("figcaption", told), element("div", picture, class_="scroll", tabindex="0")
    )


def _shares(mask: Mask, high: int, wide: int) -> list[tuple[int, int, float]]:
    """The blocks that are not empty, and the share of their entries inside."""
    m, n = mask.shape
    if not (m and n):
        return []
    found = []
    starts = [n * b // wide for b in range(wide + 1)]
    for a in range(high):
        rows = mask.rows[m * a // high : m * (a + 1) // high]
        for b in range(wide):
            start, width = starts[b], starts[b + 1] - starts[b]
            window = (1 << width) - 1
            count = sum((row >> start & window).bit_count() for row in rows)
            if count:
                found.append((a, b, count / (width * len(rows))))
    return found
