"""The variables of a formula, fresh names, and capture-free substitution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from qeclose.formula.language import And, Atom, Exists, ForAll, Formula, Not, Or, Truth

if TYPE_CHECKING:
    import sympy

__all__ = ["all_symbols", "free_variables", "fresh_symbol", "substitute"]


def free_variables(formula: Formula) -> frozenset[sympy.Symbol]:
    """The variables with an occurrence that no quantifier binds."""
    match formula:
        case Truth():
            return frozenset()
        case Atom(polynomial, _):
            return frozenset(polynomial.free_symbols)
        case Not(argument):
            return free_variables(argument)
        case And(arguments) | Or(arguments):
            return frozenset().union(*map(free_variables, arguments))
        case Exists(bound, body) | ForAll(bound, body):
            return free_variables(body) - frozenset(bound)


def all_symbols(formula: Formula) -> frozenset[sympy.Symbol]:
    """The variables of the formula, free or bound, including those bound in vain."""
    match formula:
        case Truth():
            return frozenset()
        case Atom(polynomial, _):
            return frozenset(polynomial.free_symbols)
        case Not(argument):
            return all_symbols(argument)
        case And(arguments) | Or(arguments):
            return frozenset().union(*map(all_symbols, arguments))
        case Exists(bound, body) | ForAll(bound, body):
            return all_symbols(body) | frozenset(bound)


def fresh_symbol(like: sympy.Symbol, taken: Iterable[str]) -> sympy.Symbol:
    """A symbol named like another one but with a suffix that makes the name differ from all those taken."""
    import sympy

    names = set(taken)
    number = 1
    while (name := f"{like.name}v{number}") in names:
        number += 1
    return sympy.Symbol(name)


def substitute(formula: Formula, mapping: Mapping[sympy.Symbol, sympy.Expr]) -> Formula:
    """The formula with its free variables replaced, all at once; bound variables make way."""
    match formula:
        case Truth():
            return formula
        case Atom(polynomial, relation):
            return Atom(polynomial.xreplace(dict(mapping)), relation)
        case Not(argument):
            return Not(substitute(argument, mapping))
        case And(arguments):
            return And(tuple(substitute(argument, mapping) for argument in arguments))
        case Or(arguments):
            return Or(tuple(substitute(argument, mapping) for argument in arguments))
        case Exists(bound, body):
            return Exists(*_under_quantifier(bound, body, mapping))
        case ForAll(bound, body):
            return ForAll(*_under_quantifier(bound, body, mapping))


def _under_quantifier(
    bound: tuple[sympy.Symbol, ...], body: Formula, mapping: Mapping[sympy.Symbol, sympy.Expr]
) -> tuple[tuple[sympy.Symbol, ...], Formula]:
    import sympy

    inside = free_variables(body)
    active = {old: sympy.sympify(new) for old, new in mapping.items() if old in inside and old not in bound}
    if not active:
        return bound, body
    brought = {symbol.name for new in active.values() for symbol in new.free_symbols}
    taken = brought | {symbol.name for symbol in all_symbols(body)} | {symbol.name for symbol in bound}
    renamed = []
    for symbol in bound:
        fresh = symbol
        if symbol.name in brought:
            fresh = fresh_symbol(symbol, taken)
            taken.add(fresh.name)
            active[symbol] = fresh
        renamed.append(fresh)
    return tuple(renamed), substitute(body, active)
