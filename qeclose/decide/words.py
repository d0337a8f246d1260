"""Why, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qeclose.certify import Certified

__all__ = ["why_closed", "why_ill_posed"]

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
    return (
        f"on {where} there is a matrix A that XYᵀ approaches while X and Y blow up, and that no X and Y with "
        "these supports reach: every case of zero and nonzero entries contradicts an equation"
    )


def _listed(noun: str, indices: Sequence[int]) -> str:
    """Indices counted from 1, as people count rows."""
    shown = ", ".join(str(index + 1) for index in indices[:_SHOWN])
    more = f" and {len(indices) - _SHOWN} more" if len(indices) > _SHOWN else ""
    return f"{noun}{'s' if len(indices) > 1 else ''} {shown}{more}"
