"""Ill-posed under cardinality constraints: a limit of one of the supports that keep the bounds, outside all of them.

E is the union of E(I, Jᵀ) over the supports inside the box that keep the bounds; the maximal ones suffice, since E grows with
the support. They are listed here again, and each must be inside a support for which a refutation is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qeclose.checker.curve import check_curve, check_refutation, read_point
from qeclose.checker.masks import Factors, bitsets, read_mask, shape, transposed
from qeclose.checker.questions import Question
from qeclose.checker.reading import Path, entries, fields, index, members

__all__ = ["check_union"]

# At most so many entries in a factor as drawn, in each of its rows, in each of its columns.
_Bounds = tuple[int, int, int]

_MAX_SUPPORTS = 20_000
_MAX_STEPS = 2_000_000


def check_union(certificate: Any, root: Path, support: object) -> tuple[str, list[str], list[Question]]:
    """The claim, what was checked, and the questions left to engines. Raises ``CertificateError``."""
    names = ("format", "version", "mask", "bounds", "claim", "proof")
    name, version, mask, bounds, claim, proof = fields(certificate, root, *names)
    if name != "qeclose-certificate" or type(version) is not int or version != 1:
        raise root.error("the format is qeclose-certificate, version 1")
    if claim != "ill-posed":
        raise (root / "claim").error("with bounds the only claim that has certificates is ill-posed")
    if support is not None:
        raise (root / "bounds").error("a mask file has no bounds, so this certificate is not about it")
    box = read_mask(mask, root / "mask")
    limits = [
        _read_bounds(entry, root / "bounds" / l)
        for l, entry in enumerate(entries(bounds, root / "bounds", length=2))
    ]
    if len(box) != 2:
        raise (root / "mask").error("bounds are for two factors")
    path = root / "proof"
    _, member, curve, refutations = fields(proof, path, "kind", "member", "curve", "refutations")
    own = _member(member, path / "member", box, limits)
    checked, questions = check_curve(curve, path / "curve", own)
    point = read_point(curve["point"], path / "curve" / "point", shape(box))
    refuted: list[tuple[list[int], list[int]]] = []
    for where, listed in members(refutations, path / "refutations"):
        factors, refutation = fields(listed, where, "factors", "refutation")
        masks = _same_shape(read_mask({"factors": factors}, where), box, where)
        questions += check_refutation(refutation, where / "refutation", masks, point)[1]
        refuted.append((bitsets(masks[0]), bitsets(masks[1])))
    count = _check_all_covered(box, limits, refuted, path / "refutations")
    return claim, [*checked, f"A is in none of the {count} maximal supports that keep the bounds"], questions


def _read_bounds(value: Any, path: Path) -> _Bounds:
    listed = fields(value, path, "nnz", "row", "column")
    unbounded = 10**9
    total, row, column = (
        unbounded if bound is None else index(bound, path / name)
        for bound, name in zip(listed, ("nnz", "row", "column"), strict=True)
    )
    return total, row, column


def _member(value: Any, path: Path, box: Factors, limits: list[_Bounds]) -> Factors:
    """A support inside the box that keeps the bounds."""
    masks = read_mask({"factors": value}, path)
    for l, rows in enumerate(_same_shape(masks, box, path)):
        if not _inside(bitsets(rows), bitsets(box[l])):
            raise (path / l).error("not inside the box")
        total, per_row, per_column = limits[l]
        counts = [row.count("1") for row in rows]
        if (
            sum(counts) > total
            or max(counts) > per_row
            or max(c.count("1") for c in transposed(rows)) > per_column
        ):
            raise (path / l).error("it does not keep the bounds")
    return masks


def _same_shape(masks: Factors, box: Factors, path: Path) -> Factors:
    if len(masks) != 2 or [(len(a), len(a[0])) for a in masks] != [(len(a), len(a[0])) for a in box]:
        raise path.error("not of the shape of the box")
    return masks


def _check_all_covered(
    box: Factors, limits: list[_Bounds], refuted: list[tuple[list[int], list[int]]], path: Path
) -> int:
    lefts, rights = (list(_maximal(rows, bounds, path)) for rows, bounds in zip(box, limits, strict=True))
    if len(lefts) * len(rights) > _MAX_SUPPORTS:
        raise path.error(f"there are {len(lefts) * len(rights)} maximal supports, too many to be checked")
    for left in lefts:
        able = [right for other, right in refuted if _inside(left, other)]
        for support in rights:
            if not any(_inside(support, right) for right in able):
                raise path.error("a maximal support that keeps the bounds is in none of those refuted")
    return len(lefts) * len(rights)


def _inside(rows: list[int], other: list[int]) -> bool:
    return all(not a & ~b for a, b in zip(rows, other, strict=True))


def _maximal(box: list[str], bounds: _Bounds, path: Path) -> Iterator[list[int]]:
    """The maximal sets of positions in the box that keep the bounds, as rows."""
    total, per_row, per_column = bounds
    places = [(i, j) for i, row in enumerate(box) for j, digit in enumerate(row) if digit == "1"]
    pending: list[tuple[int, tuple[tuple[int, int], ...]]] = [(0, ())]
    steps = 0
    while pending:
        position, chosen = pending.pop()
        steps += 1
        if steps > _MAX_STEPS:
            raise path.error("there are too many supports to be checked")
        if position < len(places):
            pending.append((position + 1, chosen))
            place = places[position]
            if _fits(chosen, place, total, per_row, per_column):
                pending.append((position + 1, (*chosen, place)))
        elif not any(_fits(chosen, place, total, per_row, per_column) for place in set(places) - set(chosen)):
            rows = [0] * len(box)
            for i, j in chosen:
                rows[i] |= 1 << j
            yield rows


def _fits(
    chosen: tuple[tuple[int, int], ...], place: tuple[int, int], total: int, per_row: int, per_column: int
) -> bool:
    i, j = place
    return (
        len(chosen) < total
        and sum(a == i for a, _ in chosen) < per_row
        and sum(b == j for _, b in chosen) < per_column
    )
