"""The plain published algorithm: one sentence, in the encodings that each engine answers best."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, final

from qeclose.decide.method import Finding, Question, too_large
from qeclose.engine.protocol import Ability

if TYPE_CHECKING:
    from qeclose.decide.panel import Panel
    from qeclose.engine.protocol import Engine
    from qeclose.formula.language import Formula

__all__ = ["PREFERRED", "Sentence"]

PREFERRED = {
    "redlog": ("squares", "entries-inside", "squares-scaled"),
    "qepcad": ("entries-each", "zeros-each", "published", "squares"),
    "z3": ("prenex", "zeros", "entries-each", "zeros-inside", "squares-scaled"),
    "cvc5": ("squares", "entries-scaled", "squares-scaled", "entries-each"),
}
"""The encodings in which an engine is asked, in this order. Z3's is measured (docs/benchmarks.md); the others' are those seen to
be answered at all by some engine of its kind, and their order is not measured."""

_FOR_OTHERS = ("squares", "entries")


@final
class Sentence:
    """Ask for the truth of ∃A (A ∈ cl E ∧ A ∉ E): true is ill-posed, false is well-posed.

    The sentence has several equivalent encodings (``formula.encodings``), and which of them an engine answers is
    hard to foretell; each engine gets those of ``PREFERRED`` in turn, or the one named ``encoding``.
    Reference: Le, Riccietti, Gribonval, arXiv 2306.02666.
    """

    name = "sentence"
    abilities = frozenset({Ability.DECIDE})

    def __init__(self, encoding: str | None = None) -> None:
        self._encoding = encoding

    @property
    def one_question(self) -> bool:
        """Whether one encoding is given, so that nothing else would be asked afterwards."""
        return self._encoding is not None

    def run(self, question: Question, panel: Panel) -> Finding | None:
        """Ask for the truth of the sentence, in one encoding after the other."""
        if too_large(question.support, panel):
            return None
        outcome = panel.decide_variants(partial(self._variants, question))
        if outcome is None:
            return None
        if outcome.value:
            return Finding(False, "some matrix lies in the closure of E but not in E", (outcome.run,))
        return Finding(True, "no matrix lies in the closure of E but not in E", (outcome.run,))

    def _variants(self, question: Question, engine: Engine) -> Iterator[tuple[str, Formula]]:
        from qeclose.formula.encodings import ENCODINGS, encoded_sentence

        names = (self._encoding,) if self._encoding else PREFERRED.get(engine.name, _FOR_OTHERS)
        for name in names:
            yield name, encoded_sentence(question.support, ENCODINGS[name], positions=question.positions)
