"""Cardinality constraints: factors with at most so many nonzero entries, wherever they are.

    I: rows=3 cols=2 nnz<=4
    J: rows=3 cols=2 row<=1 column<=2

``nnz`` bounds the whole factor, ``row`` each of its rows, ``column`` each of its columns. A factor may still be
given as a mask. E is then the union of E(I, J) over the supports that keep the bounds; the maximal ones suffice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

from qeclose.errors import NotAMask
from qeclose.support.bits import bits
from qeclose.support.mask import Mask
from qeclose.support.model import Support
from qeclose.support.names import Names

__all__ = ["BoundedSupport", "Bounds", "maximal_masks"]


@final
@dataclass(frozen=True, slots=True)
class Bounds:
    """At most ``total`` entries in a factor, ``row`` in each of its rows, ``column`` in each column; None: no bound."""

    total: int | None = None
    row: int | None = None
    column: int | None = None

    def __post_init__(self) -> None:
        for bound in (self.total, self.row, self.column):
            if bound is not None and (type(bound) is not int or bound < 0):
                raise NotAMask(f"{bound!r} is no bound: a number of entries, 0 or more, or None for no bound")

    def allows(self, mask: Mask) -> bool:
        """Whether the mask keeps the bounds."""
        return (
            (self.total is None or mask.nnz <= self.total)
            and (self.row is None or all(row.bit_count() <= self.row for row in mask.rows))
            and (self.column is None or all(column.bit_count() <= self.column for column in mask.columns))
        )

    @property
    def flipped(self) -> Bounds:
        """The bounds of the transposed factor."""
        return Bounds(self.total, self.column, self.row)

    def to_json(self) -> dict[str, Any]:
        """The bounds as a certificate holds them."""
        return {"nnz": self.total, "row": self.row, "column": self.column}


@final
@dataclass(frozen=True, slots=True)
class BoundedSupport:
    """Two factors X (m×r) and Y (n×r), each with bounds inside a mask.

    ``box`` holds the masks: all ones if only sizes are given.
    """

    box: Support
    left: Bounds
    right: Bounds

    def __post_init__(self) -> None:
        if not isinstance(self.box, Support) or len(self.box.factors) != 2:
            raise NotAMask("the box of a bounded support is a Support of two factors")
        if self.box.missing is not None:
            raise NotAMask("with bounds every entry of A is observed, so far: no W, no missing")
        if not isinstance(self.left, Bounds) or not isinstance(self.right, Bounds):
            raise NotAMask("the bounds of a bounded support are two values Bounds(total, row, column)")

    @staticmethod
    def parse(text: str, *, source: str = "<string>") -> BoundedSupport:
        """The one question written in ``text``; sections without bounds are masks. Raises ``InputError``."""
        from qeclose.files.bounds import parse_bounded

        return parse_bounded(text, source)

    @property
    def name(self) -> str:
        """The box's name: what the question is called."""
        return self.box.name

    @property
    def source(self) -> str:
        """Where the question came from."""
        return self.box.source

    @property
    def factors(self) -> tuple[Mask, ...]:
        """The masks that the supports lie in, as ``Support.factors``."""
        return self.box.factors

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n), the shape of A."""
        return self.box.shape

    @property
    def inner(self) -> tuple[int, ...]:
        """(r,)."""
        return self.box.inner

    @property
    def names(self) -> Names | None:
        """What rows, columns and terms are called."""
        return self.box.names

    @property
    def notes(self) -> tuple[str, ...]:
        """How the file was understood where that was not plain."""
        return self.box.notes

    def labelled(self, *, name: str, source: str) -> BoundedSupport:
        """The same question under another name and source."""
        return BoundedSupport(self.box.labelled(name=name, source=source), self.left, self.right)

    @property
    def drawn_bounds(self) -> tuple[Bounds, Bounds]:
        """The bounds of the factors as drawn, X and Yᵀ."""
        return self.left, self.right.flipped

    def question(self) -> dict[str, Any]:
        """The fields of a certificate that say what it is about."""
        return {**self.box.question(), "bounds": [bound.to_json() for bound in self.drawn_bounds]}

    def supports(self) -> Iterator[Support]:
        """The maximal supports that keep the bounds."""
        rights = tuple(maximal_masks(self.box.J, self.right))
        for left in maximal_masks(self.box.I, self.left):
            for right in rights:
                yield Support(left, right)


def maximal_masks(box: Mask, bounds: Bounds) -> Iterator[Mask]:
    """The maximal sets of positions inside ``box`` that keep the bounds, each once."""
    places = [(i, j) for i, row in enumerate(box.rows) for j in bits(row)]
    height = len(box.rows)
    total, per_row, per_column = (
        len(places) if bound is None else bound for bound in (bounds.total, bounds.row, bounds.column)
    )
    rows, row_count, column_count = [0] * height, [0] * height, [0] * box.n_cols
    skipped: list[tuple[int, int]] = []

    def fits(i: int, j: int, size: int) -> bool:
        return size < total and row_count[i] < per_row and column_count[j] < per_column

    def extend(position: int, size: int) -> Iterator[Mask]:
        if position == len(places):
            if not any(fits(i, j, size) for i, j in skipped):
                yield Mask(tuple(rows), box.n_cols)
            return
        i, j = places[position]
        if fits(i, j, size):
            rows[i] |= 1 << j
            row_count[i] += 1
            column_count[j] += 1
            yield from extend(position + 1, size + 1)
            rows[i] ^= 1 << j
            row_count[i] -= 1
            column_count[j] -= 1
        if min(total, per_row, per_column) < len(places):
            skipped.append((i, j))
            yield from extend(position + 1, size)
            skipped.pop()

    yield from extend(0, 0)
