"""Formulas as SMT-LIB 2.6 scripts.

A script asserts the formula and asks for satisfiability: for a sentence that is its truth, otherwise the
truth of its existential closure.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from qeclose.formula.language import And, Atom, Exists, ForAll, Formula, Not, Or, Relation, Truth
from qeclose.formula.names import NameRules, Names
from qeclose.formula.operations import is_quantifier_free
from qeclose.formula.polynomials import natural_order
from qeclose.formula.printers.infix import operands_in_order, wrap
from qeclose.formula.symbols import all_symbols, free_variables

if TYPE_CHECKING:
    import sympy

__all__ = ["SMTLIB_RULES", "formula_term", "smtlib_names", "to_smtlib"]

_RESERVED = """
    _ as let exists forall match par true false not and or xor ite distinct abs div mod select store
    to_real to_int is_int exp sin cos tan pi sqrt real root-obj define declare assert check push pop
    echo exit reset
    BINARY DECIMAL HEXADECIMAL NUMERAL STRING Bool Int Real Array
"""
SMTLIB_RULES = NameRules(re.compile(r"[A-Za-z][A-Za-z0-9_]*"), frozenset(_RESERVED.split()))
_WIDTH = 200


def smtlib_names(formula: Formula) -> Names:
    """The names ``to_smtlib`` gives to the variables of the formula."""
    return Names.choose(all_symbols(formula), SMTLIB_RULES)


def to_smtlib(formula: Formula, *, logic: str | None = None, produce_models: bool = False) -> str:
    """A complete script: logic, declarations, one assertion a conjunct, ``check-sat``, perhaps ``get-model``.

    The logic is QF_NRA for a quantifier-free formula and NRA otherwise, unless one is given.
    """
    names = smtlib_names(formula)
    lines = ["(set-option :produce-models true)"] if produce_models else []
    lines.append(f"(set-logic {logic or ('QF_NRA' if is_quantifier_free(formula) else 'NRA')})")
    lines += [f"(declare-fun {names[symbol]} () Real)" for symbol in natural_order(free_variables(formula))]
    conjuncts = formula.arguments if isinstance(formula, And) else (formula,)
    lines += [wrap(f"(assert {formula_term(conjunct, names)})", _WIDTH) for conjunct in conjuncts]
    lines.append("(check-sat)")
    if produce_models:
        lines.append("(get-model)")
    return "\n".join(lines) + "\n"


def formula_term(formula: Formula, names: Names) -> str:
    """The formula as a term of sort Bool."""
    match formula:
        case Truth(value):
            return "true" if value else "false"
        case Atom(polynomial, Relation.NE):
            return f"(not {_atom_term(polynomial, Relation.EQ, names)})"
        case Atom(polynomial, relation):
            return _atom_term(polynomial, relation, names)
        case Not(argument):
            return f"(not {formula_term(argument, names)})"
        case And(arguments):
            return _application("and", [formula_term(argument, names) for argument in arguments], "true")
        case Or(arguments):
            return _application("or", [formula_term(argument, names) for argument in arguments], "false")
        case Exists((), body) | ForAll((), body):
            return formula_term(body, names)
        case Exists(bound, body):
            return f"(exists ({_bindings(bound, names)}) {formula_term(body, names)})"
        case ForAll(bound, body):
            return f"(forall ({_bindings(bound, names)}) {formula_term(body, names)})"


def _bindings(bound: tuple[sympy.Symbol, ...], names: Names) -> str:
    return " ".join(f"({names[symbol]} Real)" for symbol in bound)


def _application(function: str, arguments: list[str], neutral: str) -> str:
    match arguments:
        case []:
            return neutral
        case [only]:
            return only
        case _:
            return f"({function} {' '.join(arguments)})"


def _atom_term(polynomial: sympy.Expr, relation: Relation, names: Names) -> str:
    """The atom with its negative summands on the right: ``(< a (+ (* x y) eps))``.

    Z3 takes that for a simpler question than the difference compared with 0 (docs/benchmarks.md).
    """
    import sympy

    left: list[str] = []
    right: list[str] = []
    for summand in operands_in_order(polynomial) if isinstance(polynomial, sympy.Add) else [polynomial]:
        negative = summand.as_coeff_Mul()[0] < 0
        (right if negative else left).append(_polynomial_term(-summand if negative else summand, names))
    return f"({relation.value} {_application('+', left, '0')} {_application('+', right, '0')})"


def _number(value: Fraction) -> str:
    if value < 0:
        return f"(- {_number(-value)})"
    return str(value.numerator) if value.denominator == 1 else f"(/ {value.numerator} {value.denominator})"


def _polynomial_term(polynomial: sympy.Expr, names: Names) -> str:
    import sympy

    match polynomial:
        case sympy.Symbol():
            return names[polynomial]
        case sympy.Rational():
            return _number(Fraction(int(polynomial.p), int(polynomial.q)))
        case sympy.Add():
            terms = [_polynomial_term(summand, names) for summand in operands_in_order(polynomial)]
            return _application("+", terms, "0")
        case sympy.Mul():
            factors = [_polynomial_term(factor, names) for factor in _factors(polynomial)]
            if factors[0] == "(- 1)":
                return f"(- {_application('*', factors[1:], '1')})"
            return _application("*", factors, "1")
        case sympy.Pow(base=base, exp=sympy.Integer() as exponent) if exponent >= 0:
            return _application("*", [_polynomial_term(base, names)] * int(exponent), "1")
        case _:
            raise ValueError(f"not a polynomial with rational coefficients: {polynomial}")


def _factors(product: sympy.Mul) -> list[sympy.Expr]:
    coefficient, rest = product.as_coeff_Mul()
    factors = operands_in_order(rest)
    return factors if coefficient == 1 else [coefficient, *factors]
