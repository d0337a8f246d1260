"""Integer polynomials in FLINT's sparse representation: the fast arithmetic behind the work on whole formulas.

Printers and engines exchange sympy expressions; algorithms that multiply and factor by the thousand work in a
``Ring``. A polynomial is known up to a positive rational factor, which changes no atom ``polynomial relation 0``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, final

from qeclose.formula.polynomials import expand_terms, from_terms, integer_terms, natural_order

if TYPE_CHECKING:
    import sympy

__all__ = ["NEGATIVE", "POSITIVE", "ZERO", "Factored", "Polynomial", "Ring", "sign_product"]

Polynomial = Any  # flint.fmpz_mpoly

NEGATIVE, ZERO, POSITIVE = 1, 2, 4
"""Sets of signs are sums of these."""


@final
@dataclass(frozen=True, slots=True)
class Factored:
    """sign · ∏ factorᵉ up to a positive number; factors are irreducible over Q, with positive leading coefficients."""

    sign: int
    factors: tuple[tuple[Polynomial, int], ...]


@final
class Ring:
    """The polynomial ring over the integers in some variables, in natural order of their names."""

    def __init__(self, symbols: Iterable[sympy.Symbol]) -> None:
        from flint import Ordering, fmpz_mpoly_ctx

        self.symbols = natural_order(symbols)
        names = [f"v{index}" for index in range(len(self.symbols))] or ["unused"]
        self._context = fmpz_mpoly_ctx.get(names, Ordering.lex)
        self._index = {symbol: index for index, symbol in enumerate(self.symbols)}
        self._factored: dict[str, Factored] = {}
        self._read: dict[sympy.Expr, Polynomial] = {}
        self._written: dict[str, sympy.Expr] = {}

    def index(self, symbol: sympy.Symbol) -> int:
        """The place of a variable."""
        return self._index[symbol]

    def constant(self, value: int) -> Polynomial:
        """The constant polynomial."""
        return self._context.constant(value)

    def variable(self, index: int) -> Polynomial:
        """The generator of that number, from 0."""
        return self._context.gens()[index]

    def read(self, expression: sympy.Expr) -> Polynomial:
        """The positive multiple of the expression that has coprime integer coefficients.

        Raises ``ValueError`` if it is no polynomial over Q.
        """
        known = self._read.get(expression)
        if known is None:
            terms = integer_terms(expand_terms(expression))
            width = max(len(self.symbols), 1)
            found: dict[tuple[int, ...], int] = {}
            for monomial, coefficient in terms.items():
                exponents = [0] * width
                for symbol, exponent in monomial:
                    exponents[self._index[symbol]] = exponent
                found[tuple(exponents)] = int(coefficient)
            known = self._read[expression] = self._context.from_dict(found)
        return known

    def write(self, polynomial: Polynomial) -> sympy.Expr:
        """The sympy expression of a polynomial, multiplied out."""
        text = str(polynomial)
        known = self._written.get(text)
        if known is None:
            terms = {
                tuple((self.symbols[a], e) for a, e in enumerate(monomial) if e): Fraction(int(coefficient))
                for monomial, coefficient in polynomial.to_dict().items()
            }
            known = self._written[text] = from_terms(terms)
        return known

    def factored(self, polynomial: Polynomial) -> Factored:
        """The factors of a polynomial that is not zero; each is computed once."""
        text = str(polynomial)
        known = self._factored.get(text)
        if known is None:
            content, factors = polynomial.factor()
            sign = 1 if content > 0 else -1
            found = []
            for factor, exponent in factors:
                if factor.leading_coefficient() < 0:
                    factor, sign = -factor, sign * (-1) ** int(exponent)
                found.append((factor, int(exponent)))
            found.sort(key=lambda item: (len(item[0]), str(item[0])))
            known = self._factored[text] = Factored(sign, tuple(found))
        return known

    def occurring(self, polynomial: Polynomial) -> list[int]:
        """The indices of the variables that occur."""
        if not polynomial or polynomial.is_constant():
            return []
        return [index for index, degree in enumerate(polynomial.degrees()) if degree > 0]

    def degree(self, polynomial: Polynomial, index: int) -> int:
        """The degree in one variable; 0 for the zero polynomial."""
        return max(int(polynomial.degrees()[index]), 0) if polynomial else 0

    def coefficients(self, polynomial: Polynomial, index: int) -> list[Polynomial]:
        """The coefficients of the powers 0, 1, … of one variable."""
        pieces: list[dict[tuple[int, ...], Any]] = [{} for _ in range(self.degree(polynomial, index) + 1)]
        for monomial, coefficient in polynomial.to_dict().items():
            power = int(monomial[index])
            pieces[power][(*monomial[:index], 0, *monomial[index + 1 :])] = coefficient
        return [self._context.from_dict(piece) for piece in pieces]

    def bound_coefficients(self, polynomial: Polynomial, bound: Iterable[int]) -> list[Polynomial]:
        """The coefficients of a polynomial seen as one in the variables ``bound`` alone, without those that are 0."""
        indices = tuple(bound)
        pieces: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
        for monomial, coefficient in polynomial.to_dict().items():
            rest = list(monomial)
            for index in indices:
                rest[index] = 0
            pieces.setdefault(tuple(monomial[i] for i in indices), {})[tuple(rest)] = coefficient
        return [self._context.from_dict(piece) for _, piece in sorted(pieces.items())]

    def solved(
        self, polynomial: Polynomial, index: int, lead: Polynomial, rest: Polynomial, *, even: bool
    ) -> Polynomial:
        """leadᵏ · polynomial with the variable replaced by −rest / lead, k as small as clears denominators.

        With ``even``, k is even: where ``lead`` is not zero, the sign is that of the polynomial at that value.
        """
        degree = self.degree(polynomial, index)
        if not degree:
            return polynomial
        power_of_lead = degree + degree % 2 if even else degree
        total = self.constant(0)
        for power, coefficient in enumerate(self.coefficients(polynomial, index)):
            if coefficient:
                total += coefficient * (-rest) ** power * lead ** (power_of_lead - power)
        return self.primitive(total)

    def primitive(self, polynomial: Polynomial) -> Polynomial:
        """A positive multiple with coprime coefficients."""
        if not polynomial:
            return polynomial
        content = polynomial.content()
        return polynomial if content == 1 else polynomial / abs(content)


def sign_product(signs: Mapping[str, int], factored: Factored) -> int:
    """The possible signs of a product, given those of its factors (by their text; all three if not given)."""
    result = POSITIVE if factored.sign > 0 else NEGATIVE
    for factor, exponent in factored.factors:
        known = signs.get(str(factor), NEGATIVE | ZERO | POSITIVE)
        if exponent % 2 == 0:
            known = (known & ZERO) | (POSITIVE if known & (NEGATIVE | POSITIVE) else 0)
        result = _times(result, known)
    return result


def _times(left: int, right: int) -> int:
    result = ZERO if (left | right) & ZERO else 0
    if (left & POSITIVE and right & POSITIVE) or (left & NEGATIVE and right & NEGATIVE):
        result |= POSITIVE
    if (left & POSITIVE and right & NEGATIVE) or (left & NEGATIVE and right & POSITIVE):
        result |= NEGATIVE
    return result
