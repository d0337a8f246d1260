"""E described by linear algebra, before any engine: our own work, under the deadline of the check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from qeclose.decide.effort import DESCRIPTIONS
from qeclose.formula.cases import StopWork, ticking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qeclose.decide.method import Question
    from qeclose.formula.language import Formula

__all__ = ["LinearDescription", "linear_description"]


@final
@dataclass(frozen=True, slots=True)
class LinearDescription:
    """Two quantifier-free formulas of E: as the elimination gave it, and simplified."""

    raw: Formula
    simple: Formula


def linear_description(question: Question, seconds: float) -> LinearDescription | None:
    """E as linear algebra describes it (``formula.linear``); None if that does not go all the way, or takes too long.

    Of the ``seconds`` there are it uses 40 % at most for each of its two parts. Two factors are taken in echelon form
    (``formula.factor_cases``), chains as they are.
    """
    from qeclose.formula.language import Or
    from qeclose.formula.linear import eliminate_linear
    from qeclose.formula.normal_forms import simplify_truth
    from qeclose.formula.operations import is_quantifier_free
    from qeclose.formula.simplify import simplify_description

    cases = _cases(question)
    if cases is None:
        return None
    tick = ticking(DESCRIPTIONS.linear_steps, seconds * DESCRIPTIONS.linear_share)
    found = []
    try:
        for case in cases:
            piece = eliminate_linear(case, tick)
            if piece is None or not is_quantifier_free(piece):
                return None
            found.append(piece)
    except StopWork:
        return None
    raw = simplify_truth(Or(tuple(found)))
    tick = ticking(DESCRIPTIONS.simplifying_steps, seconds * DESCRIPTIONS.linear_share)
    return LinearDescription(raw, simplify_description(raw, tick))


def _cases(question: Question) -> Sequence[Formula] | None:
    from qeclose.formula.builders import AtomShape, membership
    from qeclose.formula.factor_cases import echelon_membership
    from qeclose.formula.language import Or

    if len(question.support.factors) != 2:
        return (membership(question.support, shape=AtomShape.EQUATIONS, positions=question.positions),)
    element = echelon_membership(question.support, positions=question.positions)
    return element.arguments if isinstance(element, Or) else None if element is None else (element,)
