"""Closure questions about a set given by a quantifier-free formula φ, put without quantifier alternation.

Let S = {A : φ(A)}, φ without negations (normal form). Two sufficient conditions, one in each direction:

*Relaxation.* Replacing > by ≥, < by ≤ and p ≠ 0 by true gives a formula φ̄ of a closed set that contains S,
hence cl S. If φ̄ ∧ ¬φ has no solution then S is closed.

*Line.* The sign of a polynomial p(A + tB) is constant for all small t > 0: it is that of the first nonzero
coefficient as a polynomial in t. So "A + tB ∈ S for all small t > 0" is a quantifier-free formula φ⁺(A, B), and a
solution of φ⁺(A, B) ∧ ¬φ(A) is a point A of cl S that is not in S.

*Lines.* All points of cl S that segments inside S end at are ∃B φ⁺(A, B). If they are a closed set they are cl S.

All three are purely existential: what satisfiability solvers are good at, unlike the ∀ε∃A' of the definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from qeclose.formula.language import TRUE, And, Atom, Exists, Formula, Or, Relation, Truth
from qeclose.formula.operations import negate, nnf, simplify_truth
from qeclose.formula.ring import Ring
from qeclose.formula.symbols import all_symbols, free_variables, fresh_symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import sympy

__all__ = ["line_leaves", "line_limits", "relaxation_exceeds", "relaxed", "right_germ"]

_WEAK = {Relation.GT: Relation.GE, Relation.LT: Relation.LE}


def relaxed(phi: Formula) -> Formula:
    """A formula of a closed set that contains every point of the quantifier-free ``phi``.

    Raises ``ValueError`` on a quantifier.
    """
    return simplify_truth(_relaxed(nnf(phi)))


def _relaxed(phi: Formula) -> Formula:
    match phi:
        case Truth():
            return phi
        case Atom(_, Relation.NE):
            return TRUE
        case Atom(polynomial, relation):
            return Atom(polynomial, _WEAK.get(relation, relation))
        case And(arguments):
            return And(tuple(map(_relaxed, arguments)))
        case Or(arguments):
            return Or(tuple(map(_relaxed, arguments)))
        case _:
            raise ValueError("only a quantifier-free formula can be relaxed")


def right_germ(phi: Formula, direction: dict[sympy.Symbol, sympy.Symbol]) -> Formula:
    """The formula "A + tB satisfies ``phi`` for all small t > 0" in the variables of A and B.

    ``direction`` maps each variable of A to the one of B. Raises ``ValueError`` on a quantifier.
    """
    return simplify_truth(_right_germ(nnf(phi), _Taylor(free_variables(phi), direction)))


def _right_germ(phi: Formula, taylor: _Taylor) -> Formula:
    match phi:
        case Truth():
            return phi
        case Atom(polynomial, relation):
            return _atom_germ(taylor.coefficients(polynomial), relation)
        case And(arguments):
            return And(tuple(_right_germ(argument, taylor) for argument in arguments))
        case Or(arguments):
            return Or(tuple(_right_germ(argument, taylor) for argument in arguments))
        case _:
            raise ValueError("only a quantifier-free formula has a germ along a line")


@final
class _Taylor:
    """Polynomials along A + tB, each of them expanded once however many atoms it is in."""

    def __init__(
        self, symbols: Iterable[sympy.Symbol], direction: Mapping[sympy.Symbol, sympy.Symbol]
    ) -> None:
        import sympy

        t = sympy.Dummy("t")
        self._ring = Ring({*symbols, *direction.values(), t})
        self._t = self._ring.index(t)
        step = {self._ring.index(a): self._ring.index(b) for a, b in direction.items() if a in set(symbols)}
        variable = self._ring.variable
        self._moved = [
            variable(place) + variable(self._t) * variable(step[place]) if place in step else variable(place)
            for place in range(len(self._ring.symbols))
        ]
        self._known: dict[sympy.Expr, list[sympy.Expr]] = {}

    def coefficients(self, polynomial: sympy.Expr) -> list[sympy.Expr]:
        """The coefficients of t⁰, t¹, …, all multiplied by one positive number."""
        known = self._known.get(polynomial)
        if known is None:
            moved = self._ring.read(polynomial).compose(*self._moved)
            known = [self._ring.write(c) for c in self._ring.coefficients(moved, self._t)]
            self._known[polynomial] = known
        return known


def _atom_germ(coefficients: Sequence[sympy.Expr], relation: Relation) -> Formula:
    vanishes = And(tuple(Atom(c, Relation.EQ) for c in coefficients))
    match relation:
        case Relation.EQ:
            return vanishes
        case Relation.NE:
            return negate(vanishes)
        case Relation.GT | Relation.LT:
            return _first_sign(coefficients, relation)
        case Relation.GE:
            return Or((vanishes, _first_sign(coefficients, Relation.GT)))
        case Relation.LE:
            return Or((vanishes, _first_sign(coefficients, Relation.LT)))


def _first_sign(coefficients: Sequence[sympy.Expr], relation: Relation) -> Formula:
    """The first nonzero coefficient has the strict sign ``relation``."""
    head, *tail = coefficients
    here = Atom(head, relation)
    if not tail:
        return here
    return Or((here, And((Atom(head, Relation.EQ), _first_sign(tail, relation)))))


def relaxation_exceeds(phi: Formula) -> Formula:
    """The system "A lies in the relaxation of ``phi`` but not in ``phi``"; no solution: ``phi`` is closed."""
    return simplify_truth(And((relaxed(phi), negate(phi))))


def line_leaves(phi: Formula) -> Formula:
    """The system "A, outside ``phi``, ends a segment inside"; a solution proves ``phi`` not closed."""
    return simplify_truth(And((right_germ(phi, _directions(phi)), negate(phi))))


def line_limits(phi: Formula) -> Formula:
    """The points at which a segment inside S ends: ∃B φ⁺(A, B), with S = {A : φ(A)}.

    They contain S (B = 0) and are limits of it. So where a description of them shows that they are a closed set, they are cl S,
    and no ε was needed.
    """
    directions = _directions(phi)
    germ = right_germ(phi, directions)
    moving = tuple(b for b in directions.values() if b in free_variables(germ))
    return Exists(moving, germ) if moving else germ


def _directions(phi: Formula) -> dict[sympy.Symbol, sympy.Symbol]:
    """A new variable b for each variable a."""
    taken = {symbol.name for symbol in all_symbols(phi)}
    found: dict[sympy.Symbol, sympy.Symbol] = {}
    for a in sorted(free_variables(phi), key=str):
        found[a] = fresh_symbol(a, taken)
        taken.add(found[a].name)
    return found
