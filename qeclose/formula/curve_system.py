"""Is there a curve of factors whose products tend to a given matrix? A system of equations, without quantifiers.

X(t) = x₀ + x₁t + … + x_d tᵈ and Y(t) alike with X(t) Y(t)ᵀ = tᵈ A + O(tᵈ⁺¹) make a curve X(t)/tᵈ, Y(t) whose products tend to A:
for d = 1 the equations are Σ x₀y₀ᵀ = 0 and Σ (x₁y₀ᵀ + x₀y₁ᵀ) = A. A is in the closure of E if they have a solution for some d;
for a given d the converse is not true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from qeclose.formula.language import And, Atom, Formula, Relation

if TYPE_CHECKING:
    from fractions import Fraction

    import sympy

__all__ = ["CurveSystem", "Entry", "curve_system"]

Entry = tuple[int, int, int]
"""(line, term, power): the coefficient of tᵖᵒʷᵉʳ in an entry of a factor."""


@final
@dataclass(frozen=True, slots=True)
class CurveSystem:
    """The equations, and what their unknowns are: coefficients of X(t), whose pole is left out, and of Y(t)."""

    formula: Formula
    x: Mapping[Entry, sympy.Symbol]
    y: Mapping[Entry, sympy.Symbol]


def curve_system(
    products: Mapping[tuple[int, int], Sequence[int]],
    point: Mapping[tuple[int, int], Fraction | int],
    order: int,
) -> CurveSystem:
    """The system for curves of the given order d ≥ 1 that end at ``point`` (entries left out are 0).

    ``products`` has for each position (i, j) that matters the terms k with a product x_ik y_jk in it.
    """
    import sympy

    x: dict[Entry, sympy.Symbol] = {}
    y: dict[Entry, sympy.Symbol] = {}

    def unknown(of: dict[Entry, sympy.Symbol], letter: str, line: int, k: int, power: int) -> sympy.Symbol:
        return of.setdefault((line, k, power), sympy.Symbol(f"{letter}{power}_{line}_{k}"))

    equations = []
    for (i, j), terms in products.items():
        for power in range(order + 1):
            products_there = [
                unknown(x, "x", i, k, part) * unknown(y, "y", j, k, power - part)
                for k in terms
                for part in range(power + 1)
            ]
            limit = sympy.Rational(point.get((i, j), 0)) if power == order else sympy.Integer(0)
            equations.append(Atom(sympy.Add(*products_there, -limit), Relation.EQ))
    return CurveSystem(And(tuple(equations)), x, y)
