"""Frontier points found without qeclose: this module imports nothing of the package, and shares no code with it.

A mask is a pair of lists of 0/1 rows, I (m×r) and J (n×r). ``frontier_point`` looks for a matrix A that products
X Yᵀ with these supports approach and none reaches:

1. *Limits of column spaces.* Along a polynomial curve X(t) column j of X(t) Yᵀ ranges over the span of the visible
   columns x_k(t), k in row j of J. As t → 0 these spans tend to a space L_j, computed exactly over the rationals,
   and any A with column j in L_j for all j is a limit of products.
2. *Levenberg–Marquardt.* From several starts, factors of A are looked for. If some are found, A is no candidate.
3. *Z3* proves that Σ_k x_ik y_jk = a_ij has no real solution. Only then is A called a frontier point.

``missing`` (m×n, 1: not observed) are entries of A that nothing is asked of: column j is looked at in its observed rows only,
and no equation is about a missing entry.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

__all__ = ["FrontierPoint", "Rows", "factors_near", "frontier_point", "has_factors", "limit_matrices"]

Rows = Sequence[Sequence[int]]
"""A 0/1 matrix as nested sequences."""

Polynomials = list[list[Fraction]]
"""A vector of polynomials in t: for each coordinate the coefficients, t⁰ first, all of one length."""

_COEFFICIENTS = (0, 0, 1, 1, -1, 2)
_CONSTANTS = ((0, 1), (0, 0, 1), (0, 1, -1), (1, 1, 2), (1, -1, 2, 3))
_STEPS = 24
"""How often a vector may be divided by t before the curve is given up."""


@dataclass(frozen=True)
class FrontierPoint:
    """A matrix in the closure and, as Z3 proved, not in the set; the curve X(t) (or Y(t)) by entries, t⁰ first."""

    matrix: list[list[Fraction]]
    curve: list[list[list[Fraction]]]
    transposed: bool


def frontier_point(
    i_rows: Rows,
    j_rows: Rows,
    rng: random.Random,
    *,
    missing: Rows | None = None,
    curves: int = 250,
    seconds: float = 4.0,
) -> FrontierPoint | None:
    """A frontier point of E(I, J), or None if ``curves`` random curves show none; Z3 has ``seconds`` for each question."""
    seen: set[tuple[tuple[Fraction, ...], ...]] = set()
    for number in range(curves):
        transposed = bool(number % 2)
        sides = (j_rows, i_rows) if transposed else (i_rows, j_rows)
        curve = _random_curve(sides[0], rng)
        unseen = [list(row) for row in zip(*missing, strict=True)] if missing and transposed else missing
        for found in limit_matrices(curve, sides[1], rng, 4, unseen):
            matrix = [list(row) for row in zip(*found, strict=True)] if transposed else found
            key = tuple(map(tuple, matrix))
            if key in seen:
                continue
            seen.add(key)
            if (
                factors_near(matrix, i_rows, j_rows, rng, missing=missing) is None
                and has_factors(matrix, i_rows, j_rows, seconds, missing) is False
            ):
                return FrontierPoint(matrix, curve, transposed)
    return None


def limit_matrices(
    curve: list[list[list[Fraction]]],
    j_rows: Rows,
    rng: random.Random,
    count: int,
    missing: Rows | None = None,
) -> Iterator[list[list[Fraction]]]:
    """``count`` matrices (m×n) whose column j lies in the limit of the span of the visible columns of the curve.

    Missing entries are 0 there, and hidden from the columns.
    """
    m = len(curve)
    nothing = [Fraction(0)] * len(curve[0][0])
    spaces = [
        _limit_space(
            [
                [nothing if missing and missing[i][j] else curve[i][k] for i in range(m)]
                for k, s in enumerate(row)
                if s
            ]
        )
        for j, row in enumerate(j_rows)
    ]
    for _ in range(count):
        columns = []
        few = rng.random() < 0.5
        kept = rng.sample(range(len(spaces)), min(len(spaces), rng.choice((2, 3, len(spaces)))))
        for number, space in enumerate(spaces):
            column = [Fraction(0)] * m
            for vector in space if number in kept else ():
                factor = rng.choice((0, 0, 0, 1) if few else (0, 1, 1, -1, 2))
                column = [a + factor * b for a, b in zip(column, vector, strict=True)]
            columns.append(column)
        yield [[column[i] for column in columns] for i in range(m)]


def _random_curve(rows: Rows, rng: random.Random) -> list[list[list[Fraction]]]:
    """Small random coefficients on the support; in half of the curves only two or three rows are not zero.

    E contains, with every matrix, the one in which rows are replaced by zeros: few rows lose no generality.
    """
    degree = rng.choice((1, 1, 2, 3))
    constants = rng.choice(_CONSTANTS)
    kept = rng.sample(range(len(rows)), min(len(rows), rng.choice((2, 3, len(rows), len(rows)))))
    return [
        [
            [Fraction(rng.choice(constants)), *(Fraction(rng.choice(_COEFFICIENTS)) for _ in range(degree))]
            if inside and i in kept
            else [Fraction(0)] * (degree + 1)
            for inside in row
        ]
        for i, row in enumerate(rows)
    ]


def _limit_space(vectors: list[Polynomials]) -> list[list[Fraction]]:
    """A basis of lim_{t→0} span(v_1(t), …); fewer vectors than the dimension if a vector resists ``_STEPS`` divisions."""
    basis: list[Polynomials] = []
    echelon: list[tuple[int, int]] = []
    for vector in vectors:
        current: Polynomials | None = vector
        for _ in range(_STEPS):
            current = _divided(current)
            if current is None:
                break
            # The constant terms of the basis are reduced: one coordinate is 1 there and 0 in all others.
            for number, pivot in echelon:
                factor = current[pivot][0]
                if factor:
                    current = _minus(current, basis[number], factor)
            pivot = next((i for i, entry in enumerate(current) if entry and entry[0]), -1)
            if pivot >= 0:
                lead = current[pivot][0]
                current = [[c / lead for c in entry] for entry in current]
                basis = [_minus(b, current, b[pivot][0]) if b[pivot][0] else b for b in basis]
                echelon.append((len(basis), pivot))
                basis.append(current)
                break
    return [[entry[0] for entry in vector] for vector in basis]


def _divided(vector: Polynomials | None) -> Polynomials | None:
    """The vector divided by the highest power of t that divides it; None for 0."""
    if vector is None:
        return None
    order = min((next(d for d, c in enumerate(e) if c) for e in vector if any(e)), default=None)
    return None if order is None else [entry[order:] for entry in vector]


def _minus(one: Polynomials, other: Polynomials, factor: Fraction) -> Polynomials:
    length = max(len(one[0]), len(other[0]))
    padded = ([[*entry, *[Fraction(0)] * (length - len(entry))] for entry in v] for v in (one, other))
    return [[a - factor * b for a, b in zip(x, y, strict=True)] for x, y in zip(*padded, strict=True)]


def factors_near(
    matrix: Sequence[Sequence[Fraction]],
    i_rows: Rows,
    j_rows: Rows,
    rng: random.Random,
    *,
    missing: Rows | None = None,
    starts: int = 6,
    steps: int = 120,
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """X and Y with X Yᵀ = A up to rounding and no entry above 1000, if Levenberg–Marquardt finds them; else None."""
    a = np.array([[float(entry) for entry in row] for row in matrix])
    x_at, y_at = np.argwhere(np.array(i_rows)), np.argwhere(np.array(j_rows))
    noise = np.random.default_rng(rng.getrandbits(32))
    seen = np.ones(a.shape) if missing is None else 1.0 - np.array(missing, float)
    for _ in range(starts):
        found = _descend(a * seen, seen, x_at, y_at, len(i_rows[0]), noise, steps)
        if found is not None:
            return found
    return None


def _descend(
    a: NDArray[np.float64],
    seen: NDArray[np.float64],
    x_at: NDArray[np.int64],
    y_at: NDArray[np.int64],
    r: int,
    noise: np.random.Generator,
    steps: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    m, n = a.shape
    x, y = np.zeros((m, r)), np.zeros((n, r))
    x[tuple(x_at.T)] = noise.normal(size=len(x_at))
    y[tuple(y_at.T)] = noise.normal(size=len(y_at))
    damping = 1e-2
    rest = x @ y.T * seen - a
    loss = float((rest**2).sum())
    for _ in range(steps):
        if loss < 1e-20:
            return x, y
        jacobian = np.zeros((len(x_at) + len(y_at), m, n))
        for number, (i, k) in enumerate(x_at):
            jacobian[number, i, :] = y[:, k] * seen[i]
        for number, (j, k) in enumerate(y_at, len(x_at)):
            jacobian[number, :, j] = x[:, k] * seen[:, j]
        flat = jacobian.reshape(len(jacobian), m * n)
        normal = flat @ flat.T
        normal[np.diag_indices_from(normal)] += damping
        try:
            step = np.linalg.solve(normal, flat @ rest.ravel())
        except np.linalg.LinAlgError:
            damping = max(damping * 4, 1e-8)
            if damping > 1e8:
                return None
            continue
        x_new, y_new = x.copy(), y.copy()
        x_new[tuple(x_at.T)] -= step[: len(x_at)]
        y_new[tuple(y_at.T)] -= step[len(x_at) :]
        rest_new = x_new @ y_new.T * seen - a
        loss_new = float((rest_new**2).sum())
        if loss_new < loss:
            x, y, rest, loss = x_new, y_new, rest_new, loss_new
            damping = max(damping / 5, 1e-14)
            if max(np.abs(x).max(initial=0), np.abs(y).max(initial=0)) > 1000:
                return None
        else:
            damping *= 4
            if damping > 1e8:
                return None
    return (x, y) if loss < 1e-16 else None


def has_factors(
    matrix: Sequence[Sequence[Fraction]],
    i_rows: Rows,
    j_rows: Rows,
    seconds: float,
    missing: Rows | None = None,
) -> bool | None:
    """Whether A = X Yᵀ has a real solution with these supports, as Z3 decides it in ``seconds``; None if it does not."""
    import z3

    solver = z3.SolverFor("QF_NRA")
    solver.set("timeout", int(1000 * seconds))
    x = [[z3.Real(f"x{i}_{k}") if s else 0 for k, s in enumerate(row)] for i, row in enumerate(i_rows)]
    y = [[z3.Real(f"y{j}_{k}") if s else 0 for k, s in enumerate(row)] for j, row in enumerate(j_rows)]
    for i, row in enumerate(matrix):
        for j, entry in enumerate(row):
            if missing and missing[i][j]:
                continue
            terms = [x[i][k] * y[j][k] for k in range(len(x[i])) if i_rows[i][k] and j_rows[j][k]]
            if terms or entry:
                solver.add(z3.Sum(terms) == z3.RealVal(str(entry)) if terms else z3.BoolVal(False))
    answer = solver.check()
    return None if answer == z3.unknown else bool(answer == z3.sat)
