"""Why, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qeclose.certify import Certified, Left
    from qeclose.presolve import Problem

__all__ = ["why_closed", "why_ill_posed", "why_left"]

_KINDS = {
    "normal-form": "factors can be kept bounded and orthogonal (theorem N)",
    "full-space": "every matrix on the block is reached, by explicit solutions case by case",
    "restriction": "the block is part of a larger mask of the classification, which is closed",
    "regauge": "the block equals one with larger supports that is closed",
}
_SHOWN = 8


def why_closed(result: Certified) -> str:
    """The reason of a closedness proof, in one sentence."""
    if not result.kinds:
        return "presolve leaves nothing: all terms fill their rectangles or separate"
    return "; ".join(_KINDS.get(kind, kind) for kind in result.kinds)


def why_ill_posed(result: Certified) -> str:
    """Which rows, columns and terms form the obstruction, and what happens there."""
    obstruction = result.obstruction
    if obstruction is None:
        raise ValueError("a closed set has no obstruction")
    where = (
        f"{_listed('row', obstruction.rows)}, {_listed('column', obstruction.columns)} "
        f"and {_listed('term', obstruction.terms)}"
    )
    refutation = result.certificate["proof"]["refutation"]
    taken_out = len(refutation["pads"]) if refutation["kind"] == "padded" else 0
    busy = f"; {taken_out} of the terms are taken out by a row and a column of their own" if taken_out else ""
    return (
        f"on {where} there is a matrix A that XYᵀ approaches while X and Y blow up, and that no X and Y with "
        f"these supports reach: every case of zero and nonzero entries contradicts an equation{busy}"
    )


def why_left(left: Left) -> str:
    """What is open after a search without result, and what was left to try."""
    sizes = [_size(block.core) for block in left.open_blocks]
    largest = "{}×{} with {} terms".format(*max(sizes, key=lambda size: (size[2], size), default=(0, 0, 0)))
    count = sum(1 for _ in left.reduction.blocks())
    blocks = (
        f"a block of {largest}" if count == 1 else f"{len(sizes)} of {count} blocks, the largest {largest}"
    )
    untried = ", ".join(left.untried) or "nothing that is known here"
    return f"no certificate was found; open: {blocks}; left to try: {untried}"


def _size(problem: Problem) -> tuple[int, int, int]:
    """The rows, columns and terms of a block."""
    rows = columns = 0
    for term in problem.terms.values():
        rows |= term.rows
        columns |= term.columns
    return rows.bit_count(), columns.bit_count(), len(problem.terms)


def _listed(noun: str, indices: Sequence[int]) -> str:
    """Indices counted from 1, as people count rows."""
    shown = ", ".join(str(index + 1) for index in indices[:_SHOWN])
    more = f" and {len(indices) - _SHOWN} more" if len(indices) > _SHOWN else ""
    return f"{noun}{'s' if len(indices) > 1 else ''} {shown}{more}"
