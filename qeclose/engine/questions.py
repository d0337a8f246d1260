"""What all engines do with a question before they ask it, and with a model before they hand it on."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from qeclose.engine.protocol import AlgebraicNumber, Model
from qeclose.errors import EngineGarbled, UsageError
from qeclose.formula.language import And, Atom, Exists, ForAll, Formula, Not, Or, Relation, Truth
from qeclose.formula.operations import evaluate, free_variables, nnf, prenex_parts
from qeclose.formula.polynomials import expand_terms

if TYPE_CHECKING:
    import sympy

    Interval = tuple[Fraction, Fraction]

__all__ = ["check_model", "require_sentence", "system_of"]

_PRECISION = Fraction(1, 2**64)


def require_sentence(engine: str, formula: Formula) -> None:
    """Raise ``UsageError`` if the formula has free variables, for then it is neither true nor false."""
    free = free_variables(formula)
    if free:
        names = ", ".join(sorted(symbol.name for symbol in free))
        raise UsageError(f"{engine} was asked to decide a formula with free variables: {names}")


def system_of(engine: str, formula: Formula) -> Formula:
    """The matrix of an existential formula, its bound variables now free.

    Raises ``UsageError`` if a universal quantifier is left when negations are pushed inwards.
    """
    prefix, matrix = prenex_parts(nnf(formula))
    if any(kind == "forall" for kind, _ in prefix):
        raise UsageError(f"{engine} finds models of existential formulas only")
    return matrix


def check_model(engine: str, system: Formula, model: Model) -> None:
    """Raise ``EngineGarbled`` if the system is false at the model.

    Rational points are checked exactly. Where coordinates are irrational, the system is evaluated over small
    intervals around them; that refutes a wrong point, but takes an equation that may hold for one that does.
    """
    if all(isinstance(value, Fraction) for value in model.values()):
        point = {symbol: value for symbol, value in model.items() if isinstance(value, Fraction)}
        holds = evaluate(system, point)
    else:
        holds = _may_hold(nnf(system), {symbol: _interval(value) for symbol, value in model.items()})
    if not holds:
        raise EngineGarbled(engine, "gave a model that does not satisfy the system")


def _interval(value: Fraction | AlgebraicNumber) -> Interval:
    if isinstance(value, Fraction):
        return value, value
    low, high = (
        value.polynomial.refine_root(
            _rational(value.low), _rational(value.high), eps=_rational(_PRECISION), check_sqf=False
        )
        if value.low < value.high
        else (_rational(value.low), _rational(value.high))
    )
    return _fraction(low), _fraction(high)


def _rational(value: Fraction) -> sympy.Rational:
    import sympy

    return sympy.Rational(value.numerator, value.denominator)


def _fraction(value: sympy.Rational) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _may_hold(formula: Formula, box: dict[sympy.Symbol, Interval]) -> bool:
    """Whether interval arithmetic cannot refute a formula in negation normal form on the box."""
    match formula:
        case Truth(value):
            return value
        case Atom(polynomial, relation):
            low, high = _range(polynomial, box)
            return _possible(relation, low, high)
        case And(arguments):
            return all(_may_hold(argument, box) for argument in arguments)
        case Or(arguments):
            return any(_may_hold(argument, box) for argument in arguments)
        case Not() | Exists() | ForAll():
            raise ValueError("expected a quantifier-free formula in negation normal form")


def _possible(relation: Relation, low: Fraction, high: Fraction) -> bool:
    match relation:
        case Relation.EQ:
            return low <= 0 <= high
        case Relation.NE:
            return low != 0 or high != 0
        case Relation.LT:
            return low < 0
        case Relation.LE:
            return low <= 0
        case Relation.GT:
            return high > 0
        case Relation.GE:
            return high >= 0


def _range(polynomial: sympy.Expr, box: dict[sympy.Symbol, Interval]) -> Interval:
    low = high = Fraction(0)
    for monomial, coefficient in expand_terms(polynomial).items():
        product = coefficient, coefficient
        for symbol, exponent in monomial:
            for _ in range(exponent):
                ends = [a * b for a in product for b in box[symbol]]
                product = min(ends), max(ends)
        low, high = low + product[0], high + product[1]
    return low, high
