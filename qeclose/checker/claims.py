"""The statements that proofs prove, and what one step of a proof says and leaves to be proved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, TypeAlias, final

from qeclose.checker.bounds import Bounded
from qeclose.checker.budget import Rational
from qeclose.checker.masks import NOTHING, Factors, Missing
from qeclose.checker.problem import Problem, initial_problem
from qeclose.checker.questions import Question
from qeclose.checker.reading import Path
from qeclose.checker.tree import Cases

__all__ = [
    "BoundedIllPosed",
    "BoundedWellPosed",
    "Claim",
    "Closed",
    "ClosedChain",
    "DataSetWithout",
    "Frontier",
    "IllPosed",
    "Inside",
    "NotIn",
    "Obligation",
    "Outside",
    "Point",
    "Sentence",
    "Step",
    "TrainingIllPosed",
    "well_posed",
]

Point: TypeAlias = Mapping[tuple[int, int], Rational]
"""A matrix A: its nonzero entries."""


@final
@dataclass(frozen=True, slots=True)
class Closed:
    """E of a problem about two factors is closed."""

    problem: Problem
    wanted: ClassVar[str] = "this kind of proof is unknown"


@final
@dataclass(frozen=True, slots=True)
class ClosedChain:
    """E is closed, by a proof about all factors."""

    factors: Factors
    wanted: ClassVar[str] = (
        "with more than two factors a proof is of kind orthogonal-chain, merged, full-space or variety"
    )


@final
@dataclass(frozen=True, slots=True)
class IllPosed:
    """E, seen at the entries of A that are not missing, is not closed."""

    factors: Factors
    missing: Missing = field(default_factory=dict)
    wanted: ClassVar[str] = "a proof of ill-posedness is of kind curve, or engine for the sentence"


@final
@dataclass(frozen=True, slots=True)
class Sentence:
    """The plain sentence of the mask has this truth value."""

    factors: Factors
    ill_posed: bool
    missing: Missing = field(default_factory=dict)
    wanted: ClassVar[str] = "the plain sentence is left to an engine"


@final
@dataclass(frozen=True, slots=True)
class NotIn:
    """No matrix in E agrees with A at the entries that are not missing. ``taken_out`` terms have been taken out before."""

    factors: Factors
    matrix: Point
    taken_out: int = 0
    missing: Missing = field(default_factory=dict)
    wanted: ClassVar[str] = "a refutation is of kind tree, minor, engine, grouped or padded"


@final
@dataclass(frozen=True, slots=True)
class TrainingIllPosed:
    """A network of two layers with these masks has no optimum on some data set."""

    factors: Factors
    wanted: ClassVar[str] = "a proof about training is of kind relu-data-set"


@final
@dataclass(frozen=True, slots=True)
class DataSetWithout:
    """The data set of a proof has no optimum, its frontier being one."""

    factors: Factors
    wanted: ClassVar[str] = TrainingIllPosed.wanted


@final
@dataclass(frozen=True, slots=True)
class Inside:
    """Some matrix in E agrees with A at the entries that are not missing."""

    factors: Factors
    matrix: Point
    missing: Missing = field(default_factory=dict)
    wanted: ClassVar[str] = "this kind of proof does not show that a matrix is inside"


@final
@dataclass(frozen=True, slots=True)
class Frontier:
    """A is in the closure of E and not in E, both seen at the entries that are not missing."""

    factors: Factors
    matrix: Point
    missing: Missing = field(default_factory=dict)
    wanted: ClassVar[str] = "this kind of proof does not show that a matrix is frontier"


@final
@dataclass(frozen=True, slots=True)
class Outside:
    """A is not in the closure of E, both seen at the entries that are not missing."""

    factors: Factors
    matrix: Point
    missing: Missing = field(default_factory=dict)
    wanted: ClassVar[str] = "this kind of proof does not show that a matrix is outside"


@final
@dataclass(frozen=True, slots=True)
class BoundedIllPosed:
    """The union of the sets E over the supports that keep the bounds is not closed."""

    bounded: Bounded
    wanted: ClassVar[str] = "with bounds a proof of ill-posedness is of kind union"


@final
@dataclass(frozen=True, slots=True)
class BoundedWellPosed:
    """The union of the sets E over the supports that keep the bounds is closed."""

    bounded: Bounded
    wanted: ClassVar[str] = "with bounds a proof of well-posedness is of kind bounds-rule or cover"


Claim: TypeAlias = (
    Closed
    | ClosedChain
    | IllPosed
    | Sentence
    | NotIn
    | TrainingIllPosed
    | DataSetWithout
    | Inside
    | Frontier
    | Outside
    | BoundedIllPosed
    | BoundedWellPosed
)


@final
class Obligation(NamedTuple):
    """A claim, the proof it is given, and where that stands. Of a case among many only the number is told."""

    claim: Claim
    proof: Any
    path: Path
    is_case: bool = False


@final
class Step(NamedTuple):
    """What a proof shows, in words, what it leaves to be proved, in this order, and what it leaves to engines.

    ``trees`` are those of the proof that have been checked, for whoever wants to look at their leaves.
    """

    shown: tuple[str, ...]
    rest: Sequence[Obligation] = ()
    questions: Sequence[Question] = ()
    trees: Sequence[Cases] = ()


def well_posed(factors: Factors, proof: Any, missing: Missing = NOTHING) -> Closed | ClosedChain:
    """The claim that E is closed, as this proof speaks about it: two factors are a problem unless it is about chains."""
    kind = proof.get("kind") if type(proof) is dict else None
    if len(factors) == 2 and kind not in ("orthogonal-chain", "merged"):
        return Closed(initial_problem(factors, missing))
    return ClosedChain(factors)
