"""The report in sentences, for screen readers: no drawing, no alignment, nothing that only its place on the screen says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from qeclose.report.drawing import clean, factor_names, title
from qeclose.report.plain import facts

if TYPE_CHECKING:
    from qeclose.decide.verdict import Verdict
    from qeclose.decide.witness import Witness
    from qeclose.support.model import Support

__all__ = ["said", "spoken_facts", "spoken_mask", "spoken_matrix", "spoken_report", "spoken_witness"]

_MOST = 60
"""A mask with more rows or terms is told by its size only."""


def spoken_report(verdict: Verdict) -> str:
    """One fact a line, in the order of what matters; ends in a line break."""
    lines = [f"{title(verdict.support)} is {verdict.verdict}."]
    lines += spoken_facts(facts(verdict))
    lines += spoken_mask(verdict.support)
    if verdict.witness is not None:
        lines += spoken_witness(verdict.witness)
    return said(lines)


def said(lines: Iterable[str]) -> str:
    """The lines, each one fact, fit for a terminal and with single blanks; ends in a line break."""
    return "".join(f"{clean(' '.join(line.split()))}\n" for line in lines)


def spoken_facts(told: Iterable[tuple[str, str]]) -> list[str]:
    """Labels and texts, as ``facts`` gives them, each a line."""
    return [f"{label.capitalize()}: {text}" if label else text for label, text in told]


def spoken_mask(support: Support, name: str = "Mask") -> list[str]:
    """The size of a mask and, if it is not too large, what is inside it."""
    m, n = support.shape
    inner = ", ".join(map(str, support.inner))
    told = [f"{name}: {_count(m, 'row')}, {_count(n, 'column')}, inner dimension {inner}."]
    if max(m, n, *support.inner) > _MOST:
        return told
    names = support.names.layers if support.names else (None,) * (len(support.factors) + 1)
    if len(support.factors) == 2:
        left, right = support.factors[0].to_lists(), support.factors[1].to_lists()
        for k in range(support.inner[0]):
            rows = _listed((i for i in range(m) if left[i][k]), names[0])
            columns = _listed((j for j in range(n) if right[k][j]), names[2])
            called = f" ({names[1][k]})" if names[1] else ""
            told.append(f"Term {k + 1}{called}: rows {rows}; columns {columns}.")
    else:
        for name, mask in zip(factor_names(support), support.factors, strict=True):
            for i, row in enumerate(mask.to_lists()):
                told.append(f"{name}, row {i + 1}: columns {_listed(j for j, one in enumerate(row) if one)}.")
    if support.missing is not None:
        for i, row in enumerate(support.missing.to_lists()):
            if any(row):
                missing = _listed((j for j, one in enumerate(row) if one), names[-1])
                told.append(f"Not observed in row {i + 1}: columns {missing}.")
    return told


def spoken_witness(witness: Witness) -> list[str]:
    """The limit A and the factors of the curve, a row a line."""
    layers, last = witness.layers, len(witness.layers) - 1
    told = ["Witness: the matrix A, a limit of products as t falls to 0, and no product itself."]
    told += spoken_matrix("A", witness.A, layers[0], layers[last])
    if len(witness.factors) == 2:
        return [
            *told,
            *spoken_matrix("X of t", witness.X, layers[0], layers[1]),
            *spoken_matrix("Y of t", witness.Y, layers[2], layers[1]),
        ]
    for level, factor in enumerate(witness.factors):
        told += spoken_matrix(f"Factor {level + 1} of t", factor, layers[level], layers[level + 1])
    return told


def spoken_matrix(
    name: str, entries: Sequence[Sequence[str]], rows: Sequence[int], columns: Sequence[int]
) -> list[str]:
    """The entries of a matrix that are not zero, a row a line; its lines have these numbers, from 0."""
    return [
        f"{name}, row {i + 1}: "
        + (
            ", ".join(
                f"column {j + 1} is {entry}" for j, entry in zip(columns, row, strict=True) if entry != "0"
            )
            or "zero"
        )
        + "."
        for i, row in zip(rows, entries, strict=True)
    ]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _listed(lines: Iterable[int], names: Sequence[str] | None = None) -> str:
    """Names, or numbers from 1 with runs told by their ends; "none" of no lines."""
    chosen = list(lines)
    if names is not None:
        return ", ".join(names[line] for line in chosen) or "none"
    runs = [
        [line for _, line in run] for _, run in groupby(enumerate(chosen), key=lambda pair: pair[1] - pair[0])
    ]
    told = [
        ", ".join(str(line + 1) for line in run) if len(run) < 3 else f"{run[0] + 1} to {run[-1] + 1}"
        for run in runs
    ]
    return ", ".join(told) or "none"
