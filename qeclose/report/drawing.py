"""Masks as rows of characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qeclose.support.mask import Mask
    from qeclose.support.model import Support

__all__ = ["clean", "drawable", "drawn_factors", "drawn_mask", "factor_names", "shape_of", "title"]

_MAX_WIDTH = 76
_MAX_HEIGHT = 32
_GAP = 3


def drawn_mask(mask: Mask, inside: str, outside: str) -> list[str]:
    """One line a row."""
    return ["".join(inside if entry else outside for entry in row) for row in mask.to_lists()]


def drawable(support: Support) -> bool:
    """Whether the factors fit side by side on a screen."""
    shapes = [factor.shape for factor in support.factors]
    width = sum(columns for _, columns in shapes) + _GAP * (len(shapes) - 1)
    return width <= _MAX_WIDTH and max(rows for rows, _ in shapes) <= _MAX_HEIGHT


def factor_names(support: Support) -> list[str]:
    """I and Jᵀ for two factors (J is drawn transposed, as in A ≈ X Yᵀ); F1, …, FL for more."""
    count = len(support.factors)
    return ["I", "JT"] if count == 2 else [f"F{number}" for number in range(1, count + 1)]


def drawn_factors(support: Support, inside: str = "1", outside: str = ".") -> list[str]:
    """The factors side by side under their names; the lines carry no blanks at their ends."""
    blocks = []
    for name, mask in zip(factor_names(support), support.factors, strict=True):
        lines = [name, *drawn_mask(mask, inside, outside)]
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
    return f"{m}×{n}, {factors}"
