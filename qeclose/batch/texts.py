"""What a report tells about a decision, in the coordinates of the mask it was asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qeclose.support.relabelling import Relabelling

__all__ = ["moved_text"]

_NUMBERED = re.compile(r"\b(row|column|term)(s?) (\d+(?:, \d+)*)")
_SIDED = re.compile(r"\b(alike) (row|column)s\b|\b(generic) ([XY])\b")
_Numbered = tuple[str, str, tuple[int, ...]]
_OTHER = {"row": "column", "column": "row", "X": "Y", "Y": "X"}


def moved_text(text: str, relabelling: Relabelling) -> str:
    """A reason, or the detail of a presolve step, about a two-factor support as one about the relabelled support.

    Such texts (of ``decide.words`` and ``Step.detail``) name rows, columns and terms by numbers from 1; those
    about more factors name none.
    """
    layers = relabelling.layers
    if len(layers) != 3:
        return text
    places = {"row": layers[0], "term": layers[1], "column": layers[2]}

    def numbered(noun: str, plural: str, numbers: Sequence[int]) -> str:
        # A term beyond those of the mask was made by presolve and keeps its number.
        new = [_moved(number - 1, places[noun]) + 1 for number in numbers]
        return f"{turned(noun)}{plural} {', '.join(map(str, sorted(new)))}"

    def sided(match: re.Match[str]) -> str:
        alike, line, generic, factor = match.groups()
        return f"{alike} {turned(line)}s" if alike else f"{generic} {turned(factor)}"

    def turned(word: str) -> str:
        return _OTHER.get(word, word) if relabelling.reversed else word

    moved = "".join(part if isinstance(part, str) else numbered(*part) for part in _parts(text))
    return _SIDED.sub(sided, moved) if relabelling.reversed else moved


@lru_cache(maxsize=4096)
def _parts(text: str) -> list[str | _Numbered]:
    """The text in parts; those that number rows, columns or terms are taken apart."""
    # Every mention has three groups, and stands between two pieces of other text.
    pieces = _NUMBERED.split(text)
    parts: list[str | _Numbered] = [pieces[0]]
    for noun, plural, numbers, after in zip(*(pieces[first::4] for first in (1, 2, 3, 4)), strict=True):
        parts += [(noun, plural, tuple(map(int, numbers.split(", ")))), after]
    return parts


def _moved(index: int, places: tuple[int, ...]) -> int:
    return places[index] if index < len(places) else index
