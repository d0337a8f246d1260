"""Simplification of a quantifier-free description: what is needless in a disjunction of conjunctions is left out.

Every step is an equivalence over the real numbers, found by algebra and case distinctions (``cases``):

- polynomials are factored, so that equal atoms look equal;
- a conjunction that lies in the union of the others is left out, before the rest and again after it;
- equations that follow in a conjunction are added (of the polynomials that occur, and remainders of two equations
  by each other), which makes the next step stronger, and taken away at the end;
- p ≠ 0 is left out of a conjunction C, and > becomes ≥, if C with p = 0 in its place lies in the rest of the disjunction.

The last is what shows that {A : a ≠ 0, ad = bc} ∪ {A : a = 0, bc = 0} is the closed set ad = bc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import final

from qeclose.formula.cases import NONZERO, Case, Condition, StopWork, assume
from qeclose.formula.language import And, Atom, Exists, ForAll, Formula, Not, Or, Truth
from qeclose.formula.linear import RELATION_OF, condition
from qeclose.formula.normal_forms import nnf, simplify_truth
from qeclose.formula.ring import NEGATIVE, POSITIVE, ZERO, Polynomial, Ring
from qeclose.formula.symbols import all_symbols

__all__ = ["simplify_description"]

_MOST_CONJUNCTIONS = 600
_MOST_NODES = 300
_MOST_ADDED = 40

Conjunction = dict[str, Condition]
"""Conditions by the text of their polynomial."""


@final
class _TooLarge(Exception):
    """The formula has too many conjunctions, or a question too many cases."""


def simplify_description(phi: Formula, tick: Callable[[], None] = lambda: None) -> Formula:
    """An equivalent formula, at best much shorter and with fewer strict atoms; ``phi`` itself if it is too large.

    When ``tick``, called between the pieces of work, raises ``StopWork``, what was reached by then is returned.
    Raises ``ValueError`` on a quantifier.
    """
    phi = simplify_truth(nnf(phi))
    if isinstance(phi, Truth):
        return phi
    ring = Ring(all_symbols(phi))
    try:
        conjunctions = list(_disjunction(phi, ring))
    except _TooLarge:
        return phi
    work = _Work(ring, tick, _absorbed(conjunctions))
    before = work.conjunctions
    try:
        # First, for what is left out need not be worked on: engines say the same thing many times over.
        work.leave_out()
        before = list(work.conjunctions)
        work.saturate()
        work.weaken()
        work.leave_out()
        work.thin()
    except StopWork:
        # Ended halfway, it may still hold all the equations that were added.
        return _formula(min(before, work.conjunctions, key=_size), ring)
    return _formula(work.conjunctions, ring)


def _size(conjunctions: Sequence[Conjunction]) -> int:
    """The number of conditions."""
    return sum(map(len, conjunctions))


def _disjunction(phi: Formula, ring: Ring) -> Sequence[Conjunction]:
    match phi:
        case Truth(value):
            return [{}] if value else []
        case Atom():
            return _atom(phi, ring)
        case Or(arguments):
            found = [c for argument in arguments for c in _disjunction(argument, ring)]
        case And(arguments):
            found = [{}]
            for argument in arguments:
                pieces = _disjunction(argument, ring)
                products = (_conjoined(left, right) for left in found for right in pieces)
                found = _absorbed([product for product in products if product is not None])
                if len(found) > _MOST_CONJUNCTIONS:
                    raise _TooLarge
        case Not() | Exists() | ForAll():
            raise ValueError("only a quantifier-free formula can be simplified")
    if len(found) > _MOST_CONJUNCTIONS:
        raise _TooLarge
    return found


def _conjoined(left: Conjunction, right: Conjunction) -> Conjunction | None:
    """Both; None if they contradict each other at one polynomial."""
    both = dict(left)
    for text, (polynomial, mask) in right.items():
        known = both.get(text, (polynomial, NEGATIVE | ZERO | POSITIVE))[1]
        if not known & mask:
            return None
        both[text] = polynomial, known & mask
    return both


def _atom(atom: Atom, ring: Ring) -> list[Conjunction]:
    """An atom by the factors of its polynomial."""
    polynomial, mask = condition(atom, ring)
    if polynomial.is_constant():
        sign = ZERO if not polynomial else POSITIVE if polynomial.leading_coefficient() > 0 else NEGATIVE
        return [{}] if sign & mask else []
    factored = ring.factored(polynomial)
    factors = [factor for factor, _ in factored.factors]
    if mask == ZERO:
        return [{str(factor): (factor, ZERO)} for factor in factors]
    nonzero = {str(factor): (factor, NONZERO) for factor in factors}
    if mask == NONZERO:
        return [nonzero]
    weak = [{str(factor): (factor, ZERO)} for factor in factors] if mask & ZERO else []
    odd = [factor for factor, exponent in factored.factors if exponent % 2]
    even = {str(f): (f, NONZERO) for f, exponent in factored.factors if exponent % 2 == 0}
    sign = mask & NONZERO
    if factored.sign < 0:
        sign = NONZERO - sign
    if not odd:
        return [*weak, nonzero] if sign == POSITIVE else weak
    product = odd[0]
    for factor in odd[1:]:
        product = product * factor
    if not mask & ZERO:
        return [{**even, str(product): (product, sign)}]
    return [{str(f): (f, ZERO)} for f in factors if str(f) in even] + [{str(product): (product, sign | ZERO)}]


def _absorbed(conjunctions: Sequence[Conjunction]) -> list[Conjunction]:
    """Without those that say more than another one, atom by atom."""
    kept: list[Conjunction] = []
    for conjunction in sorted(conjunctions, key=len):
        if not any(_says_more(conjunction, other) for other in kept):
            kept.append(conjunction)
    return kept


def _says_more(conjunction: Conjunction, other: Conjunction) -> bool:
    return all(text in conjunction and not conjunction[text][1] & ~mask for text, (_, mask) in other.items())


@final
@dataclass
class _Work:
    """A disjunction under simplification."""

    ring: Ring
    tick: Callable[[], None]
    conjunctions: list[Conjunction]
    _nodes: int = field(default=0)

    def cases(self, conditions: Iterator[Condition] | Sequence[Condition]) -> list[Case]:
        """The conjunction in solved form. Raises ``_TooLarge``."""
        found: list[Case] = []
        # Equations first: they make the rest smaller.
        ordered = sorted(conditions, key=lambda c: (c[1] != NONZERO and c[1] != ZERO, len(c[0]), str(c[0])))
        for case in assume(Case(self.ring), ordered, self.tick):
            found.append(case)
            if len(found) > _MOST_NODES:
                raise _TooLarge
        return found

    def saturate(self) -> None:
        """Leave out what is contradictory; add to each conjunction the equations that follow in it."""
        pool = {
            text: polynomial
            for c in self.conjunctions
            for text, (polynomial, _) in c.items()
            if len(self.ring.factored(polynomial).factors) == 1
        }
        kept = []
        for conjunction in self.conjunctions:
            try:
                cases = self.cases(list(conjunction.values()))
            except _TooLarge:
                kept.append(conjunction)
                continue
            if cases:
                kept.append(self._saturated(conjunction, cases, pool))
        self.conjunctions = kept

    def _saturated(
        self, conjunction: Conjunction, cases: Sequence[Case], pool: Mapping[str, Polynomial]
    ) -> Conjunction:
        found = dict(conjunction)
        candidates = {**pool, **self._remainders(conjunction, cases)}
        for text, polynomial in candidates.items():
            if text not in found and all(case.sign(polynomial, ZERO) == ZERO for case in cases):
                found[text] = polynomial, ZERO
        return found

    def _remainders(self, conjunction: Conjunction, cases: Sequence[Case]) -> dict[str, Polynomial]:
        """What two equations, linear in a common variable, say without it, over and over."""
        ring = self.ring
        equations = {text: polynomial for text, (polynomial, mask) in conjunction.items() if mask == ZERO}
        found: dict[str, Polynomial] = {}
        new = dict(equations)
        while new and len(found) < _MOST_ADDED:
            pairs = [(p, q) for p, q in combinations(equations.values(), 2) if str(p) in new or str(q) in new]
            new = {}
            for p, q in pairs:
                self.tick()
                for index in set(ring.occurring(p)) & set(ring.occurring(q)):
                    if ring.degree(p, index) != 1 or ring.degree(q, index) != 1:
                        continue
                    (p_rest, p_lead), (q_rest, q_lead) = (
                        ring.coefficients(p, index),
                        ring.coefficients(q, index),
                    )
                    remainder = p_lead * q_rest - q_lead * p_rest
                    if not remainder or remainder.is_constant():
                        continue
                    for factor, _ in ring.factored(remainder).factors:
                        text = str(factor)
                        if text in equations or text in new or factor.total_degree() > p.total_degree() + 1:
                            continue
                        if all(case.sign(factor, ZERO) == ZERO for case in cases):
                            new[text] = found[text] = factor
                    if len(found) >= _MOST_ADDED:
                        return found
            equations.update(new)
        return found

    def weaken(self) -> None:
        """Strict conditions that are needless become weak, or go, as long as that helps another one."""
        changed = True
        while changed:
            changed = False
            for place, conjunction in enumerate(self.conjunctions):
                for text, (polynomial, mask) in list(conjunction.items()):
                    if mask & ZERO:
                        continue
                    boundary = [*_without(conjunction, text).values(), (polynomial, ZERO)]
                    if self.covered(boundary, self.conjunctions):
                        conjunction = _without(conjunction, text)
                        if mask != NONZERO:
                            conjunction[text] = polynomial, mask | ZERO
                        self.conjunctions[place] = conjunction
                        changed = True

    def leave_out(self) -> None:
        """Conjunctions that lie in the union of the others are left out, those that say most first."""
        for conjunction in sorted(self.conjunctions, key=len, reverse=True):
            others = [other for other in self.conjunctions if other is not conjunction]
            if self.covered(list(conjunction.values()), others):
                self.conjunctions = others

    def thin(self) -> None:
        """Conditions that follow from the others of their conjunction are left out, the longest first."""
        for place, conjunction in enumerate(self.conjunctions):
            for text, (polynomial, mask) in sorted(conjunction.items(), key=lambda c: (-len(c[1][0]), c[0])):
                rest = _without(conjunction, text)
                try:
                    cases = self.cases(list(rest.values()))
                except _TooLarge:
                    continue
                if all(not case.sign(polynomial, mask) & ~mask for case in cases):
                    conjunction = rest
            self.conjunctions[place] = conjunction

    def covered(self, conditions: Sequence[Condition], disjunction: Sequence[Conjunction]) -> bool:
        """Whether the conjunction was proved to lie in the disjunction."""
        try:
            cases = self.cases(conditions)
            self._nodes = 0
            return all(self._case_covered(case, disjunction) for case in cases)
        except _TooLarge:
            return False

    def _case_covered(self, case: Case, disjunction: Sequence[Conjunction]) -> bool:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise _TooLarge
        possible: list[tuple[Conjunction, Condition]] = []
        fewest = 0
        best: Condition | None = None
        for conjunction in disjunction:
            self.tick()
            unknown = _unknown(case, conjunction)
            if unknown is None:
                continue
            if not unknown:
                return True
            possible.append((conjunction, unknown[0]))
            if best is None or len(unknown) < fewest:
                fewest, best = len(unknown), unknown[0]
        if best is None:
            return False
        left = [conjunction for conjunction, _ in possible]
        polynomial, mask = best
        signs = (ZERO, NONZERO) if mask in (ZERO, NONZERO) else (ZERO, POSITIVE, NEGATIVE)
        return all(
            self._case_covered(branch, left)
            for sign in signs
            for branch in assume(case, [(polynomial, sign)], self.tick)
        )


def _unknown(case: Case, conjunction: Conjunction) -> list[Condition] | None:
    """The conditions that are neither true nor false in the case; None if one is false."""
    unknown = []
    for polynomial, mask in conjunction.values():
        sign = case.sign(polynomial, mask)
        if not sign & mask:
            return None
        if sign & ~mask:
            unknown.append((polynomial, mask))
    return unknown


def _without(conjunction: Conjunction, text: str) -> Conjunction:
    return {other: known for other, known in conjunction.items() if other != text}


def _formula(conjunctions: Sequence[Conjunction], ring: Ring) -> Formula:
    """The disjunction, what all conjunctions share in front of it."""
    shared = dict(conjunctions[0]) if conjunctions else {}
    for conjunction in conjunctions[1:]:
        shared = {
            t: known for t, known in shared.items() if t in conjunction and conjunction[t][1] == known[1]
        }
    rest = [_conjunction({t: k for t, k in c.items() if t not in shared}, ring) for c in conjunctions]
    return simplify_truth(And((_conjunction(shared, ring), Or(tuple(rest)))))


def _conjunction(conditions: Conjunction, ring: Ring) -> Formula:
    """The atoms, equations first, each in the order in which it would be printed."""
    ordered = sorted(conditions.values(), key=lambda known: (known[1] != ZERO, str(ring.write(known[0]))))
    return And(tuple(Atom(ring.write(polynomial), RELATION_OF[mask]) for polynomial, mask in ordered))
