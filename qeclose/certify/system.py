"""Systems of polynomial equations and inequations, rewritten step by step as in the trees of a certificate.

This is the search's side of docs/certificates.md; the checker has its own. Polynomials are elements of a sparse
sympy ring over Q.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

__all__ = ["Node", "Polynomial", "Ring", "System", "Variable"]

Variable = tuple[str | int, ...]
"""A variable as certificates name it: ("f", l, i, j), ("a", i, j), …"""

Node = dict[str, Any]
"""A node of a proof tree, ready for JSON."""

Polynomial = Any  # sympy.polys.rings.PolyElement, which has no type stubs


@final
class Ring:
    """The polynomial ring over Q in some variables, in a fixed order."""

    def __init__(self, variables: Iterable[Variable]) -> None:
        from sympy import QQ
        from sympy.polys.rings import PolyRing

        self.variables = tuple(variables)
        names = ["_".join(map(str, variable)) for variable in self.variables] or ["unused"]
        self._ring = PolyRing(names, QQ)
        self.generators = dict(zip(self.variables, self._ring.gens, strict=False))
        self.index = {variable: position for position, variable in enumerate(self.variables)}

    def constant(self, value: Fraction | int) -> Polynomial:
        return self._ring(value)

    def to_json(self, polynomial: Polynomial) -> list[Any]:
        """``polynomial`` as a certificate writes it."""
        return [
            [
                str(Fraction(int(coefficient.numerator), int(coefficient.denominator))),
                [[list(self.variables[a]), e] for a, e in enumerate(monomial) if e],
            ]
            for monomial, coefficient in sorted(polynomial.terms(), reverse=True)
        ]

    def degree(self, polynomial: Polynomial, a: int) -> int:
        """The degree in the variable with index ``a`` (0 for the zero polynomial)."""
        return max((monomial[a] for monomial in polynomial), default=0)

    def by_powers(self, polynomial: Polynomial, a: int) -> dict[int, Polynomial]:
        """The coefficients of the powers of variable ``a``."""
        powers: dict[int, dict[tuple[int, ...], Any]] = {}
        for monomial, coefficient in polynomial.terms():
            rest = (*monomial[:a], 0, *monomial[a + 1 :])
            powers.setdefault(monomial[a], {})[rest] = coefficient
        return {e: self._ring.from_dict(terms) for e, terms in powers.items()}

    def replace(
        self, polynomial: Polynomial, a: int, numerator: Polynomial, denominator: Polynomial
    ) -> Polynomial:
        """The polynomial with variable ``a`` := numerator/denominator, times a power of the denominator."""
        degree = self.degree(polynomial, a)
        if not degree:
            return polynomial
        result = self._ring.zero
        for e, coefficient in self.by_powers(polynomial, a).items():
            term = coefficient
            for _ in range(e):
                term = term * numerator
            for _ in range(degree - e):
                term = term * denominator
            result = result + term
        return result


@final
@dataclass(frozen=True)
class System:
    """Equations ``p = 0`` and units ``p ≠ 0``; equations keep their places, solved ones are 0."""

    ring: Ring
    equations: tuple[Polynomial, ...]
    units: tuple[Polynomial, ...] = ()

    def stripped(self, polynomial: Polynomial) -> Polynomial:
        """The polynomial divided by units as long as that is possible."""
        if not polynomial:
            return polynomial
        for unit in self.units:
            if unit.is_ground:
                continue
            while not polynomial.is_ground:
                quotient, remainder = (
                    divmod(polynomial, unit) if len(unit) > 1 else _divide_by_monomial(polynomial, unit)
                )
                if remainder:
                    break
                polynomial = quotient
        return polynomial

    def is_unit(self, polynomial: Polynomial) -> bool:
        """Whether the polynomial is a constant times powers of units, tried in two orders of division."""
        if not polynomial:
            return False
        return any(view.stripped(polynomial).is_ground for view in (self, self._largest_first()))

    def _largest_first(self) -> System:
        return System(self.ring, (), tuple(sorted(self.units, key=len, reverse=True)))

    def with_equation(self, polynomial: Polynomial) -> System:
        return System(self.ring, (*self.equations, polynomial), self.units)

    def with_unit(self, polynomial: Polynomial) -> System:
        units = (*self.units, polynomial)
        bare = System(self.ring, self.equations, units)
        return System(self.ring, tuple(bare.stripped(p) for p in self.equations), units)

    def solution(self, e: int, a: int) -> tuple[Polynomial, Polynomial]:
        """Numerator and denominator of variable a from equation e, which is linear in it."""
        powers = self.ring.by_powers(self.equations[e], a)
        numerator, denominator = self.ring.constant(0) - powers.get(0, self.ring.constant(0)), powers[1]
        if denominator.is_ground:
            return numerator * (1 / denominator.LC), self.ring.constant(1)
        return numerator, denominator

    def solved(self, e: int, a: int) -> System:
        """Equation e, ``c·v + d = 0`` in variable a with c a unit, used to eliminate v."""
        return self.replaced(a, *self.solution(e, a), e)

    def replaced(
        self, a: int, numerator: Polynomial, denominator: Polynomial, used: int | None = None
    ) -> System:
        """Variable a := numerator/denominator everywhere; equation ``used`` becomes 0."""
        zero = self.ring.constant(0)
        units = tuple(
            unit
            for unit in (self.ring.replace(unit, a, numerator, denominator) for unit in self.units)
            if not unit or not unit.is_ground
        )
        bare = System(self.ring, (), units)
        equations = tuple(
            zero if e == used else bare.stripped(self.ring.replace(p, a, numerator, denominator))
            for e, p in enumerate(self.equations)
        )
        return System(self.ring, equations, units)

    def contradiction(self) -> Node | None:
        """A leaf if the system is visibly without solutions."""
        if any(not unit for unit in self.units):
            return {"contradiction": "unit"}
        for e, p in enumerate(self.equations):
            if p and p.is_ground:
                return {"contradiction": e}
            squares = self._positive(p)
            if squares is not None:
                return {"positive": e, "squares": squares}
        return None

    def _positive(self, p: Polynomial) -> list[Any] | None:
        """A sum of squares with a nonzero constant for a quadratic in one variable without real roots."""
        if not p:
            return None
        occurring = [a for a in range(len(self.ring.variables)) if self.ring.degree(p, a)]
        if len(occurring) != 1 or self.ring.degree(p, occurring[0]) != 2:
            return None
        powers = self.ring.by_powers(p, occurring[0])
        quadratic, linear, rest = (
            Fraction(str(powers[e].LC)) if e in powers else Fraction(0) for e in (2, 1, 0)
        )
        linear, rest = linear / quadratic, rest / quadratic
        remainder = rest - linear * linear / 4
        if remainder <= 0:
            return None
        v = self.ring.variables[occurring[0]]
        root = [["1", [[list(v), 1]]], *([[str(linear / 2), []]] if linear else [])]
        return [["1", root], [str(remainder), [["1", []]]]]

    def open_equations(self) -> Iterator[tuple[int, Polynomial]]:
        """The equations that still say something, with their places."""
        return ((e, p) for e, p in enumerate(self.equations) if p)

    def linear_pivots(self) -> Iterator[tuple[int, int, Polynomial]]:
        """(e, a, c) such that equation e is linear in variable a with coefficient c."""
        for e, p in self.open_equations():
            for a in {a for monomial in p for a, power in enumerate(monomial) if power}:
                if self.ring.degree(p, a) == 1:
                    yield e, a, self.ring.by_powers(p, a)[1]


def _divide_by_monomial(polynomial: Polynomial, unit: Polynomial) -> tuple[Polynomial, Polynomial]:
    """Quotient and remainder (0 or something nonzero) by a one-term polynomial, fast."""
    ((divisor, coefficient),) = unit.terms()
    quotient = {}
    for monomial, value in polynomial.terms():
        if any(m < d for m, d in zip(monomial, divisor, strict=True)):
            return polynomial, polynomial
        quotient[tuple(m - d for m, d in zip(monomial, divisor, strict=True))] = value / coefficient
    return polynomial.ring.from_dict(quotient), polynomial.ring.zero
