"""That A is not in E by one minor: its rank is too large whatever stands at the positions that are not listed.

*Theorem.* Let the positions listed, all observed, lie on as many rows R as columns C, more than there are terms that cover one of
them. If the determinant of A[R, C] is one number other than 0 whatever stands at the other positions of R × C, then no matrix in
E agrees with A at the listed ones. *Proof.* The terms that cover a listed position make a matrix that agrees with A there, whose
rank is smaller than the number of rows; so the determinant would be 0. ∎ A determinant has degree at most one in each entry, so
it is constant if it is at all values 0 and 1 of the entries that are not listed.
"""

from __future__ import annotations

import itertools
from typing import Any

from qeclose.checker.budget import spend
from qeclose.checker.claims import NotIn, Step
from qeclose.checker.location import determinant
from qeclose.checker.masks import shape
from qeclose.checker.reading import Path, distinct, fields, members, pair

__all__ = ["check_minor"]

_MOST_OPEN = 8


def check_minor(proof: Any, path: Path, claim: NotIn) -> Step:
    """A minor of A is a number other than 0, for which there are too few terms. Raises ``CertificateError``."""
    _, listed = fields(proof, path, "kind", "positions")
    if len(claim.factors) != 2:
        raise (path / "kind").error("a refutation by a minor is about two factors")
    path = path / "positions"
    known = [pair(entry, where, shape(claim.factors)) for where, entry in members(listed, path)]
    distinct(known, path)
    for number, (i, j) in enumerate(known):
        if claim.missing.get(i, 0) >> j & 1:
            raise (path / number).error(f"the entry {[i, j]} of A is not observed")
    rows, columns = (sorted({place[side] for place in known}) for side in (0, 1))
    size = len(rows)
    if len(columns) != size or not size:
        raise path.error("the positions lie on as many rows as columns, and at least one")
    left, right = claim.factors
    spend(len(right) * (1 + len(known)))
    met = sum(any(left[i][k] == "1" and right[k][j] == "1" for i, j in known) for k in range(len(right)))
    if met >= size:
        raise path.error(f"{met} terms cover these positions, enough for rank {size}")
    seen = set(known)
    others = [(i, j) for i in rows for j in columns if (i, j) not in seen]
    if len(others) > _MOST_OPEN:
        raise path.error(
            f"{len(others)} positions between these lines are not listed, more than {_MOST_OPEN}"
        )
    found = set()
    for values in itertools.product((0, 1), repeat=len(others)):
        entries = {
            **{place: claim.matrix.get(place, 0) for place in known},
            **dict(zip(others, values, strict=True)),
        }
        found.add(determinant([[entries[i, j] for j in columns] for i in rows]))
    if len(found) > 1 or 0 in found:
        raise path.error("this minor can be 0, or depends on what is not listed")
    return Step((f"{met} terms make no matrix with a minor of order {size} that A has, so A is not in E",))
