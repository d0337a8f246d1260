"""What qeclose asks of a quantifier eliminator, whichever program it is.

An engine is a thin, stateless description of an installed binary; each question starts one bounded process.
Questions raise the typed errors of ``qeclose.errors``: ``OutOfTime``, ``OutOfMemory`` (limits; the question
is undecided), ``EngineCrashed``, ``EngineGarbled`` (the engine failed), and ``UsageError`` for a question
outside the engine's abilities.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar, final

from qeclose.formula.numbers import AlgebraicNumber

if TYPE_CHECKING:
    from fractions import Fraction

    import sympy

    from qeclose.formula.language import Formula

__all__ = ["Ability", "AlgebraicNumber", "Engine", "Limits", "Model", "Outcome", "Run"]


class Ability(StrEnum):
    """A kind of question an engine can answer."""

    DECIDE = "decide"
    ELIMINATE = "eliminate"
    SATISFY = "satisfy"


@final
@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one engine process: wall-clock seconds and megabytes of memory."""

    seconds: float
    memory_mb: int


@final
@dataclass(frozen=True, slots=True)
class Run:
    """The record of one engine process: who, how long, the peak resident megabytes, and a one-word answer.

    ``question`` names what was asked, where one thing can be asked in several ways: the encoding of a sentence, say.
    """

    engine: str
    version: str
    seconds: float
    peak_mb: float
    answer: str
    question: str = ""


_T = TypeVar("_T")


@final
@dataclass(frozen=True, slots=True)
class Outcome(Generic[_T]):
    """An engine's answer with its record; ``value`` is None when the engine answered "unknown"."""

    value: _T | None
    run: Run


Model: TypeAlias = Mapping["sympy.Symbol", "Fraction | AlgebraicNumber"]


class Engine(Protocol):
    """One installed engine."""

    @property
    def name(self) -> str:
        """The registry name: qepcad, redlog, z3, cvc5 or yices."""
        ...

    @property
    def path(self) -> Path:
        """The program, as it was found."""
        ...

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can be asked."""
        ...

    def version(self) -> str:
        """The version the binary itself reports."""
        ...

    def decide(self, sentence: Formula, limits: Limits) -> Outcome[bool]:
        """The truth of a formula without free variables."""
        ...

    def eliminate(self, formula: Formula, limits: Limits) -> Outcome[Formula]:
        """An equivalent quantifier-free formula in the free variables."""
        ...

    def satisfy(self, system: Formula, limits: Limits) -> Outcome[Model | bool]:
        """A model of a quantifier-free system, ``False`` if it has none.

        Leading existential quantifiers are dropped. ``True`` means that there is a model, but that the engine
        could only print it rounded.
        """
        ...
