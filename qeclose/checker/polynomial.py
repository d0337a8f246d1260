"""Polynomials over Q in a few lines: sparse, exact, with no algorithm that is hard to see through.

A variable is a tuple of a name and indices. A monomial is a tuple of (variable, exponent ≥ 1) in increasing
order of the variables. A polynomial maps monomials to nonzero coefficients, so equal polynomials are equal
dictionaries. Polynomials are never changed once made. Results with more than ``MAX_TERMS`` terms, and what
would take more work than the budget allows (``budget``), raise ``TooLarge`` before the work is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from qeclose.checker.budget import Rational, TooLarge, bits_of, charge, grown, spend, widest
from qeclose.checker.reading import Path, distinct, entries, exact, index, tuples

__all__ = [
    "MAX_EXPONENT",
    "MAX_TERMS",
    "Monomial",
    "Polynomial",
    "TooLarge",
    "Variable",
    "add",
    "as_constant",
    "as_variable",
    "coefficients_in",
    "divide",
    "extent",
    "is_constant",
    "is_unit",
    "multiply",
    "ratio",
    "read_polynomial",
    "read_variable",
    "renamed",
    "scaled",
    "substitute",
    "unit_parts",
    "variables",
]

Variable = tuple[str | int, ...]
Monomial = tuple[tuple[Variable, int], ...]
Polynomial = Mapping[Monomial, Rational]

MAX_TERMS = 100_000
MAX_EXPONENT = 1_000
_MAX_PRODUCTS = 1_000_000
_MAX_TRIALS = 10_000
_ONE: Polynomial = {(): 1}


def as_constant(value: Rational) -> Polynomial:
    """A constant polynomial."""
    return {(): value} if value else {}


def as_variable(v: Variable) -> Polynomial:
    """The polynomial v."""
    return {((v, 1),): 1}


def is_constant(p: Polynomial) -> bool:
    """Whether p is a constant other than 0."""
    return len(p) == 1 and () in p


def extent(p: Polynomial) -> int:
    """The steps of going through p once."""
    return 1 + len(p) + (sum(map(len, p)) >> 3)


def _length(p: Polynomial) -> int:
    """The steps of an operation on two monomials of p; for at most 8 variables, 1."""
    return 1 + (max(map(len, p), default=0) >> 3)


def variables(p: Polynomial) -> set[Variable]:
    """The variables that occur."""
    spend(extent(p))
    return {v for monomial in p for v, _ in monomial}


def add(p: Polynomial, q: Polynomial) -> Polynomial:
    """p + q. Raises ``TooLarge``."""
    spend(extent(p) + extent(q))
    total = dict(p)
    _accumulate(total, q.items())
    return total


def scaled(p: Polynomial, factor: Rational) -> Polynomial:
    """``factor``·p. Raises ``TooLarge``."""
    charge(widest(p) + bits_of(factor), extent(p))
    return {monomial: value * factor for monomial, value in p.items()} if factor else {}


def multiply(p: Polynomial, q: Polynomial) -> Polynomial:
    """p·q. Raises ``TooLarge``."""
    if len(p) * len(q) > _MAX_PRODUCTS:
        raise TooLarge
    if len(p) > len(q):
        p, q = q, p
    if p == _ONE:
        return q
    charge(widest(p) + widest(q), len(p) * len(q) * (_length(p) + _length(q)))
    product: dict[Monomial, Rational] = {}
    for left, value in p.items():
        _accumulate(product, ((_times(left, right), value * other) for right, other in q.items()))
    return product


def coefficients_in(p: Polynomial, v: Variable) -> dict[int, Polynomial]:
    """The nonzero coefficients of p as a polynomial in v, by exponent; free of v.

    >>> x, y = ("x",), ("y",)
    >>> coefficients_in({((x, 2), (y, 1)): Fraction(3), (): Fraction(1)}, x)
    {2: {((('y',), 1),): Fraction(3, 1)}, 0: {(): Fraction(1, 1)}}
    """
    parts: dict[int, dict[Monomial, Rational]] = {}
    for monomial, value in p.items():
        powers = dict(monomial)
        exponent = powers.pop(v, 0)
        rest = tuple(powers.items()) if exponent else monomial
        parts.setdefault(exponent, {})[rest] = value
    return dict(parts)


def substitute(p: Polynomial, v: Variable, numerator: Polynomial, denominator: Polynomial) -> Polynomial:
    """``denominator^d · p(v := numerator / denominator)``, d the degree of p in v.

    So where the denominator is nonzero, the result vanishes exactly if p does at that value of v.
    """
    spend(extent(p))
    parts = coefficients_in(p, v)
    degree = max(parts, default=0)
    if not degree:
        return p
    if degree > MAX_EXPONENT:
        raise TooLarge
    # Horner's rule; the denominator catches up with one power a step.
    result, power = parts[degree], denominator
    work = 0
    for exponent in range(degree - 1, -1, -1):
        work += len(result) * len(numerator)
        if work > _MAX_PRODUCTS:
            raise TooLarge
        result = multiply(result, numerator)
        if exponent in parts:
            result = add(result, multiply(parts[exponent], power))
        power = multiply(power, denominator) if exponent else power
    return result


def renamed(p: Polynomial, names: Mapping[Variable, Variable]) -> Polynomial:
    """p with other names for some variables; they must stay different."""
    spend(extent(p))
    return {tuple(sorted((names.get(v, v), e) for v, e in monomial)): value for monomial, value in p.items()}


def divide(p: Polynomial, q: Polynomial) -> Polynomial | None:
    """p / q if q divides p exactly, None if not (or if q is 0)."""
    if not q or not p:
        return {} if q else None
    spend(extent(p) + extent(q))
    if not variables(q) <= variables(p):
        return None
    rank = {v: -number for number, v in enumerate(sorted(variables(p)))}

    def key(monomial: Monomial) -> list[tuple[int, int]]:
        # Compares as the lexicographic order of monomials does, the first variable being the largest.
        return [(rank[v], e) for v, e in monomial]

    lead, width = max(q, key=key), widest(q)
    rest = dict(p)
    length = _length(p) + _length(q)
    quotient: dict[Monomial, Rational] = {}
    while rest:
        spend(len(rest) * length)
        top = max(rest, key=key)
        monomial = _over(top, lead)
        if monomial is None:
            return None
        charge(bits_of(rest[top]) + 2 * width, len(q) * length)
        value = ratio(rest[top], q[lead])
        quotient[monomial] = value
        _accumulate(rest, ((_times(monomial, other), -value * c) for other, c in q.items()))
    return quotient


def ratio(a: Rational, b: Rational) -> Rational:
    """a / b, which ``/`` would round if both are integers."""
    quotient = Fraction(a, b)
    return quotient.numerator if quotient.denominator == 1 else quotient


def unit_parts(p: Polynomial) -> list[Polynomial]:
    """Polynomials that are nonzero where p is: the variables that divide it, and what is left without them."""
    spend(extent(p))
    first, *others = p or [()]
    common = dict(first)
    for monomial in others:
        powers = dict(monomial)
        common = {v: min(e, powers[v]) for v, e in common.items() if v in powers}
    if not common:
        return [p]
    divisor = tuple(sorted(common.items()))
    rest = divide(p, {divisor: 1})
    return [*map(as_variable, sorted(common)), *([rest] if rest and not is_constant(rest) else [])]


def is_unit(p: Polynomial, units: Sequence[Polynomial]) -> bool:
    """Whether p is a nonzero constant times a product of powers of ``units``, by exact divisions.

    The factors are tried in the order of the list, each as often as it divides, with all ways back open:
    greedy division would take a wrong turn when units have common factors.
    """
    if is_constant(p) or not p:
        return bool(p)
    spend(sum(map(extent, units)))
    useful = [u for u in units if variables(u)]
    pending: list[tuple[Polynomial, int]] = [(p, 0)]
    trials = 0
    while pending:
        rest, first = pending.pop()
        for number in range(len(useful) - 1, first - 1, -1):
            trials += 1
            if trials > _MAX_TRIALS:
                raise TooLarge
            quotient = divide(rest, useful[number])
            if quotient is None:
                continue
            if is_constant(quotient):
                return True
            pending.append((quotient, number))
    return False


def read_variable(value: Any, path: Path) -> Variable:
    """A variable ``[name, index, …]``."""
    name, *indices = entries(value, path) or [None]
    if type(name) is not str:
        raise path.error("a variable starts with its name")
    return (name, *(index(entry, path / number) for number, entry in enumerate(indices, 1)))


def read_polynomial(value: Any, path: Path) -> Polynomial:
    """A polynomial ``[[coefficient, [[variable, exponent], …]], …]``; no term or variable twice, no zeros."""
    if len(entries(value, path)) > MAX_TERMS:
        raise path.error(f"a polynomial of more than {MAX_TERMS} terms is not checked")
    p: dict[Monomial, Rational] = {}
    for where, (coefficient, powers) in tuples(value, path, 2):
        monomial = _read_monomial(powers, where / 1)
        if monomial in p:
            raise where.error("this monomial is listed twice")
        p[monomial] = exact(coefficient, where / 0)
        if not p[monomial]:
            raise (where / 0).error("a coefficient is never 0")
    return p


def _read_monomial(value: Any, path: Path) -> Monomial:
    powers: list[tuple[Variable, int]] = []
    for where, (variable, exponent) in tuples(value, path, 2):
        if not 0 < index(exponent, where / 1) <= MAX_EXPONENT:
            raise (where / 1).error(f"an exponent is between 1 and {MAX_EXPONENT}")
        powers.append((read_variable(variable, where / 0), exponent))
    distinct([v for v, _ in powers], path)
    return tuple(sorted(powers))


def _accumulate(total: dict[Monomial, Rational], terms: Iterable[tuple[Monomial, Rational]]) -> None:
    for monomial, value in terms:
        new = total.get(monomial, 0) + value
        if new:
            total[monomial] = grown(new)
        else:
            total.pop(monomial, None)
    if len(total) > MAX_TERMS:
        raise TooLarge


def _times(left: Monomial, right: Monomial) -> Monomial:
    if not left or not right or left[-1][0] < right[0][0]:
        return left + right
    powers = dict(left)
    for v, e in right:
        powers[v] = powers.get(v, 0) + e
    return tuple(sorted(powers.items()))


def _over(top: Monomial, lead: Monomial) -> Monomial | None:
    """top / lead, None if that is no monomial."""
    powers = dict(top)
    for v, e in lead:
        left = powers.get(v, 0) - e
        if left < 0:
            return None
        powers[v] = left
    return tuple((v, e) for v, e in powers.items() if e)
