"""A small immutable language of Tarski formulas over the reals.

Polynomials are sympy expressions with rational coefficients. A formula is data: printers, engines and
algorithms walk it with structural pattern matching and never change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from fractions import Fraction

    import sympy

__all__ = ["FALSE", "TRUE", "And", "Atom", "Exists", "ForAll", "Formula", "Not", "Or", "Relation", "Truth"]


class Relation(StrEnum):
    """A relation between a polynomial and zero."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="

    @property
    def negation(self) -> Relation:
        """The relation that holds where this one does not."""
        return _NEGATION[self]

    def holds(self, value: Fraction) -> bool:
        """Whether ``value`` stands in this relation to zero."""
        sign = (value > 0) - (value < 0)
        return sign in _SIGNS[self]


_NEGATION = {
    Relation.EQ: Relation.NE,
    Relation.NE: Relation.EQ,
    Relation.LT: Relation.GE,
    Relation.GE: Relation.LT,
    Relation.GT: Relation.LE,
    Relation.LE: Relation.GT,
}

_SIGNS = {
    Relation.EQ: (0,),
    Relation.NE: (-1, 1),
    Relation.LT: (-1,),
    Relation.LE: (-1, 0),
    Relation.GT: (1,),
    Relation.GE: (0, 1),
}


@final
@dataclass(frozen=True, slots=True)
class Truth:
    """A truth value."""

    value: bool


TRUE = Truth(True)
FALSE = Truth(False)


@final
@dataclass(frozen=True, slots=True)
class Atom:
    """``polynomial relation 0``."""

    polynomial: sympy.Expr
    relation: Relation


@final
@dataclass(frozen=True, slots=True)
class Not:
    """¬ argument."""

    argument: Formula


@final
@dataclass(frozen=True, slots=True)
class And:
    """A conjunction; the empty one is true."""

    arguments: tuple[Formula, ...]


@final
@dataclass(frozen=True, slots=True)
class Or:
    """A disjunction; the empty one is false."""

    arguments: tuple[Formula, ...]


@final
@dataclass(frozen=True, slots=True)
class Exists:
    """∃ variables: body."""

    variables: tuple[sympy.Symbol, ...]
    body: Formula


@final
@dataclass(frozen=True, slots=True)
class ForAll:
    """∀ variables: body."""

    variables: tuple[sympy.Symbol, ...]
    body: Formula


Formula = Truth | Atom | Not | And | Or | Exists | ForAll
