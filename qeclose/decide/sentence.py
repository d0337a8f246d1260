"""The plain published algorithm: one sentence, one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from qeclose.decide.method import Finding, Question, too_large
from qeclose.engine.protocol import Ability

if TYPE_CHECKING:
    from qeclose.decide.panel import Panel
    from qeclose.formula.language import Formula

__all__ = ["Sentence", "published_sentence"]


@final
class Sentence:
    """Ask for the truth of ∃A (A ∈ cl E ∧ A ∉ E): true is ill-posed, false is well-posed.

    Nearness is the published sum of squares; "A ≠ XYᵀ" is written entry by entry, which keeps the degrees low
    enough for virtual substitution. Reference: Le, Riccietti, Gribonval, arXiv 2306.02666.
    """

    name = "sentence"
    one_question = True
    abilities = frozenset({Ability.DECIDE})

    def run(self, question: Question, panel: Panel) -> Finding | None:
        if too_large(question.support, panel):
            return None
        outcome = panel.decide(published_sentence(question))
        if outcome is None:
            return None
        if outcome.value:
            return Finding(False, "some matrix lies in the closure of E but not in E", (outcome.run,))
        return Finding(True, "no matrix lies in the closure of E but not in E", (outcome.run,))


def published_sentence(question: Question) -> Formula:
    """The sentence "the frontier of E is not empty"."""
    from qeclose.formula.builders import AtomShape, closure, complement, entries
    from qeclose.formula.language import And, Exists

    support, positions = question.support, question.positions
    near = closure(support, shape=AtomShape.SUM_OF_SQUARES, positions=positions)
    outside = complement(support, shape=AtomShape.EQUATIONS, positions=positions)
    return Exists(tuple(entries(support, positions=positions).values()), And((near, outside)))
