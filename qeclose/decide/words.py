"""Why, in words: first what a verdict means for the user, then where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from qeclose.proof.ill_posed import CurveProof, PaddedRefutation
from qeclose.proof.well_posed import (
    Closed,
    EngineProof,
    FullSpaceProof,
    NormalFormProof,
    ReductionProof,
    RestrictionProof,
    VarietyProof,
    left_by_reductions,
)
from qeclose.support.phrase import Lines, Phrase, counted, phrase

if TYPE_CHECKING:
    from qeclose.certify import Certified, Left
    from qeclose.problem import Problem
    from qeclose.support.names import Names

__all__ = ["explained", "why_closed", "why_ill_posed", "why_left"]

_MEANING = {
    "well-posed": "every matrix has a best approximation by factors with these supports",
    "ill-posed": "some matrices have no best approximation: ever better factors grow without bound",
    "undecided": "no answer was found",
}


def explained(verdict: str, why: Phrase | str, names: Names | None = None) -> str:
    """The whole reason of a verdict, one line of text."""
    told = why.text(names) if isinstance(why, Phrase) else why
    meaning = _MEANING.get(verdict)
    return "; ".join(filter(None, (meaning, told)))


def why_closed(result: Certified) -> Phrase:
    """The reason of a closedness proof."""
    if isinstance(result.proof, CurveProof):
        raise ValueError("this is a proof that a set is not closed")
    left = {proof.kind: _why(proof) for proof in left_by_reductions(result.proof)}
    if not left:
        return phrase("each term can make anything in its rectangle, or is independent of all others")
    place = "simplified without loss, what is left is closed: " if result.steps else ""
    return phrase(place + "; ".join(left[kind] for kind in sorted(left)))


def _why(proof: Closed) -> str:
    """What one proof says of the terms it is about."""
    match proof:
        case NormalFormProof():
            return "there the factors can be kept bounded and orthogonal (theorem N)"
        case FullSpaceProof():
            return "there every matrix is a product, by formulas that cover all cases"
        case VarietyProof():
            return "there every matrix that keeps the equations of all products is a product, by formulas that cover all cases"
        case RestrictionProof():
            return "it is part of a larger mask of the classification that is known to be well-posed"
        case EngineProof():
            return "an engine found that there every matrix is a product"
        case ReductionProof():
            return "it is simplified without loss"
        case _:
            assert_never(proof)


def why_ill_posed(result: Certified) -> Phrase:
    """Which rows, columns and terms form the obstruction, and what happens there."""
    obstruction = result.obstruction
    if obstruction is None or not isinstance(result.proof, CurveProof):
        raise ValueError("a closed set has no obstruction")
    refutation = result.proof.refutation
    taken_out = len(refutation.pads) if isinstance(refutation, PaddedRefutation) else 0
    busy = (
        f"; {counted(taken_out, 'term')} {'is' if taken_out == 1 else 'are'} taken out by a row and a column of "
        f"{'its' if taken_out == 1 else 'their'} own"
    )
    return phrase(
        "this happens on ",
        Lines("row", obstruction.rows),
        ", ",
        Lines("column", obstruction.columns),
        " and ",
        Lines("term", obstruction.terms),
        ", where products XYᵀ come as near as one likes to a matrix that is no such product",
        busy if taken_out else "",
    )


def why_left(left: Left) -> str:
    """What is open after a search without result, and what was left to try."""
    sizes = [_size(block.core) for block in left.open_blocks]
    rows, columns, terms = max(sizes, key=lambda size: (size[2], size), default=(0, 0, 0))
    largest = f"{counted(rows, 'row')}, {counted(columns, 'column')} and {counted(terms, 'term')}"
    count = sum(1 for _ in left.reduction.blocks())
    place = (
        f"a part with {largest}"
        if count == 1
        else f"{len(sizes)} of {count} independent parts, the largest with {largest}"
    )
    untried = f"; not tried in the time given: {', '.join(left.untried)}" if left.untried else ""
    return f"neither a proof nor a counterexample was found for {place}{untried}"


def _size(problem: Problem) -> tuple[int, int, int]:
    """The rows, columns and terms of a block."""
    rows = columns = 0
    for term in problem.terms.values():
        rows |= term.rows
        columns |= term.columns
    return rows.bit_count(), columns.bit_count(), len(problem.terms)
