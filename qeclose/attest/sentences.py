"""The formulas of what certificates leave to engines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from qeclose.checker.questions import PlainSentence, System
from qeclose.support import Mask, Support

if TYPE_CHECKING:
    import sympy

    from qeclose.checker.budget import Rational
    from qeclose.checker.polynomial import Polynomial, Variable
    from qeclose.formula.language import Formula

__all__ = ["sentence_of"]


def sentence_of(asked: System | PlainSentence) -> Formula:
    """The sentence that is asked; it has no free variables."""
    return _plain(asked) if isinstance(asked, PlainSentence) else _closed(asked)


def _plain(asked: PlainSentence) -> Formula:
    from qeclose.formula.builders import sentence

    n = len(asked.factors[-1][0])
    missing = Mask(tuple(asked.missing.get(i, 0) for i in range(len(asked.factors[0]))), n)
    masks = ([[int(c) for c in row] for row in rows] for rows in asked.factors)
    return sentence(Support.of_factors(masks, missing=missing))


def _closed(asked: System) -> Formula:
    from qeclose.formula.language import And, Atom, Exists, ForAll, Or, Relation

    symbols = _symbols(asked.variables)

    def atom(p: Polynomial, relation: Relation = Relation.EQ) -> Atom:
        return Atom(_expression(p, symbols), relation)

    body: Formula = And(
        (
            *map(atom, asked.equations),
            *(atom(p, Relation.NE) for p in asked.units),
            *(Or(tuple(map(atom, choice))) for choice in asked.choices),
            *([Or(tuple(atom(p, Relation.NE) for p in asked.violated))] if asked.violated else []),
        )
    )
    outer = tuple(symbol for v, symbol in symbols.items() if v in asked.universal)
    inner = tuple(symbol for v, symbol in symbols.items() if v not in asked.universal)
    body = Exists(inner, body) if inner else body
    return ForAll(outer, body) if outer else body


def _symbols(listed: Sequence[Variable]) -> dict[Variable, sympy.Symbol]:
    import sympy

    width = len(str(len(listed)))
    return {v: sympy.Symbol(f"v{number:0{width}d}") for number, v in enumerate(listed)}


def _expression(p: Polynomial, symbols: Mapping[Variable, sympy.Symbol]) -> sympy.Expr:
    import sympy

    def rational(value: Rational) -> sympy.Rational:
        return sympy.Rational(value.numerator, value.denominator)

    return sympy.Add(
        *(
            sympy.Mul(rational(value), *(symbols[v] ** e for v, e in monomial))
            for monomial, value in p.items()
        )
    )
