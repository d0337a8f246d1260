"""Systems of polynomial equations and inequations, rewritten step by step as in the trees of a certificate.

This is the search's side of docs/certificates.md; the checker has its own. Polynomials are FLINT's sparse
multivariate ones over Q: the search multiplies and divides millions of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import compress
from typing import Any, final

from qeclose.proof import trees
from qeclose.proof.trees import Beginning, Contradiction, Positive, SplitNode, Tree, Variable

__all__ = ["Polynomial", "Ring", "System", "Variable", "evaluate", "factors", "rational_terms"]

Polynomial = Any  # flint.fmpq_mpoly


@final
class Ring:
    """The polynomial ring over Q in some variables, in a fixed order."""

    def __init__(self, variables: Iterable[Variable]) -> None:
        from flint import Ordering, fmpq_mpoly_ctx

        self.variables = tuple(variables)
        names = ["_".join(map(str, variable)) for variable in self.variables] or ["unused"]
        self._context = fmpq_mpoly_ctx.get(names, Ordering.lex)
        self._generators = self._context.gens()
        self.generators = dict(zip(self.variables, self._generators, strict=False))
        self.index = {variable: position for position, variable in enumerate(self.variables)}

    def constant(self, value: Fraction | int) -> Polynomial:
        """The constant polynomial."""
        from flint import fmpq

        value = Fraction(value)
        return self._context.constant(fmpq(value.numerator, value.denominator))

    def listed(self, polynomial: Polynomial) -> trees.Polynomial:
        """``polynomial`` as proofs have it."""
        return tuple(
            [
                (str(coefficient), tuple([(self.variables[a], e) for a, e in enumerate(monomial) if e]))
                for monomial, coefficient in rational_terms(polynomial)
            ]
        )

    def occurring(self, polynomial: Polynomial) -> list[int]:
        """The indices of the variables that occur."""
        return list(compress(range(len(self.variables)), polynomial.degrees())) if polynomial else []

    def degree(self, polynomial: Polynomial, a: int) -> int:
        """The degree in the variable with index ``a`` (0 for the zero polynomial)."""
        return max(int(polynomial.degrees()[a]), 0)

    def coefficient(self, polynomial: Polynomial, a: int) -> Polynomial:
        """The coefficient of variable ``a`` in a polynomial linear in it."""
        return polynomial.derivative(a)

    def replace(
        self, polynomial: Polynomial, a: int, numerator: Polynomial, denominator: Polynomial
    ) -> Polynomial:
        """The polynomial with variable ``a`` := numerator/denominator, times a power of the denominator."""
        degree = self.degree(polynomial, a)
        if degree == 0:
            return polynomial
        if degree == 1:
            slope = self.coefficient(polynomial, a)
            return slope * numerator + (polynomial - slope * self._generators[a]) * denominator
        powers: dict[int, dict[tuple[int, ...], Any]] = {}
        for monomial, c in polynomial.terms():
            powers.setdefault(int(monomial[a]), {})[(*monomial[:a], 0, *monomial[a + 1 :])] = c
        return sum(
            (
                self._context.from_dict(terms) * numerator**e * denominator ** (degree - e)
                for e, terms in powers.items()
            ),
            start=self.constant(0),
        )

    def assigned(self, polynomial: Polynomial, numbers: Mapping[int, int]) -> Polynomial:
        """The polynomial with some variables, given by their indices, replaced by numbers."""
        here = {a: numbers[a] for a in self.occurring(polynomial) if a in numbers}
        return polynomial.subs(here) if here else polynomial

    def renamed(self, polynomial: Polynomial, exchange: Mapping[int, int]) -> Polynomial:
        """The polynomial with variables exchanged; indices of variables are meant."""
        size = range(len(self.variables))
        return self._context.from_dict(
            {tuple(int(monomial[exchange.get(a, a)]) for a in size): c for monomial, c in polynomial.terms()}
        )

    def up_to_factor(self, polynomial: Polynomial) -> tuple[tuple[tuple[int, ...], Fraction], ...]:
        """The terms, divided by the leading coefficient: the same for polynomials that differ by a constant factor."""
        terms = rational_terms(polynomial)
        return tuple((monomial, c / terms[0][1]) for monomial, c in terms)


def rational_terms(polynomial: Polynomial) -> list[tuple[tuple[int, ...], Fraction]]:
    """The terms (exponents, coefficient) of a polynomial, in decreasing order."""
    return sorted(
        ((tuple(map(int, monomial)), Fraction(int(c.p), int(c.q))) for monomial, c in polynomial.terms()),
        reverse=True,
    )


def evaluate(polynomial: Polynomial, value: Mapping[int, Fraction]) -> Fraction:
    """The value of a polynomial that contains only variables whose indices ``value`` has."""
    total = Fraction(0)
    for monomial, term in rational_terms(polynomial):
        for a, e in enumerate(monomial):
            if e:
                term *= value[a] ** e
        total += term
    return total


def factors(polynomial: Polynomial) -> list[Polynomial]:
    """The distinct irreducible factors that are not constant, in a fixed order."""
    return sorted((factor for factor, _ in polynomial.factor()[1]), key=lambda p: (len(p), rational_terms(p)))


@final
@dataclass(frozen=True)
class System:
    """Equations ``p = 0`` and units ``p ≠ 0``; equations keep their places, solved ones are 0.

    Equations are divided by units; a checker does not do that. ``hidden`` has, for an equation's place, the variables
    (by index) of what it was divided by. Such an equation is to be ``repeated`` before it is solved: the checker's need not
    be linear, and would multiply all others by what was divided.
    """

    ring: Ring
    equations: tuple[Polynomial, ...]
    units: tuple[Polynomial, ...] = ()
    hidden: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def stripped(self, polynomial: Polynomial) -> Polynomial:
        """The polynomial divided by units as long as that is possible."""
        return self._divided(polynomial)[0]

    def _divided(self, polynomial: Polynomial) -> tuple[Polynomial, frozenset[int]]:
        """The polynomial divided by units, and the variables of these."""
        variables: frozenset[int] = frozenset()
        if not polynomial:
            return polynomial, variables
        for unit in self.units:
            if unit.is_constant():
                continue
            while not polynomial.is_constant():
                quotient, remainder = divmod(polynomial, unit)
                if remainder:
                    break
                polynomial = quotient
                variables = variables.union(self.ring.occurring(unit))
        return polynomial, variables

    def is_unit(self, polynomial: Polynomial) -> bool:
        """Whether the polynomial is a constant times powers of units, tried in two orders of division."""
        if not polynomial:
            return False
        return any(view.stripped(polynomial).is_constant() for view in (self, self._largest_first()))

    def _largest_first(self) -> System:
        return System(self.ring, (), tuple(sorted(self.units, key=len, reverse=True)))

    def with_equation(self, polynomial: Polynomial) -> System:
        """The system with one more equation ``polynomial`` = 0."""
        return System(self.ring, (*self.equations, polynomial), self.units, self.hidden)

    def with_unit(self, polynomial: Polynomial) -> System:
        """The system where ``polynomial`` is not 0 either; equations are divided by its factors."""
        units = self._parts((*self.units, polynomial))
        return System(self.ring, self.equations, units, self.hidden)._reduced()

    def _parts(self, units: Iterable[Polynomial]) -> tuple[Polynomial, ...]:
        """The variables that divide the units, and what is left without them; constants left out, each part once."""
        parts: list[Polynomial] = []
        for unit in units:
            if not unit:
                return (unit,)
            exponents = unit.term_content().monomial(0) if len(unit) else ()
            for a, exponent in enumerate(exponents):
                if exponent:
                    variable = self.ring.generators[self.ring.variables[a]]
                    unit /= variable**exponent
                    parts += [variable] if variable not in parts else []
            if not unit.is_constant() and unit not in parts:
                parts.append(unit)
        return tuple(parts)

    def _reduced(self, places: Collection[int] | None = None) -> System:
        """The same system with equations, those in ``places`` if given, divided by units."""
        divided = [
            self._divided(p) if places is None or e in places else (p, frozenset[int]())
            for e, p in enumerate(self.equations)
        ]
        hidden = {
            e: self.hidden.get(e, frozenset()) | variables
            for e, (_, variables) in enumerate(divided)
            if variables or self.hidden.get(e)
        }
        return System(self.ring, tuple(p for p, _ in divided), self.units, hidden)

    def repeated(self, e: int) -> tuple[Beginning, System]:
        """Equation e appended as it is seen here, and the node that does so: otherwise e is a unit."""
        p = self.equations[e]
        equations = (*self.equations[:e], self.ring.constant(0), *self.equations[e + 1 :], p)
        hidden = {place: variables for place, variables in self.hidden.items() if place != e}
        seen = self.ring.listed(p)
        return lambda zero: SplitNode(seen, zero, Contradiction(e)), System(
            self.ring, equations, self.units, hidden
        )

    def solution(self, e: int, a: int) -> tuple[Polynomial, Polynomial]:
        """Numerator and denominator of variable a from equation e, which is linear in it."""
        slope = self.ring.coefficient(self.equations[e], a)
        rest = slope * self.ring.generators[self.ring.variables[a]] - self.equations[e]
        if slope.is_constant():
            return rest / slope, self.ring.constant(1)
        return rest, slope

    def solved(self, e: int, a: int) -> System:
        """Equation e, ``c·v + d = 0`` in variable a with c a unit, used to eliminate v."""
        return self.replaced(a, *self.solution(e, a), e)

    def replaced(
        self, a: int, numerator: Polynomial, denominator: Polynomial, used: int | None = None
    ) -> System:
        """Variable a := numerator/denominator everywhere; equation ``used`` becomes 0."""
        ring = self.ring
        same = not any(ring.degree(unit, a) for unit in self.units)
        units = (
            self.units
            if same
            else self._parts(ring.replace(u, a, numerator, denominator) for u in self.units)
        )
        here = {e: p for e, p in enumerate(self.equations) if p and (e == used or ring.degree(p, a))}
        moved = {
            e: ring.constant(0) if e == used else ring.replace(p, a, numerator, denominator)
            for e, p in here.items()
        }
        equations = tuple(moved.get(e, p) for e, p in enumerate(self.equations))
        new = frozenset(ring.occurring(numerator)).union(ring.occurring(denominator))
        hidden = {
            e: variables - {a} | new if a in variables else variables for e, variables in self.hidden.items()
        }
        return System(ring, equations, units, hidden)._reduced(moved if same else None)

    def contradiction(self) -> Tree | None:
        """A leaf if the system is visibly without solutions."""
        if any(not unit for unit in self.units):
            return Contradiction("unit")
        for e, p in enumerate(self.equations):
            if p and p.is_constant():
                return Contradiction(e)
            squares = self._positive(p)
            if squares is not None and e in self.hidden:
                repeating, _ = self.repeated(e)
                return repeating(Positive(len(self.equations), squares))
            if squares is not None:
                return Positive(e, squares)
        return None

    def _positive(self, p: Polynomial) -> tuple[tuple[str, trees.Polynomial], ...] | None:
        """A sum of squares with a nonzero constant for a quadratic in one variable without real roots."""
        occurring = self.ring.occurring(p)
        if len(occurring) != 1 or self.ring.degree(p, occurring[0]) != 2:
            return None
        coefficient = {monomial[occurring[0]]: c for monomial, c in rational_terms(p)}
        quadratic, linear, rest = (coefficient.get(e, Fraction(0)) for e in (2, 1, 0))
        linear, rest = linear / quadratic, rest / quadratic
        remainder = rest - linear * linear / 4
        if remainder <= 0:
            return None
        v = self.ring.variables[occurring[0]]
        root: trees.Polynomial = (("1", ((v, 1),)), *(((str(linear / 2), ()),) if linear else ()))
        return ("1", root), (str(remainder), (("1", ()),))

    def open_equations(self) -> Iterator[tuple[int, Polynomial]]:
        """The equations that still say something, with their places."""
        return ((e, p) for e, p in enumerate(self.equations) if p)

    def linear_pivots(self) -> Iterator[tuple[int, int, Polynomial]]:
        """(e, a, c) such that equation e is linear in variable a with coefficient c."""
        for e, p in self.open_equations():
            for a, degree in enumerate(p.degrees()):
                if degree == 1:
                    yield e, a, self.ring.coefficient(p, a)
