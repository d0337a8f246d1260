"""Masks as rows of characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qeclose.support.mask import Mask
    from qeclose.support.model import Support

__all__ = [
    "clean",
    "drawable",
    "drawn_factors",
    "drawn_mask",
    "factor_names",
    "name_lines",
    "shape_of",
    "short",
    "title",
]

_MAX_WIDTH = 76
_MAX_HEIGHT = 32
_GAP = 3
_MAX_NAME = 16
_MAX_LISTED = 20


def drawn_mask(mask: Mask, inside: str, outside: str, names: Sequence[str] | None = None) -> list[str]:
    """One line a row, behind its name if rows have names."""
    rows = ["".join(inside if entry else outside for entry in row) for row in mask.to_lists()]
    if names is None:
        return rows
    shown = [short(name) for name in names]
    width = max(map(len, shown))
    return [f"{name:<{width}} {row}" for name, row in zip(shown, rows, strict=True)]


def drawable(support: Support) -> bool:
    """Whether the factors fit side by side on a screen."""
    drawn = _drawn(support)
    widths = [
        mask.n_cols + (max(len(short(name)) for name in named) + 1 if named else 0)
        for _, mask, named in drawn
    ]
    width = sum(widths) + _GAP * (len(widths) - 1)
    return width <= _MAX_WIDTH and max(len(mask.rows) for _, mask, _ in drawn) <= _MAX_HEIGHT


def short(name: str) -> str:
    """A name that is harmless on a terminal, and cut if it is long."""
    name = clean(name)
    return name if len(name) <= _MAX_NAME else f"{name[: _MAX_NAME - 1]}…"


def name_lines(support: Support) -> list[tuple[str, str]]:
    """The names that a drawing does not show, as (label, text) pairs: of A's columns, and of all lines if nothing is drawn."""
    if support.names is None:
        return []
    layers = support.names.layers
    inner = ["terms"] if len(layers) == 3 else [f"inner {number}" for number in range(1, len(layers) - 1)]
    labels = ["rows", *inner, "columns"]
    hidden = [len(layers) - 1] if drawable(support) else range(len(layers))
    return [(labels[k], _listed(named)) for k in hidden if (named := layers[k]) is not None]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return ", ".join(map(short, names[:_MAX_LISTED])) + more


def factor_names(support: Support) -> list[str]:
    """I and Jᵀ for two factors (J is drawn transposed, as in A ≈ X Yᵀ); F1, …, FL for more."""
    count = len(support.factors)
    return ["I", "JT"] if count == 2 else [f"F{number}" for number in range(1, count + 1)]


def _drawn(support: Support) -> list[tuple[str, Mask, tuple[str, ...] | None]]:
    """What is drawn: the name of each mask, the mask, and the names of its rows."""
    layers = support.names.layers if support.names else (None,) * (len(support.factors) + 1)
    masks = list(zip(factor_names(support), support.factors, layers[:-1], strict=True))
    return masks if support.missing is None else [*masks, ("W", support.missing, layers[0])]


def drawn_factors(support: Support, inside: str = "1", outside: str = ".") -> list[str]:
    """The factors, and W if entries are missing, side by side under their names, rows behind theirs; no blanks at line ends."""
    blocks = []
    for name, mask, named in _drawn(support):
        drawn = drawn_mask(mask, inside, outside, named)
        lines = [" " * (len(drawn[0]) - mask.n_cols) + name, *drawn]
        blocks.append((max(map(len, lines)), lines))
    height = max(len(lines) for _, lines in blocks)
    drawn = []
    for row in range(height):
        cells = [(lines[row] if row < len(lines) else "").ljust(width) for width, lines in blocks]
        drawn.append((" " * _GAP).join(cells).rstrip())
    return drawn


def clean(text: str) -> str:
    """The text with a mark in place of each character that would drive a terminal or reorder what is around it."""
    # Controls, line breaks, and the marks that turn the direction of writing are not printable; blanks are.
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def title(support: Support) -> str:
    """What to call the support: its name, else its source, else its shape."""
    return clean(support.name or support.source or shape_of(support))


def shape_of(support: Support) -> str:
    """The shape of A and the inner dimensions, in words."""
    m, n = support.shape
    inner = "×".join(map(str, support.inner))
    count = len(support.factors)
    factors = f"rank {inner}" if count == 2 else f"{count} factors, inner dimensions {inner}"
    missing = "" if support.missing is None else f", {support.missing.nnz} of {m * n} entries missing"
    return f"{m}×{n}, {factors}{missing}"
