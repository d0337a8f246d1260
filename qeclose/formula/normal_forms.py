"""Equivalent formulas of a simpler shape: negations at the atoms, constants folded, quantifiers in front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from qeclose.formula.language import FALSE, TRUE, And, Atom, Exists, ForAll, Formula, Not, Or, Truth
from qeclose.formula.polynomials import evaluate_polynomial
from qeclose.formula.symbols import all_symbols, free_variables, fresh_symbol, substitute

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sympy

    Kind = Literal["exists", "forall"]
    Block = tuple[Kind, tuple[sympy.Symbol, ...]]
    Prefix = tuple[Block, ...]

__all__ = [
    "negate",
    "nnf",
    "prenex",
    "prenex_parts",
    "put_first",
    "rename_apart",
    "reordered",
    "simplify_truth",
]


def nnf(formula: Formula) -> Formula:
    """The equivalent formula without ``Not``: negations are pushed into the relations of the atoms."""
    match formula:
        case Truth() | Atom():
            return formula
        case Not(argument):
            return negate(argument)
        case And(arguments):
            return And(tuple(map(nnf, arguments)))
        case Or(arguments):
            return Or(tuple(map(nnf, arguments)))
        case Exists(bound, body):
            return Exists(bound, nnf(body))
        case ForAll(bound, body):
            return ForAll(bound, nnf(body))


def negate(formula: Formula) -> Formula:
    """The negation of the formula, without ``Not``."""
    match formula:
        case Truth(value):
            return FALSE if value else TRUE
        case Atom(polynomial, relation):
            return Atom(polynomial, relation.negation)
        case Not(argument):
            return nnf(argument)
        case And(arguments):
            return Or(tuple(map(negate, arguments)))
        case Or(arguments):
            return And(tuple(map(negate, arguments)))
        case Exists(bound, body):
            return ForAll(bound, negate(body))
        case ForAll(bound, body):
            return Exists(bound, negate(body))


def simplify_truth(formula: Formula) -> Formula:
    """The equivalent formula without constant atoms, nested or repeated ∧ and ∨, and idle quantifiers."""
    match formula:
        case Truth():
            return formula
        case Atom(polynomial, relation):
            if polynomial.free_symbols:
                return formula
            return TRUE if relation.holds(evaluate_polynomial(polynomial, {})) else FALSE
        case Not(argument):
            return _simplified_negation(simplify_truth(argument))
        case And(arguments):
            return _gather(And, arguments, neutral=TRUE, absorbing=FALSE)
        case Or(arguments):
            return _gather(Or, arguments, neutral=FALSE, absorbing=TRUE)
        case Exists(bound, body):
            return _simplified_quantifier(Exists, bound, simplify_truth(body))
        case ForAll(bound, body):
            return _simplified_quantifier(ForAll, bound, simplify_truth(body))


def _simplified_negation(argument: Formula) -> Formula:
    match argument:
        case Truth() | Atom():
            return negate(argument)
        case Not(inner):
            return inner
        case _:
            return Not(argument)


def _gather(
    connective: type[And] | type[Or], arguments: tuple[Formula, ...], *, neutral: Truth, absorbing: Truth
) -> Formula:
    kept: dict[Formula, None] = {}
    for argument in arguments:
        simple = simplify_truth(argument)
        if simple == absorbing:
            return absorbing
        match simple:
            case And(inner) if connective is And:
                kept.update(dict.fromkeys(inner))
            case Or(inner) if connective is Or:
                kept.update(dict.fromkeys(inner))
            case _ if simple != neutral:
                kept[simple] = None
    if not kept:
        return neutral
    return next(iter(kept)) if len(kept) == 1 else connective(tuple(kept))


def _simplified_quantifier(
    quantifier: type[Exists] | type[ForAll], bound: tuple[sympy.Symbol, ...], body: Formula
) -> Formula:
    inside = free_variables(body)
    used = tuple(symbol for symbol in dict.fromkeys(bound) if symbol in inside)
    if not used:
        return body
    if isinstance(body, quantifier):
        # A variable bound again inside is not free there, so it is not among the used ones.
        return quantifier(used + body.variables, body.body)
    return quantifier(used, body)


def reordered(formula: Formula, first: Sequence[str]) -> Formula:
    """The formula with the variables named ``first`` first, in that order, in each block of quantifiers."""
    match formula:
        case Truth() | Atom():
            return formula
        case Not(argument):
            return Not(reordered(argument, first))
        case And(arguments):
            return And(tuple(reordered(argument, first) for argument in arguments))
        case Or(arguments):
            return Or(tuple(reordered(argument, first) for argument in arguments))
        case Exists(bound, body):
            return Exists(put_first(bound, first), reordered(body, first))
        case ForAll(bound, body):
            return ForAll(put_first(bound, first), reordered(body, first))


def put_first(symbols: Sequence[sympy.Symbol], first: Sequence[str]) -> tuple[sympy.Symbol, ...]:
    """The symbols, those with these names first, the others in their old order."""
    rank = {name: place for place, name in enumerate(first)}
    return tuple(sorted(symbols, key=lambda symbol: rank.get(symbol.name, len(rank))))


def rename_apart(formula: Formula) -> Formula:
    """The equivalent formula in which no variable is bound twice, or both free and bound.

    The first binding of a name that is not free keeps it; the others get fresh names.
    """
    taken = {symbol.name for symbol in free_variables(formula)}
    avoid = {symbol.name for symbol in all_symbols(formula)}
    return _rename_apart(formula, taken, avoid)


def _rename_apart(formula: Formula, taken: set[str], avoid: set[str]) -> Formula:
    match formula:
        case Truth() | Atom():
            return formula
        case Not(argument):
            return Not(_rename_apart(argument, taken, avoid))
        case And(arguments):
            return And(tuple(_rename_apart(argument, taken, avoid) for argument in arguments))
        case Or(arguments):
            return Or(tuple(_rename_apart(argument, taken, avoid) for argument in arguments))
        case Exists(bound, body):
            return Exists(*_rename_bound(bound, body, taken, avoid))
        case ForAll(bound, body):
            return ForAll(*_rename_bound(bound, body, taken, avoid))


def _rename_bound(
    bound: tuple[sympy.Symbol, ...], body: Formula, taken: set[str], avoid: set[str]
) -> tuple[tuple[sympy.Symbol, ...], Formula]:
    mapping: dict[sympy.Symbol, sympy.Symbol] = {}
    for symbol in dict.fromkeys(bound):
        fresh = fresh_symbol(symbol, avoid | taken) if symbol.name in taken else symbol
        taken.add(fresh.name)
        mapping[symbol] = fresh
    changed = {old: new for old, new in mapping.items() if old != new}
    renamed = substitute(body, changed) if changed else body
    return tuple(mapping.values()), _rename_apart(renamed, taken, avoid)


def prenex(formula: Formula) -> Formula:
    """An equivalent formula with all quantifiers in front and no ``Not``.

    Bound variables are renamed apart, neighbouring quantifiers of a kind are one block, and parallel
    prefixes are interleaved so that the blocks are few.
    """
    prefix, matrix = prenex_parts(formula)
    for kind, bound in reversed(prefix):
        matrix = Exists(bound, matrix) if kind == "exists" else ForAll(bound, matrix)
    return matrix


def prenex_parts(formula: Formula) -> tuple[Prefix, Formula]:
    """The quantifier blocks, outermost first and alternating in kind, and the matrix of ``prenex``."""
    # Renamed before it is simplified: a name that loses its only free place is still none for a bound variable.
    return _pull(simplify_truth(rename_apart(nnf(formula))))


def _pull(formula: Formula) -> tuple[Prefix, Formula]:
    match formula:
        case Truth() | Atom():
            return (), formula
        case Exists(bound, body):
            prefix, matrix = _pull(body)
            return _in_front("exists", bound, prefix), matrix
        case ForAll(bound, body):
            prefix, matrix = _pull(body)
            return _in_front("forall", bound, prefix), matrix
        case And(arguments):
            prefixes, matrices = zip(*map(_pull, arguments), strict=True)
            return _interleave(prefixes), simplify_truth(And(matrices))
        case Or(arguments):
            prefixes, matrices = zip(*map(_pull, arguments), strict=True)
            return _interleave(prefixes), simplify_truth(Or(matrices))
        case Not():
            raise AssertionError("a formula in negation normal form has no Not")


def _in_front(kind: Kind, bound: tuple[sympy.Symbol, ...], prefix: Prefix) -> Prefix:
    if prefix and prefix[0][0] == kind:
        return ((kind, bound + prefix[0][1]), *prefix[1:])
    return ((kind, bound), *prefix)


def _interleave(prefixes: tuple[Prefix, ...]) -> Prefix:
    existential, universal = _interleave_from("exists", prefixes), _interleave_from("forall", prefixes)
    return existential if len(existential) <= len(universal) else universal


def _interleave_from(kind: Kind, prefixes: tuple[Prefix, ...]) -> Prefix:
    blocks: list[Block] = []
    rest = list(prefixes)
    while any(rest):
        front: list[sympy.Symbol] = []
        for position, prefix in enumerate(rest):
            if prefix and prefix[0][0] == kind:
                front.extend(prefix[0][1])
                rest[position] = prefix[1:]
        if front:
            blocks.append((kind, tuple(front)))
        kind = "forall" if kind == "exists" else "exists"
    return tuple(blocks)
