"""Variables, polynomials and trees (docs/certificates.md, "Polynomials, variables, trees").

Trees are as deep as their proof is long, so they are walked with a stack (``proof.deep``) and compared by identity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, final

__all__ = [
    "ArrangeNode",
    "Beginning",
    "ClearNode",
    "Contradiction",
    "DivideNode",
    "ForgetNode",
    "Polynomial",
    "Positive",
    "ScaleNode",
    "Side",
    "SolutionLeaf",
    "SolveNode",
    "SplitNode",
    "Term",
    "Tree",
    "Variable",
]

Side = Literal["row", "column"]

Variable = tuple[str | int, ...]
"""("f", l, i, j), an entry of factor l; ("a", i, j), one of A; ("x", id, i) and ("y", id, j), those of a term."""

Term = tuple[str, tuple[tuple[Variable, int], ...]]
"""A coefficient as text, and each variable with its exponent."""

Polynomial = tuple[Term, ...]


@final
@dataclass(frozen=True, slots=True, eq=False)
class SplitNode:
    """The polynomial is zero, or it is not."""

    polynomial: Polynomial
    zero: Tree
    nonzero: Tree


@final
@dataclass(frozen=True, slots=True, eq=False)
class SolveNode:
    """The equation of that number gives the variable."""

    equation: int
    variable: Variable
    then: Tree


@final
@dataclass(frozen=True, slots=True, eq=False)
class ForgetNode:
    """The equation of that number is not used any more."""

    equation: int
    then: Tree


@final
@dataclass(frozen=True, slots=True, eq=False)
class ScaleNode:
    """The variable is scaled to 1 by a freedom of inner index ``inner`` = (l, k), behind factor l."""

    variable: Variable
    inner: tuple[int, int]
    then: Tree


@final
@dataclass(frozen=True, slots=True, eq=False)
class ClearNode:
    """A multiple of line ``by`` is added to ``line``, so that its entry at ``at``, on the other side, is 0."""

    side: Side
    line: int
    by: int
    at: int
    then: Tree


@final
@dataclass(frozen=True, slots=True, eq=False)
class DivideNode:
    """The line is divided by its entry at ``at``, on the other side."""

    side: Side
    line: int
    at: int
    then: Tree


@final
@dataclass(frozen=True, slots=True, eq=False)
class ArrangeNode:
    """All entries at rows × columns are 0, or after exchanges the first is not; the order of the lines counts."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    zero: Tree
    nonzero: Tree


@final
@dataclass(frozen=True, slots=True)
class Contradiction:
    """The equation of that number is nonzero, or one of the units has become zero."""

    equation: int | Literal["unit"]


@final
@dataclass(frozen=True, slots=True)
class Positive:
    """The equation of that number says that Σ c p² = 0, (c, p) in ``squares``, one of them nonzero."""

    equation: int
    squares: tuple[tuple[str, Polynomial], ...]


@final
@dataclass(frozen=True, slots=True)
class SolutionLeaf:
    """Variables with numerator and denominator of their values."""

    values: tuple[tuple[Variable, Polynomial, Polynomial], ...]


Tree = (
    SplitNode
    | SolveNode
    | ForgetNode
    | ScaleNode
    | ClearNode
    | DivideNode
    | ArrangeNode
    | Contradiction
    | Positive
    | SolutionLeaf
)

Beginning = Callable[[Tree], Tree]
"""A node without the tree that is to stand below it."""
