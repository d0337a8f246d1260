"""The plain published algorithm: one sentence, one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from qeclose.decide.method import Finding, too_large
from qeclose.engine.protocol import Ability

if TYPE_CHECKING:
    from qeclose.decide.panel import Panel
    from qeclose.support.model import Support

__all__ = ["Sentence"]


@final
class Sentence:
    """Ask for the truth of ∃A (A ∈ cl E ∧ A ∉ E): true is ill-posed, false is well-posed.

    Reference: Le, Riccietti, Gribonval, arXiv 2306.02666.
    """

    name = "sentence"
    abilities = frozenset({Ability.DECIDE})

    def run(self, support: Support, panel: Panel) -> Finding | None:
        from qeclose.formula.builders import set_formula

        if too_large(support, panel):
            return None
        outcome = panel.decide(set_formula(support, "sentence"))
        if outcome is None:
            return None
        if outcome.value:
            return Finding(False, "some matrix lies in the closure of E but not in E", (outcome.run,))
        return Finding(True, "no matrix lies in the closure of E but not in E", (outcome.run,))
