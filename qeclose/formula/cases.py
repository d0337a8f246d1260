"""Conjunctions of sign conditions in solved form, refined step by step and split into cases where they must.

A ``Case`` is a conjunction of conditions "the sign of p is in S". Equations that are linear in some variable whose
coefficient is known not to vanish are solved for it (a *pivot*) and the variable is substituted everywhere; the
others are kept as they are. All steps are equivalences over the real numbers: the cases that ``assume`` gives are
disjoint and together say what the old case and the new conditions say.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from qeclose.formula.ring import NEGATIVE, POSITIVE, ZERO, Polynomial, Ring, sign_product

__all__ = ["ALL_SIGNS", "NONZERO", "Case", "Condition", "Pivot", "StopWork", "assume", "ticking"]

NONZERO = NEGATIVE | POSITIVE
ALL_SIGNS = NEGATIVE | ZERO | POSITIVE

Condition = tuple[Polynomial, int]
"""A polynomial and the set of signs it may have."""


class StopWork(Exception):
    """What a ``tick`` raises when the work must end before it is done."""


def ticking(steps: int, seconds: float) -> Callable[[], None]:
    """A clock that stops the work after so many steps, the same on every machine, or so many seconds."""
    last = time.monotonic() + seconds
    left = steps

    def tick() -> None:
        nonlocal left
        left -= 1
        if left < 0 or time.monotonic() > last:
            raise StopWork

    return tick


@final
@dataclass(frozen=True, slots=True)
class Pivot:
    """The equation lead · variable + rest = 0, in which ``lead`` is not zero."""

    index: int
    lead: Polynomial
    rest: Polynomial


@final
class Case:
    """A conjunction in solved form.

    ``bound`` are the indices of variables that are to be solved for first: an equation in which one of them occurs is
    never solved for another. No pivot's variable occurs in a later pivot or in the polynomials of ``signs``, which are
    irreducible.
    """

    __slots__ = ("_known", "_polynomials", "_reduced", "bound", "pivots", "ring", "signs")

    def __init__(
        self,
        ring: Ring,
        bound: frozenset[int] = frozenset(),
        pivots: tuple[Pivot, ...] = (),
        signs: Mapping[str, int] | None = None,
        polynomials: Mapping[str, Polynomial] | None = None,
    ) -> None:
        self.ring = ring
        self.bound = bound
        self.pivots = pivots
        self.signs = dict(signs or {})
        self._polynomials = dict(polynomials or {})
        self._reduced: dict[tuple[str, bool], Polynomial] = {}
        self._known: dict[tuple[str, bool], int] = {}

    def conditions(self) -> Iterator[Condition]:
        """What is known beside the pivots."""
        return ((self._polynomials[text], mask) for text, mask in self.signs.items())

    def reduced(self, polynomial: Polynomial, *, ordered: bool = False) -> Polynomial:
        """A polynomial without pivot variables that vanishes where the given one does and, if ``ordered``, has its sign.

        Unless ``ordered``, factors that are known not to vanish are left out on the way.
        """
        key = str(polynomial), ordered
        known = self._reduced.get(key)
        if known is None:
            known = polynomial
            for pivot in self.pivots:
                if not known or not self.ring.degree(known, pivot.index):
                    continue
                known = self.ring.solved(known, pivot.index, pivot.lead, pivot.rest, even=ordered)
                if not ordered and not known.is_constant():
                    known = self._without_units(known)
            self._reduced[key] = known
        return known

    def _without_units(self, polynomial: Polynomial) -> Polynomial:
        """The product of the different factors that may vanish."""
        product = self.ring.constant(1)
        for factor, _ in self.ring.factored(polynomial).factors:
            if self.known(factor) & ZERO:
                product *= factor
        return product

    def sign(self, polynomial: Polynomial, mask: int = ALL_SIGNS) -> int:
        """The signs that the polynomial may have here, as far as is known and matters to "is its sign in ``mask``"."""
        ordered = mask not in (ZERO, NONZERO)
        key = str(polynomial), ordered
        known = self._known.get(key)
        if known is None:
            known = self._sign(self.reduced(polynomial, ordered=ordered))
            if not ordered and known & NONZERO:
                known |= NONZERO
            self._known[key] = known
        return known

    def _sign(self, reduced: Polynomial) -> int:
        if not reduced:
            return ZERO
        return sign_product(self.signs, self.ring.factored(reduced))

    def known(self, factor: Polynomial) -> int:
        """The signs that an irreducible polynomial without pivot variables may have."""
        return self.signs.get(str(factor), ALL_SIGNS)

    def with_sign(self, factor: Polynomial, mask: int) -> Case:
        """This case and a condition on an irreducible polynomial, reduced already."""
        text = str(factor)
        return Case(
            self.ring,
            self.bound,
            self.pivots,
            {**self.signs, text: mask},
            {**self._polynomials, text: factor},
        )

    def without(self, factors: Sequence[Polynomial]) -> Case:
        """This case without what it knows of some irreducible polynomials."""
        gone = {str(factor) for factor in factors}
        signs = {text: mask for text, mask in self.signs.items() if text not in gone}
        polynomials = {text: self._polynomials[text] for text in signs}
        return Case(self.ring, self.bound, self.pivots, signs, polynomials)

    def pivot_for(self, factor: Polynomial) -> Pivot | None:
        """How the equation factor = 0 can be solved here; a constant coefficient first."""
        ring = self.ring
        occurring = ring.occurring(factor)
        best: tuple[tuple[int, int], Pivot] | None = None
        for index in [i for i in occurring if i in self.bound] or occurring:
            if ring.degree(factor, index) != 1:
                continue
            rest, lead = ring.coefficients(factor, index)
            if not lead.is_constant() and self._sign(lead) & ZERO:
                continue
            cost = (0 if lead.is_constant() else 1, len(lead) + len(rest))
            if best is None or cost < best[0]:
                best = cost, Pivot(index, lead, rest)
        return best[1] if best else None

    def with_pivot(self, pivot: Pivot) -> tuple[Case, list[Condition]]:
        """The case in which an equation is solved, and the conditions that must be assumed anew."""
        touched = [
            (polynomial, mask)
            for polynomial, mask in self.conditions()
            if self.ring.degree(polynomial, pivot.index)
        ]
        rest = self.without([polynomial for polynomial, _ in touched])
        rest.pivots = (*self.pivots, pivot)
        return rest, touched


def assume(case: Case, conditions: Sequence[Condition], tick: Callable[[], None]) -> Iterator[Case]:
    """The disjoint cases of ``case`` and the conditions; none if they contradict each other.

    ``tick`` is called at every step; it may raise ``StopWork``.
    """
    stack: list[tuple[Case, list[Condition]]] = [(case, list(conditions))]
    while stack:
        tick()
        here, pending = stack.pop()
        if not pending:
            yield here
            continue
        stack.extend(reversed(_step(here, *pending[0], pending[1:])))


def _step(
    case: Case, polynomial: Polynomial, mask: int, rest: list[Condition]
) -> list[tuple[Case, list[Condition]]]:
    known = case.sign(polynomial, mask)
    if not known & mask:
        return []
    if not known & ~mask:
        return [(case, rest)]
    ordered = mask not in (ZERO, NONZERO)
    factors = case.ring.factored(case.reduced(polynomial, ordered=ordered)).factors
    may_vanish = [factor for factor, _ in factors if case.known(factor) & ZERO]
    if mask == ZERO:
        return _vanishing(case, may_vanish, rest)
    if mask & ZERO:
        return [(case, [(polynomial, ZERO), *rest]), (case, [(polynomial, mask & ~ZERO), *rest])]
    if may_vanish:
        here, unsolved = _nonzero(case, may_vanish)
        return [(here, [*unsolved, (polynomial, mask), *rest])]
    return _with_strict_sign(case, polynomial, mask, rest)


def _vanishing(
    case: Case, factors: Sequence[Polynomial], rest: list[Condition]
) -> list[tuple[Case, list[Condition]]]:
    """One case a factor: it is zero and those before it are not."""
    branches = []
    for place, factor in enumerate(factors):
        here, again = _solved(case, factor)
        branches.append((here, [*((before, NONZERO) for before in factors[:place]), *again, *rest]))
    return branches


def _solved(case: Case, factor: Polynomial) -> tuple[Case, list[Condition]]:
    pivot = case.pivot_for(factor)
    if pivot is None:
        return case.with_sign(factor, ZERO), []
    return case.without([factor]).with_pivot(pivot)


def _nonzero(case: Case, factors: Sequence[Polynomial]) -> tuple[Case, list[Condition]]:
    """The factors are not zero; equations that can be solved now are taken out, to be assumed anew."""
    for factor in factors:
        case = case.with_sign(factor, case.known(factor) & NONZERO)
    unsolved = [p for p, mask in case.conditions() if mask == ZERO and case.pivot_for(p) is not None]
    return case.without(unsolved), [(polynomial, ZERO) for polynomial in unsolved]


def _with_strict_sign(
    case: Case, polynomial: Polynomial, mask: int, rest: list[Condition]
) -> list[tuple[Case, list[Condition]]]:
    """No factor vanishes: the first of unknown sign is positive or negative, and so on."""
    factors = case.ring.factored(case.reduced(polynomial, ordered=True)).factors
    unknown = next(f for f, exponent in factors if exponent % 2 and case.known(f) == NONZERO)
    again = [(polynomial, mask), *rest]
    return [(case.with_sign(unknown, POSITIVE), again), (case.with_sign(unknown, NEGATIVE), again)]
