"""What a method of deciding is, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, final

from qeclose.engine.protocol import Ability, Run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qeclose.decide.panel import Panel
    from qeclose.decide.witness import Witness
    from qeclose.support.model import Support
    from qeclose.support.phrase import Phrase

__all__ = [
    "DEFAULT_MEMORY_MB",
    "DEFAULT_TIMEOUT",
    "MAX_VARIABLES",
    "METHOD_NAMES",
    "Finding",
    "Method",
    "Question",
    "Step",
    "too_large",
    "variable_count",
]

METHOD_NAMES = ("auto", "certify", "existential", "staged", "sentence")

DEFAULT_TIMEOUT = 60.0
"""Seconds for the check of one support, unless told otherwise."""

DEFAULT_MEMORY_MB = 4096
"""Memory of each engine process, unless told otherwise."""

MAX_VARIABLES = 1000
"""Formulas with more variables are not built: no engine comes near, and building them would eat the deadline."""


@final
@dataclass(frozen=True, slots=True)
class Step:
    """One simplification made before the question was put: the rule's name and what it did here."""

    rule: str
    detail: Phrase | str


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """A definite answer: whether E is closed, why, and the engine runs and simplifications this rests on."""

    closed: bool
    reason: Phrase | str
    runs: tuple[Run, ...] = ()
    witness: Witness | None = None
    certificate: Mapping[str, Any] | None = None
    steps: tuple[Step, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Question:
    """Is the projection of E(support) to some positions of A (None: all that are observed) closed?"""

    support: Support
    positions: tuple[tuple[int, int], ...] | None = None


class Method(Protocol):
    """A way to decide; it asks engines through the panel only, and gives None when that leads nowhere."""

    @property
    def name(self) -> str:
        """What ``--method`` calls it."""
        ...

    @property
    def abilities(self) -> frozenset[Ability]:
        """An engine with one of these can do something for this method; empty: it needs no engine."""
        ...

    @property
    def one_question(self) -> bool:
        """Whether it asks but one question, for which a lone engine may take all the time there is."""
        ...

    def run(self, question: Question, panel: Panel) -> Finding | None:
        """A definite answer with what it rests on, or None; limits and failures are noted in the panel."""
        ...


def variable_count(support: Support) -> int:
    """The number of variables of A ∈ E(support), free and bound."""
    m, n = support.shape
    missing = 0 if support.missing is None else support.missing.nnz
    return m * n - missing + sum(factor.nnz for factor in support.factors)


def too_large(support: Support, panel: Panel) -> bool:
    """Whether A ∈ E(support) has too many variables to be written down; the panel is told."""
    count = variable_count(support)
    if count <= MAX_VARIABLES:
        return False
    panel.note_limit(f"the formula would have {count} variables, more than {MAX_VARIABLES}")
    return True
