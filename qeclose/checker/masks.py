"""The mask a certificate speaks about, as it stands there: rows of 0 and 1 of each factor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from qeclose.checker.budget import spend
from qeclose.checker.reading import Path, entries, fields, members

__all__ = [
    "NOTHING",
    "Asked",
    "Factors",
    "Missing",
    "bitsets",
    "paths",
    "product_mask",
    "read_mask",
    "read_observed",
    "shape",
    "transposed",
]

# One string of 0 and 1 a row, for each factor as drawn: I and Jᵀ when there are two.
Factors = list[list[str]]
_BLOCK = 128
# The entries of A that are not observed: by row, as a set of columns; rows without any are left out.
Missing = Mapping[int, int]
NOTHING: Missing = MappingProxyType({})


class Asked(Protocol):
    """What is asked about: a mask, or a box with bounds."""

    def question(self) -> Mapping[str, Any]:
        """The fields ``mask`` and, if there are bounds, ``bounds``, as a certificate about it has them."""
        ...


def read_mask(value: Any, path: Path) -> Factors:
    """At least two non-empty rectangular masks whose shapes chain."""
    (listed,) = fields(value, path, "factors")
    path = path / "factors"
    if len(entries(listed, path)) < 2:
        raise path.error("a mask has at least two factors")
    width = None
    for where, factor in members(listed, path):
        rows = entries(factor, where)
        if width is not None and len(rows) != width:
            raise where.error(f"the factor before has {width} columns, so this one has as many rows")
        for at, row in members(rows, where):
            if type(row) is not str or row.count("0") + row.count("1") != len(row):
                raise at.error("a row of a mask is a string of 0 and 1")
            if len(row) != len(rows[0]):
                raise at.error(f"{len(row)} entries, where the first row has {len(rows[0])}")
        if not rows or not rows[0]:
            raise where.error("a mask has no empty side")
        width = len(rows[0])
    factors: Factors = listed
    return factors


def read_observed(value: Any, path: Path) -> tuple[Factors, Missing]:
    """The mask of a claim: factors and, under ``missing``, the entries of A that are not observed, if there are any."""
    if type(value) is not dict or "missing" not in value:
        return read_mask(value, path), {}
    listed, drawn = fields(value, path, "factors", "missing")
    factors = read_mask({"factors": listed}, path)
    path = path / "missing"
    if len(factors) != 2:
        raise path.error("entries of A may be missing with two factors only")
    m, n = shape(factors)
    rows = entries(drawn, path, length=m)
    for at, row in members(rows, path):
        if type(row) is not str or row.strip("01") or len(row) != n:
            raise at.error(f"a row of {n} times 0 or 1 is wanted here")
    missing = {i: row for i, row in enumerate(bitsets(rows)) if row}
    if not missing:
        raise path.error("left out unless an entry is missing")
    return factors, missing


def shape(factors: Factors) -> tuple[int, int]:
    """The shape of A."""
    return len(factors[0]), len(factors[-1][0])


def bitsets(rows: list[str]) -> list[int]:
    """The rows as integers: bit j is entry j."""
    return [int(row[::-1], 2) for row in rows]


def transposed(rows: list[str]) -> list[str]:
    """The columns of a mask as rows, from the first to the last."""
    width = len(rows[0])
    # Some rows at a time, so that a large mask is not gone through in strides.
    texts = ("".join(rows[at : at + _BLOCK]) for at in range(0, len(rows), _BLOCK))
    parts = [[text[column::width] for column in range(width)] for text in texts]
    return list(map("".join, zip(*parts, strict=True)))


def product_mask(left: list[str], right: list[str]) -> list[str]:
    """The positions where a product of matrices with these supports may be nonzero."""
    rows, width = bitsets(right), len(right[0])
    product = []
    for row in left:
        spend(1 + len(row) * (1 + (width >> 15)) >> 4)
        total = 0
        for k, entry in enumerate(row):
            if entry == "1":
                total |= rows[k]
        product.append(format(total, f"0{width}b")[::-1])
    return product


def paths(factors: Factors, i: int, j: int) -> Iterator[tuple[int, ...]]:
    """The index sequences (i, k₁, …, j) all of whose steps are inside the masks."""
    # What leads to j, factor by factor from the right, so that no dead end is walked.
    leads = [{j}]
    for rows in factors[:0:-1]:
        spend(len(rows) * len(leads[-1]) >> 3)
        leads.append({k for k, row in enumerate(rows) if any(row[after] == "1" for after in leads[-1])})
    leads.reverse()
    pending: list[tuple[int, ...]] = [(i,)]
    while pending:
        path = pending.pop()
        if len(path) > len(factors):
            yield path
            continue
        row = factors[len(path) - 1][path[-1]]
        spend(1 + len(leads[len(path) - 1]))
        pending.extend((*path, k) for k in leads[len(path) - 1] if row[k] == "1")
