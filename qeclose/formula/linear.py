"""Quantifier elimination by linear algebra: existential variables that occur linearly, by cases.

∃v (c·v + d = 0 ∧ ψ(v)) is (c ≠ 0 ∧ ψ(−d/c)) ∨ (c = 0 ∧ d = 0 ∧ ∃v ψ(v)), whatever c and d are: polynomials in other
variables. An equation is split into its factors first. If only ≠ is left of the bound variables, they exist if
and only if no polynomial is zero as one in them: the reals are infinite. This is virtual substitution (Loos,
Weispfenning, Comput. J. 36, 1993) for equations of degree one, with factorization. For A = XYᵀ, in which every
variable occurs linearly in every product, it usually goes all the way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from qeclose.formula.cases import NONZERO, Case, Condition, assume
from qeclose.formula.language import FALSE, TRUE, And, Atom, Exists, Formula, Or, Relation, Truth
from qeclose.formula.normal_forms import prenex_parts, simplify_truth
from qeclose.formula.ring import NEGATIVE, POSITIVE, ZERO, Polynomial, Ring
from qeclose.formula.symbols import all_symbols

if TYPE_CHECKING:
    import sympy

__all__ = ["RELATION_OF", "condition", "eliminate_linear"]

RELATION_OF = {
    ZERO: Relation.EQ,
    NONZERO: Relation.NE,
    POSITIVE: Relation.GT,
    NEGATIVE: Relation.LT,
    POSITIVE | ZERO: Relation.GE,
    NEGATIVE | ZERO: Relation.LE,
}
_SIGNS_OF = {relation: signs for signs, relation in RELATION_OF.items()}


def condition(atom: Atom, ring: Ring) -> Condition:
    """An atom as a polynomial and the signs it may have."""
    return ring.read(atom.polynomial), _SIGNS_OF[atom.relation]


def eliminate_linear(
    formula: Formula, tick: Callable[[], None] = lambda: None, *, most_cases: int = 20_000
) -> Formula | None:
    """A formula equivalent to ∃… (a conjunction of atoms), without quantifiers as far as linear algebra goes.

    Where it does not, a case keeps its quantifiers, over fewer variables. None if there are too many cases. Raises
    ``ValueError`` on a formula of another shape, and what ``tick`` raises.
    """
    prefix, matrix = prenex_parts(formula)
    if any(kind != "exists" for kind, _ in prefix):
        raise ValueError("only existential formulas are eliminated by linear algebra")
    if isinstance(matrix, Truth):
        return matrix
    atoms = matrix.arguments if isinstance(matrix, And) else (matrix,)
    ring = Ring(all_symbols(formula))
    conditions = []
    for atom in atoms:
        if not isinstance(atom, Atom):
            raise ValueError("only conjunctions are eliminated by linear algebra")
        conditions.append(condition(atom, ring))
    bound = frozenset(ring.index(symbol) for _, block in prefix for symbol in block)
    return _eliminated(Case(ring, bound), conditions, tick, most_cases)


def _eliminated(
    start: Case, conditions: Sequence[Condition], tick: Callable[[], None], most_cases: int
) -> Formula | None:
    disjuncts: dict[Formula, None] = {}
    stack: list[tuple[Case, Sequence[Condition]]] = [(start, conditions)]
    seen = 0
    while stack:
        before, pending = stack.pop()
        for case in assume(before, pending, tick):
            seen += 1
            if seen > most_cases:
                return None
            unsolved = [p for p, mask in case.conditions() if mask == ZERO and _has_bound(p, case)]
            split = _best_split(unsolved, case)
            if split is None:
                leaf = _leaf(case)
                if leaf == TRUE:
                    return TRUE
                if leaf != FALSE:
                    disjuncts[leaf] = None
                continue
            equation, lead, rest = split
            stack.append((case.without([equation]), [(lead, ZERO), (rest, ZERO)]))
            stack.append((case, [(lead, NONZERO)]))
    return simplify_truth(Or(tuple(disjuncts)))


def _has_bound(polynomial: Polynomial, case: Case) -> bool:
    return any(index in case.bound for index in case.ring.occurring(polynomial))


def _best_split(
    unsolved: Sequence[Polynomial], case: Case
) -> tuple[Polynomial, Polynomial, Polynomial] | None:
    """An equation that is linear in a bound variable, its coefficient and the rest: a simple coefficient first."""
    ring = case.ring
    best: tuple[tuple[object, ...], tuple[Polynomial, Polynomial, Polynomial]] | None = None
    for equation in unsolved:
        for index in ring.occurring(equation):
            if index not in case.bound or ring.degree(equation, index) != 1:
                continue
            rest, lead = ring.coefficients(equation, index)
            cost = (_has_bound(lead, case), len(ring.factored(lead).factors), len(lead), len(rest), str(lead))
            if best is None or cost < best[0]:
                best = cost, (equation, lead, rest)
    return best[1] if best else None


def _leaf(case: Case) -> Formula:
    """What a case says of the free variables."""
    ring, parts, inside = case.ring, list[Formula](), list[Condition]()
    for pivot in case.pivots:
        if pivot.index not in case.bound:
            equation = pivot.lead * ring.variable(pivot.index) + pivot.rest
            parts.append(Atom(ring.write(equation), Relation.EQ))
    for polynomial, mask in case.conditions():
        if _has_bound(polynomial, case):
            inside.append((polynomial, mask))
        else:
            parts.append(Atom(ring.write(polynomial), RELATION_OF[mask]))
    if all(mask == NONZERO for _, mask in inside):
        for polynomial, _ in inside:
            coefficients = ring.bound_coefficients(polynomial, case.bound)
            parts.append(Or(tuple(Atom(ring.write(c), Relation.NE) for c in coefficients)))
    else:
        parts.append(_quantified(inside, case))
    return simplify_truth(And(tuple(parts)))


def _quantified(inside: Sequence[Condition], case: Case) -> Formula:
    ring = case.ring
    occurring = sorted({i for p, _ in inside for i in ring.occurring(p) if i in case.bound})
    bound: tuple[sympy.Symbol, ...] = tuple(ring.symbols[index] for index in occurring)
    return Exists(bound, And(tuple(Atom(ring.write(p), RELATION_OF[mask]) for p, mask in inside)))
