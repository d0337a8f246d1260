"""Two factors with cardinality constraints: the box their supports lie in, and how many entries they may have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

from qeclose.checker.budget import spend
from qeclose.checker.masks import Factors, bitsets, read_mask, transposed
from qeclose.checker.reading import Path, entries, fields, index

__all__ = ["Bounded", "Bounds", "maximal", "read_bounded"]

_UNBOUNDED = 10**9
_MAX_STEPS = 2_000_000


@final
@dataclass(frozen=True, slots=True)
class Bounds:
    """At most so many entries in a factor as drawn, in each of its rows, in each of its columns."""

    total: int
    row: int
    column: int

    def allow(self, rows: list[str]) -> bool:
        """Whether a mask, given by its rows, keeps the bounds."""
        counts = [row.count("1") for row in rows]
        across = max(column.count("1") for column in transposed(rows))
        return sum(counts) <= self.total and max(counts) <= self.row and across <= self.column

    def on(self, rows: list[str]) -> Bounds:
        """The bounds that hold for all supports inside a mask that keep these."""
        total = min(self.total, sum(row.count("1") for row in rows))
        row = min(self.row, total, max(row.count("1") for row in rows))
        column = min(self.column, total, max(column.count("1") for column in transposed(rows)))
        return Bounds(total, row, column)

    @property
    def flipped(self) -> Bounds:
        """The bounds of the transposed factor."""
        return Bounds(self.total, self.column, self.row)


@final
@dataclass(frozen=True, slots=True)
class Bounded:
    """The box and the bounds of X and of Yᵀ."""

    box: Factors
    bounds: tuple[Bounds, Bounds]

    def read_inside(self, value: Any, path: Path) -> Factors:
        """A pair of masks inside the box."""
        masks = read_mask({"factors": value}, path)
        if [(len(a), len(a[0])) for a in masks] != [(len(a), len(a[0])) for a in self.box]:
            raise path.error("not of the shape of the box")
        for l, rows in enumerate(masks):
            if any(a & ~b for a, b in zip(bitsets(rows), bitsets(self.box[l]), strict=True)):
                raise (path / l).error("not inside the box")
        return masks

    def read_member(self, value: Any, path: Path) -> Factors:
        """A support inside the box that keeps the bounds."""
        masks = self.read_inside(value, path)
        for l, rows in enumerate(masks):
            if not self.bounds[l].allow(rows):
                raise (path / l).error("it does not keep the bounds")
        return masks


def read_bounded(mask: Any, bounds: Any, root: Path) -> Bounded:
    """What the fields ``mask`` and ``bounds`` of a certificate say. Raises ``CertificateError``."""
    box = read_mask(mask, root / "mask")
    if len(box) != 2:
        raise (root / "mask").error("bounds are for two factors")
    left, right = entries(bounds, root / "bounds", length=2)
    return Bounded(box, (_read(left, root / "bounds" / 0), _read(right, root / "bounds" / 1)))


def _read(value: Any, path: Path) -> Bounds:
    names = ("nnz", "row", "column")
    listed = zip(names, fields(value, path, *names), strict=True)
    return Bounds(*(_UNBOUNDED if bound is None else index(bound, path / name) for name, bound in listed))


def maximal(box: list[str], bounds: Bounds, path: Path) -> Iterator[tuple[str, ...]]:
    """The maximal sets of positions in the box that keep the bounds, as rows of 0 and 1."""
    places = [(i, j) for i, row in enumerate(box) for j, digit in enumerate(row) if digit == "1"]
    pending: list[tuple[int, tuple[tuple[int, int], ...]]] = [(0, ())]
    steps = 0
    while pending:
        position, chosen = pending.pop()
        steps += 1
        spend(1 + (len(chosen) >> 3))
        if steps > _MAX_STEPS:
            raise path.error("there are too many supports to be checked")
        if position < len(places):
            pending.append((position + 1, chosen))
            place = places[position]
            if _fits(chosen, place, bounds):
                pending.append((position + 1, (*chosen, place)))
            continue
        spend(1 + (len(places) * (1 + len(chosen)) >> 3))
        if not any(_fits(chosen, place, bounds) for place in set(places) - set(chosen)):
            rows = [["0"] * len(row) for row in box]
            for i, j in chosen:
                rows[i][j] = "1"
            yield tuple("".join(row) for row in rows)


def _fits(chosen: tuple[tuple[int, int], ...], place: tuple[int, int], bounds: Bounds) -> bool:
    i, j = place
    return (
        len(chosen) < bounds.total
        and sum(a == i for a, _ in chosen) < bounds.row
        and sum(b == j for _, b in chosen) < bounds.column
    )
