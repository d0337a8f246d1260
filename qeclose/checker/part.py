"""Certificates of ill-posedness that speak about a part of a mask, by deleting lines (R2, for any number of factors).

*Theorem.* Let R be rows and C columns of A, and let the part consist of these and, at every level between, of at
least those inner indices that lie on a path through the masks from a row of R to a column of C. If E of the part is not
closed, then E of the mask is not closed.

*Proof.* A matrix B on R × C, with zeros around it, is in E(mask) if and only if B is in E(part). If B = X₁…X_L with the
part's supports, zeros elsewhere make factors with the mask's. Conversely cut factors of the padded B down to R, to C and to the
part's inner indices: what a sum over paths from R to C loses are paths through other indices, and there are none.
So E(part) is the preimage of E(mask) under a linear map, and closed if E(mask) is. ∎ The same holds of the projections to the
observed entries, the entries of the part being missing that are missing in the mask.
"""

from __future__ import annotations

from typing import Any

from qeclose.checker.masks import Factors, Missing, bitsets, shape
from qeclose.checker.reading import Path, entries, fields, index, members

__all__ = ["read_part", "require_part"]

Lines = list[list[int]]
"""For each layer (rows of A, inner indices of each level, columns of A) the lines of the mask that are in the part."""


def read_part(value: Any, path: Path, part: Factors) -> tuple[list[int], Lines]:
    """How many lines each layer of the mask has, and which of them are the part's lines, in its order."""
    shape, lines = fields(value, path, "shape", "lines")
    widths = [len(factor) for factor in part] + [len(part[-1][0])]
    sizes = [
        index(size, where)
        for where, size in members(entries(shape, path / "shape", length=len(widths)), path)
    ]
    entries(lines, path / "lines", length=len(widths))
    for layer, (where, chosen) in enumerate(members(lines, path / "lines")):
        entries(chosen, where, length=widths[layer])
        before = -1
        for at, line in members(chosen, where):
            if not before < index(line, at) < sizes[layer]:
                raise at.error(f"the lines are in order, and below {sizes[layer]}")
            before = line
    return sizes, lines


def require_part(
    sizes: list[int],
    lines: Lines,
    part: Factors,
    whole: Factors,
    missing: tuple[Missing, Missing],
    path: Path,
) -> None:
    """That the mask of the file has this part on these lines, and no further path between its rows and columns.

    ``missing`` are the missing entries of the part and of the whole, which must be the same on these lines.
    """
    if [*map(len, whole), shape(whole)[1]] != sizes:
        raise (path / "shape").error("not the sizes of the mask file")
    reached = _bits(lines[0])
    leading = [reached]
    factors = [bitsets(factor) for factor in whole]
    for rows in factors:
        after = 0
        for i, row in enumerate(rows):
            after |= row if reached >> i & 1 else 0
        reached = after
        leading.append(reached)
    ends = _bits(lines[-1])
    for level in range(len(factors) - 1, 0, -1):
        ends = _bits(i for i, row in enumerate(factors[level]) if leading[level] >> i & 1 and row & ends)
        if ends & ~_bits(lines[level]):
            raise (path / "lines" / level).error(
                "in the mask of the file more lies between the rows and columns"
            )
    for place, i in enumerate(lines[0]):
        here, there = missing[0].get(place, 0), missing[1].get(i, 0)
        if any((there >> j & 1) != (here >> at & 1) for at, j in enumerate(lines[-1])):
            raise (path / "lines" / 0).error(f"in row {i} other entries of A are missing in the file")
    for level, rows in enumerate(factors):
        for i, drawn in zip(lines[level], part[level], strict=True):
            if any((rows[i] >> j & 1) != (drawn[at] == "1") for at, j in enumerate(lines[level + 1])):
                raise (path / "lines" / level).error(f"line {i} is another one in the mask of the file")


def _bits(lines: Any) -> int:
    return sum(1 << line for line in lines)
