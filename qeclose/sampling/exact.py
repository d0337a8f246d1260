"""Exact probabilities that a random mask with at most three terms is ill-posed, for any numbers of rows and columns.

*Theorem.* Let the entries of I (m×r) and J (n×r) be inside independently with probability p. By twin capping (R3) whether
E(I, J) is closed depends only on the counts of the row types S ⊆ [r], S ≠ ∅, each capped at |S|, and on those of the
column types. The capped counts of the first i rows are a Markov chain: a row has type S with probability
p^|S| (1 − p)^(r − |S|), and raises the count of S if it is below |S|. With u, v the chain's distributions after m and n
steps and K the 0/1 matrix of the classification, P(ill-posed) = uᵀ K v. ∎

The chain has 2, 12 and 864 states for r = 1, 2, 3; K comes from the table (``qeclose.table``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, final

from qeclose.errors import UsageError
from qeclose.table.coverage import coverage, multisets
from qeclose.table.entries import RANKS

if TYPE_CHECKING:
    import numpy as np
    from flint import fmpz_poly
    from numpy.typing import NDArray

__all__ = ["MAX_DIGITS", "Exact", "exact", "exact_json", "polynomial"]

MAX_DIGITS = 1000
"""A fraction whose denominator may have more decimal digits than this is given as a float alone."""

_MOST_STEPS = 400
"""Lines up to which fractions are computed: 864 states take about 2 ms a line."""


@final
@dataclass(frozen=True, slots=True)
class Exact:
    """P(ill-posed) at one density: as a fraction, or None where that would fill pages, and as a float.

    The float's relative error is below 10⁻⁹: it is a sum of products of nonnegative numbers.
    """

    density: Fraction
    ill_posed: Fraction | None
    ill_posed_float: float


def exact(m: int, n: int, r: int, density: Fraction) -> Exact:
    """The probability for I of m×r and J of n×r. Raises ``UsageError`` for r > 3, which is not classified."""
    _require(m, n, r, density)
    bits = r * (m + n) * density.denominator.bit_length()
    if bits > MAX_DIGITS * 3.33 or max(m, n) > _MOST_STEPS:
        return Exact(density, None, _as_float(m, n, r, float(density)))
    p, q = density.numerator, density.denominator
    weights = [p**size * (q - p) ** (r - size) for size in range(r + 1)]
    total = _probability(m, n, r, weights, 0, 1)
    fraction = Fraction(total, q ** (r * (m + n)))
    return Exact(density, fraction, float(fraction))


def polynomial(m: int, n: int, r: int) -> fmpz_poly:
    """P(ill-posed) as a polynomial in p with integer coefficients, of degree at most r(m + n).

    >>> str(polynomial(2, 2, 2)(1)), polynomial(2, 2, 1) == 0
    ('0', True)
    """
    from flint import fmpz_poly

    _require(m, n, r, Fraction(0))
    p = fmpz_poly([0, 1])
    weights = [p**size * (1 - p) ** (r - size) for size in range(r + 1)]
    found: fmpz_poly = _probability(m, n, r, weights, fmpz_poly(0), fmpz_poly(1))
    return found


def exact_json(found: Exact) -> dict[str, Any]:
    """The JSON object of one density (``docs/sample.md``)."""
    ill_posed = found.ill_posed
    return {
        "density": str(found.density),
        "well_posed": None if ill_posed is None else str(1 - ill_posed),
        "ill_posed": None if ill_posed is None else str(ill_posed),
        "ill_posed_float": found.ill_posed_float,
    }


def _require(m: int, n: int, r: int, density: Fraction) -> None:
    if r not in RANKS:
        raise UsageError(
            f"exact probabilities need the classification, which ends at rank {RANKS[-1]}, not {r}"
        )
    if m < 1 or n < 1 or not 0 <= density <= 1:
        raise UsageError("a mask has at least one row and one column, and a density is from 0 to 1")


def _probability(m: int, n: int, r: int, weights: Sequence[Any], zero: Any, one: Any) -> Any:
    """uᵀ K v for weights in any commutative ring: ``weights[s]`` is that of a row of one type with s terms."""
    after = {}
    state = _start(r, zero, one)
    for step in range(max(m, n) + 1):
        if step in (m, n):
            after[step] = state
        if step < max(m, n):
            state = _step(r, state, weights, zero)
    total = zero
    for row, ill_posed in zip(after[m], _ill_posed_columns(r), strict=True):
        if row != zero and ill_posed:
            total = total + row * sum((after[n][j] for j in ill_posed), zero)
    return total


def _start(r: int, zero: Any, one: Any) -> list[Any]:
    states = multisets(r)
    return [one if not types else zero for types in states]


def _step(r: int, state: Sequence[Any], weights: Sequence[Any], zero: Any) -> list[Any]:
    after = [zero] * len(state)
    for number, (value, targets) in enumerate(zip(state, _transitions(r), strict=True)):
        if value == zero:
            continue
        after[number] = after[number] + value * weights[0]
        for kind, target in enumerate(targets, start=1):
            after[target] = after[target] + value * weights[kind.bit_count()]
    return after


@cache
def _transitions(r: int) -> tuple[tuple[int, ...], ...]:
    """For every state, where a line of type 1, 2, …, 2^r − 1 leads: to itself where the type is at its cap."""
    states = multisets(r)
    number = {types: position for position, types in enumerate(states)}
    return tuple(
        tuple(
            number[types if types.count(kind) == kind.bit_count() else tuple(sorted((*types, kind)))]
            for kind in range(1, 1 << r)
        )
        for types in states
    )


@cache
def _classification(r: int) -> NDArray[np.int8]:
    """1 where the pair of states is ill-posed; every pair up to rank 3 is settled by the table."""
    known = coverage(r)
    if not known.all():
        raise AssertionError(f"the table leaves pairs of rank {r} open")
    return (known < 0).astype("int8")


@cache
def _ill_posed_columns(r: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(map(int, row.nonzero()[0])) for row in _classification(r))


def _as_float(m: int, n: int, r: int, density: float) -> float:
    """The same with floats, by powers of the step: the logarithm of the number of lines in matrix products."""
    import numpy as np

    size = len(multisets(r))
    step = np.zeros((size, size))
    for number, targets in enumerate(_transitions(r)):
        step[number, number] += (1 - density) ** r
        for kind, target in enumerate(targets, start=1):
            terms = kind.bit_count()
            step[number, target] += density**terms * (1 - density) ** (r - terms)
    start = np.array(_start(r, 0.0, 1.0))
    rows, columns = (start @ np.linalg.matrix_power(step, lines) for lines in (m, n))
    return float(rows @ _classification(r) @ columns)
