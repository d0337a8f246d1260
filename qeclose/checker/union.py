"""Cardinality constraints: E is the union of E(I, Jᵀ) over the supports inside the box that keep the bounds.

Not closed: a limit of one of these supports lies outside all of them. The supports are divided into cases by whether an
entry may be nonzero; each case is refuted for one mask that contains all of its supports. Closed: see ``union_closed``.
"""

from __future__ import annotations

from typing import Any

from qeclose.checker.bounds import Bounded, Bounds, read_bounded
from qeclose.checker.budget import spend
from qeclose.checker.claims import BoundedIllPosed, IllPosed, NotIn, Obligation, Point, Step
from qeclose.checker.curve import read_point
from qeclose.checker.masks import Asked, bitsets, shape
from qeclose.checker.reading import Path, entries, fields, index

__all__ = ["check_union", "read_question"]

# The rows, as bitsets, of X and of Yᵀ.
_Rows = tuple[tuple[int, ...], tuple[int, ...]]


def read_question(certificate: Any, root: Path, asked: Asked | None) -> tuple[Bounded, Any, Any]:
    """The box with its bounds, the claim and the proof; the box is the one that is asked about, if one is."""
    names = ("format", "version", "mask", "bounds", "claim", "proof")
    name, version, mask, bounds, claim, proof = fields(certificate, root, *names)
    if name != "qeclose-certificate" or type(version) is not int or version != 1:
        raise root.error("the format is qeclose-certificate, version 1")
    bounded = read_bounded(mask, bounds, root)
    if asked is not None:
        _require_same(bounded, asked, root)
    return bounded, claim, proof


def _require_same(bounded: Bounded, asked: Asked, root: Path) -> None:
    question = asked.question()
    if "bounds" not in question:
        raise (root / "bounds").error("the mask file has no bounds, so this certificate is not about it")
    same = read_bounded(question["mask"], question["bounds"], root)
    if same.box != bounded.box:
        raise (root / "mask").error("not the sizes and masks of the file")
    if same.bounds != bounded.bounds:
        raise (root / "bounds").error("not the bounds of the file")


def check_union(proof: Any, path: Path, claim: BoundedIllPosed) -> Step:
    """A limit of one support is in E of none of them, case by case: what each case leaves to be proved.

    Raises ``CertificateError``.
    """
    bounded = claim.bounded
    _, member, curve, cases = fields(proof, path, "kind", "member", "curve", "cases")
    own = bounded.read_member(member, path / "member")
    point = _limit(curve, path / "curve", bounded)
    rows = tuple(bitsets(bounded.box[0])), tuple(bitsets(bounded.box[1]))
    nothing = (0,) * len(rows[0]), (0,) * len(rows[1])
    pending: list[tuple[Any, Path, _Rows, _Rows]] = [(cases, path / "cases", rows, nothing)]
    leaves: list[Obligation] = []
    while pending:
        node, where, allowed, present = pending.pop()
        allowed = (
            _still_allowed(allowed[0], present[0], bounded.bounds[0]),
            _still_allowed(allowed[1], present[1], bounded.bounds[1]),
        )
        if type(node) is dict and "entry" in node:
            entry, inside, outside = fields(node, where, "entry", "in", "out")
            l, i, k = _read_entry(entry, where / "entry", allowed, present)
            pending.append((outside, where / "out", _toggled(allowed, l, i, k), present))
            pending.append((inside, where / "in", allowed, _toggled(present, l, i, k)))
            continue
        (refutation,) = fields(node, where, "refutation")
        masks = [_strings(allowed[l], len(bounded.box[l][0])) for l in (0, 1)]
        leaves.append(Obligation(NotIn(masks, point), refutation, where / "refutation", is_case=True))
    found = f"A is in none of the supports that keep the bounds, by {len(leaves)} case(s)"
    return Step((found,), [Obligation(IllPosed(own), curve, path / "curve"), *leaves])


def _limit(curve: Any, path: Path, bounded: Bounded) -> Point:
    """A, of a curve that is left to be checked."""
    if type(curve) is not dict or "point" not in curve:
        raise path.error("a curve with its point is wanted here")
    return read_point(curve["point"], path / "point", shape(bounded.box))


def _still_allowed(allowed: tuple[int, ...], present: tuple[int, ...], bounds: Bounds) -> tuple[int, ...]:
    """The positions that supports with all those ``present``, and within the bounds, may have."""
    if sum(row.bit_count() for row in present) >= bounds.total:
        return present
    width = max(map(int.bit_length, allowed), default=0)
    spend(len(allowed) * (1 + (width >> 3)))
    used_up = sum(1 << k for k in range(width) if sum(row >> k & 1 for row in present) >= bounds.column)
    return tuple(
        had if had.bit_count() >= bounds.row else may & ~used_up | had
        for may, had in zip(allowed, present, strict=True)
    )


def _read_entry(value: Any, path: Path, allowed: _Rows, present: _Rows) -> tuple[int, int, int]:
    factor, row, column = entries(value, path, length=3)
    l = index(factor, path / 0, 2)
    i, k = index(row, path / 1, len(allowed[l])), index(column, path / 2)
    if k >= allowed[l][i].bit_length() or not (allowed[l][i] & ~present[l][i]) >> k & 1:
        raise path.error("whether this entry may be nonzero is settled here")
    return l, i, k


def _toggled(rows: _Rows, l: int, i: int, k: int) -> _Rows:
    changed = (*rows[l][:i], rows[l][i] ^ 1 << k, *rows[l][i + 1 :])
    return (changed, rows[1]) if l == 0 else (rows[0], changed)


def _strings(rows: tuple[int, ...], width: int) -> list[str]:
    return [format(row, f"0{width}b")[::-1] for row in rows]
