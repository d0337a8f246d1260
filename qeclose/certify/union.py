"""Cardinality constraints: is the union of E(I, J) over the supports that keep the bounds closed?

*Closed* if every member is: a finite union of closed sets. Members that differ by permutations or transposition (R0) are asked
about once. *Not closed* if some point of the frontier of a member lies in no other member: it is a limit of the union, and
outside of it. A frontier point of one member that another one contains proves nothing. Beyond the sizes that can be listed:

- One term (r = 1): every member is closed.
- One factor unbounded, and the other may hold a matching of its rows to different terms: every matrix is such a product.
- p = min(m, n) ≤ r terms, and each factor may be triangular: every matrix is a product P·L·U, P a permutation of rows.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, final

from qeclose.certify.certificate import curve_proof
from qeclose.certify.refutation import Exhausted, membership
from qeclose.certify.search import Certified, certify
from qeclose.certify.witness import find_frontier
from qeclose.presolve import Curve, Problem
from qeclose.support import Mask, Support
from qeclose.support.canonical import canonical_form
from qeclose.support.cardinality import Bounds, Constrained, count_at_most

__all__ = ["MAX_MEMBERS", "Union", "certify_union"]

MAX_MEMBERS = 5000
"""Unions of more maximal supports are settled by general conditions only."""
_CASES = 400
_CURVES = 50
_ATTEMPTS = 60
"""Frontier points tried of one ill-posed member."""


@final
@dataclass(frozen=True, slots=True)
class Union:
    """What was found: ``closed`` is None if nothing was. ``member`` and ``curve`` reach ``point`` if not closed."""

    closed: bool | None
    reason: str
    point: Mapping[tuple[int, int], Fraction] = field(default_factory=dict)
    member: Support | None = None
    curve: Curve | None = None
    certificate: dict[str, Any] | None = None


def certify_union(constrained: Constrained, *, deadline: float, seed: int = 0, table: bool = True) -> Union:
    """Settle the union by ``deadline`` (a value of ``time.monotonic``), or say why it is left; ``table`` as for ``certify``."""
    general = _general(constrained)
    if general is not None:
        return Union(True, general)
    count = _count(constrained)
    if count is None:
        return Union(None, f"there are more than {MAX_MEMBERS} maximal supports")
    members = list(constrained.supports())
    classes: dict[Support, Support] = {}
    for member in members:
        classes.setdefault(canonical_form(member).support, member)
    unsettled = suspicious = 0
    for number, member in enumerate(classes.values()):
        until = time.monotonic() + (deadline - time.monotonic()) / (len(classes) - number)
        settled = certify(member, deadline=until, seed=seed, table=table)
        if not isinstance(settled, Certified):
            unsettled += 1
        elif settled.curve is not None:
            for point, curve in _frontier_points(member, settled, seed, until):
                refutations = _refutations(members, point)
                if refutations is not None:
                    reason = f"a limit of one of {count} supports is in none of them"
                    certificate = _certificate(constrained, curve, refutations)
                    return Union(False, reason, point, member, curve, certificate)
            suspicious += 1
    if unsettled or suspicious:
        return Union(None, _left(len(classes), unsettled, suspicious))
    return Union(True, f"each of {count} supports ({len(classes)} up to symmetry) is well-posed")


def _frontier_points(
    member: Support, settled: Certified, seed: int, until: float
) -> Iterator[tuple[Mapping[tuple[int, int], Fraction], Curve]]:
    """Points of the frontier of one member: the certificate's, then random ones of the whole member."""
    assert settled.curve is not None
    yield settled.point, settled.curve
    problem, rng = Problem.of(member), random.Random(seed)
    origin = {k: k for k in problem.terms}
    for _ in range(_ATTEMPTS):
        found = find_frontier(problem, origin, rng, tries=_CURVES, deadline=until)
        if found is None:
            return
        yield found.point, found.curve


def _left(classes: int, unsettled: int, suspicious: int) -> str:
    parts = []
    if suspicious:
        parts.append(f"{suspicious} ill-posed, but with no limit found outside the others")
    if unsettled:
        parts.append(f"{unsettled} undecided")
    return f"of {classes} supports up to symmetry, {' and '.join(parts)}"


_Refuted = tuple[Support, dict[str, Any]]


def _refutations(members: list[Support], point: Mapping[tuple[int, int], Fraction]) -> list[_Refuted] | None:
    """For each member a proof that its E lacks the point, or None if one cannot be found."""
    refuted: list[_Refuted] = []
    for member in members:
        refutation = _refutation(member, point)
        if refutation is None:
            return None
        refuted.append((member, refutation))
    return refuted


def _refutation(member: Support, point: Mapping[tuple[int, int], Fraction]) -> dict[str, Any] | None:
    problem = Problem.of(member)
    for i, j in point:
        if not problem.rows.get(i, 0) >> j & 1:
            # The equation there says 0 = A_ij.
            return {"kind": "tree", "positions": [[i, j]], "tree": {"contradiction": 0}}
    try:
        return membership(problem, point, {k: k for k in problem.terms}).refutation(_CASES)
    except Exhausted:
        return None


def _certificate(constrained: Constrained, curve: Curve, refuted: list[_Refuted]) -> dict[str, Any]:
    right = constrained.right
    drawn = (constrained.left, Bounds(right.total, right.column, right.row))
    own, refutation = next(pair for pair in refuted if _holds_curve(pair[0], curve))
    return {
        "format": "qeclose-certificate",
        "version": 1,
        "mask": {"factors": [factor.to_strings() for factor in constrained.box.factors]},
        "bounds": [{"nnz": b.total, "row": b.row, "column": b.column} for b in drawn],
        "claim": "ill-posed",
        "proof": {
            "kind": "union",
            "member": [factor.to_strings() for factor in own.factors],
            "curve": curve_proof(curve, refutation),
            "refutations": [
                {"factors": [factor.to_strings() for factor in member.factors], "refutation": proof}
                for member, proof in refuted
            ],
        },
    }


def _holds_curve(member: Support, curve: Curve) -> bool:
    return all(place in member.I for place, value in curve.x.items() if value) and all(
        place in member.J for place, value in curve.y.items() if value
    )


def _count(constrained: Constrained) -> int | None:
    # Listing them takes time in proportion to what has to be skipped, so large factors are not begun.
    if constrained.box.I.nnz + constrained.box.J.nnz > 40:
        return None
    return count_at_most(constrained, MAX_MEMBERS)


def _general(constrained: Constrained) -> str | None:
    """A reason that works for any size, or None."""
    box = constrained.box
    if box.inner == (1,):
        return "there is one term, so every support is well-posed"
    sides = (
        (box.I, constrained.left, box.J, constrained.right),
        (box.J, constrained.right, box.I, constrained.left),
    )
    for mask, bounds, other, other_bounds in sides:
        full = _is_full(mask) and _is_full(other)
        if full and other_bounds.allows(other) and _holds_matching(mask, bounds):
            return (
                "every matrix is a product: one factor is unbounded, the other may be a partial permutation"
            )
    p = min(box.shape)
    if p <= box.inner[0] and all(_holds_triangle(mask, bounds, p) for mask, bounds, _, _ in sides):
        return "every matrix is a product: it is P·L·U, and P·L and U keep the bounds"
    return None


def _holds_triangle(mask: Mask, bounds: Bounds, p: int) -> bool:
    """Whether p columns, the first of them full and each next one shorter by one, keep the bounds in every order of rows."""
    m = len(mask.rows)
    least = (bounds.total, m * p - p * (p - 1) // 2), (bounds.row, p), (bounds.column, m)
    return _is_full(mask) and all(bound is None or bound >= size for bound, size in least)


def _is_full(mask: Mask) -> bool:
    return mask.nnz == len(mask.rows) * mask.n_cols


def _holds_matching(mask: Mask, bounds: Bounds) -> bool:
    m, r = mask.shape
    return r >= m and all(
        bound is None or bound >= least
        for bound, least in ((bounds.total, m), (bounds.row, 1), (bounds.column, 1))
    )
