r"""The formulas of a support: E, its complement, closure and frontier, and the sentence.

``E = {X₁X₂…X_L : supp X_l ⊆ F_l}`` and, with two factors, ``E = {XYᵀ : supp X ⊆ I, supp Y ⊆ J}`` are
semialgebraic; so are the sets made of them (Le, Riccietti, Gribonval, arXiv 2306.02666):

- A ∈ E       : ∃X∃Y  ‖A − XYᵀ‖² = 0
- A ∉ E       : ∀X∀Y  ‖A − XYᵀ‖² ≠ 0
- A ∈ cl E    : ∀ε  ε > 0 ⇒ ∃X∃Y  ‖A − XYᵀ‖² < ε
- frontier    : A ∈ cl E ∧ A ∉ E
- sentence    : ∃A  A in the frontier; true means ill-posed

Supports are built in: a position outside a mask has no variable. The entries of A are named ``a11``, …;
those of X and Y ``x…`` and ``y…`` (``f111``: factor, row, column, for more factors); the second copy in
the frontier, for A ∉ E, is ``u…``, ``v…`` (``g…``). All numbers in the names of one support have equally
many digits, so that names are legal in every syntax and never clash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import TYPE_CHECKING, final

from qeclose.formula.language import And, Atom, Exists, ForAll, Formula, Or, Relation
from qeclose.formula.operations import negate
from qeclose.formula.symbols import all_symbols, free_variables, substitute
from qeclose.support import Mask, Support
from qeclose.support.bits import bits

if TYPE_CHECKING:
    import sympy

    SparseMatrix = dict[tuple[int, int], sympy.Expr]

Positions = Sequence[tuple[int, int]]
"""Entries (i, j) of A, counted from 0; not empty."""

__all__ = [
    "AtomShape",
    "Positions",
    "SetName",
    "Unknowns",
    "closure",
    "closure_of",
    "complement",
    "entries",
    "exists",
    "frontier",
    "frontier_sentence_of",
    "membership",
    "pair_equations",
    "residuals",
    "sentence",
    "set_formula",
    "unknowns",
]


class SetName(StrEnum):
    """The sets of a support that have a formula, and the sentence that the frontier is not empty."""

    E = "e"
    COMPLEMENT = "complement"
    CLOSURE = "closure"
    FRONTIER = "frontier"
    SENTENCE = "sentence"


class AtomShape(StrEnum):
    """How "A = XYᵀ" and "A is near XYᵀ" are written.

    ``SUM_OF_SQUARES`` is the published shape, one atom ``‖A − XYᵀ‖² = 0`` or ``< ε``. ``EQUATIONS`` has one
    equation an entry, and for nearness two strict inequalities ``−ε < (A − XYᵀ)ᵢⱼ < ε`` an entry: the
    polynomials have degree L instead of 2L, and since ε runs through all positive numbers the closure is
    the same.
    """

    SUM_OF_SQUARES = "sum-of-squares"
    EQUATIONS = "equations"


@final
@dataclass(frozen=True)
class Unknowns:
    """The entries of A, and two copies of the entries of the factors, each by its place."""

    target: dict[tuple[int, int], sympy.Symbol]
    factors: tuple[dict[tuple[int, int], sympy.Symbol], ...]
    second: tuple[dict[tuple[int, int], sympy.Symbol], ...]


def entries(support: Support, *, positions: Positions | None = None) -> dict[tuple[int, int], sympy.Symbol]:
    """The free variables of E: entry (i, j) of A, counted from 0, is the symbol ``a<i+1><j+1>``.

    Here and below ``positions`` restricts A to some of its entries: the set described is the projection of E to them. None
    means all that are observed: those the support calls missing have no variable.

    >>> [symbol.name for symbol in entries(Support([[1], [1]], [[1]])).values()]
    ['a11', 'a21']
    """
    return unknowns(support, positions).target


def membership(
    support: Support, *, shape: AtomShape = AtomShape.SUM_OF_SQUARES, positions: Positions | None = None
) -> Formula:
    """A ∈ E, as ∃X∃Y (A = XYᵀ)."""
    variables = unknowns(support, positions)
    return _membership(variables.target, variables.factors, shape)


def complement(
    support: Support, *, shape: AtomShape = AtomShape.SUM_OF_SQUARES, positions: Positions | None = None
) -> Formula:
    """A ∉ E, as ∀X∀Y (A ≠ XYᵀ)."""
    return negate(membership(support, shape=shape, positions=positions))


def closure(
    support: Support, *, shape: AtomShape = AtomShape.SUM_OF_SQUARES, positions: Positions | None = None
) -> Formula:
    """A ∈ cl E, as ∀ε (ε ≤ 0 ∨ ∃X∃Y (XYᵀ is nearer to A than ε))."""
    variables = unknowns(support, positions)
    return _closure(variables.target, variables.factors, shape)


def frontier(
    support: Support, *, shape: AtomShape = AtomShape.SUM_OF_SQUARES, positions: Positions | None = None
) -> Formula:
    r"""A ∈ cl E \ E."""
    variables = unknowns(support, positions)
    outside = negate(_membership(variables.target, variables.second, shape))
    return And((_closure(variables.target, variables.factors, shape), outside))


def sentence(
    support: Support, *, shape: AtomShape = AtomShape.SUM_OF_SQUARES, positions: Positions | None = None
) -> Formula:
    r"""∃A (A ∈ cl E \ E): true if the support is ill-posed, false if it is well-posed.

    It has mn + 2(|I| + |J|) + 1 variables, entries of A that no product reaches included.
    """
    point = tuple(entries(support, positions=positions).values())
    return exists(point, frontier(support, shape=shape, positions=positions))


def pair_equations(
    support: Support, positions: Positions | None = None
) -> tuple[dict[tuple[int, int], sympy.Symbol], dict[tuple[int, int], sympy.Symbol], list[sympy.Expr]]:
    """With two factors: the variables of X (row, term), those of Yᵀ (term, column), and the entries of A − XYᵀ."""
    variables = unknowns(support, positions)
    x, y = variables.factors
    return x, y, residuals(variables.target, variables.factors)


def set_formula(
    support: Support, which: SetName | str, shape: AtomShape | str = AtomShape.SUM_OF_SQUARES
) -> Formula:
    """The formula of one of the sets of a support. Raises ``ValueError`` on an unknown set or shape."""
    build = {
        SetName.E: membership,
        SetName.COMPLEMENT: complement,
        SetName.CLOSURE: closure,
        SetName.FRONTIER: frontier,
        SetName.SENTENCE: sentence,
    }[SetName(which)]
    return build(support, shape=AtomShape(shape))


def closure_of(phi: Formula, point: Sequence[sympy.Symbol]) -> Formula:
    """That the point A lies in the closure of {B : φ(B)}: ∀ε>0 ∃B (φ(B) ∧ ‖A − B‖² < ε).

    ``point`` lists the coordinates A, among them all free variables of φ; raises ``ValueError`` if one is
    missing. The new variables are named ``b1``, …, and ``eps``, or like that if those are taken.
    """
    import sympy

    missing = free_variables(phi) - set(point)
    if missing:
        raise ValueError(f"the point lacks coordinates of the formula: {sorted(map(str, missing))}")
    taken = {symbol.name for symbol in all_symbols(phi) | set(point)}
    near = tuple(_unused(f"b{position}", taken) for position in range(1, len(point) + 1))
    epsilon = _unused("eps", taken)
    distance = sympy.Add(*((a - b) ** 2 for a, b in zip(point, near, strict=True)))
    at_near_point = substitute(phi, dict(zip(point, near, strict=True)))
    return _for_small(epsilon, exists(near, And((at_near_point, _less(distance - epsilon)))))


def frontier_sentence_of(phi: Formula, point: Sequence[sympy.Symbol]) -> Formula:
    """That {A : φ(A)} is not closed: ∃A (A ∈ cl{φ} ∧ ¬φ(A)).

    Raises ``ValueError`` if a free variable of φ is no coordinate of the point.
    """
    return exists(tuple(point), And((closure_of(phi, point), negate(phi))))


def unknowns(support: Support, positions: Positions | None = None, *, everywhere: bool = False) -> Unknowns:
    """The variables of the formulas; ``everywhere``: those of the factors' entries outside the supports too."""
    n_rows, n_columns = support.shape
    sizes = (n_rows, n_columns, len(support.factors), *support.inner)
    digits = len(str(max(sizes)))
    free = support.free
    looked_at = positions or [
        (i, j) for i in range(n_rows) for j in range(n_columns) if not free.get(i, 0) >> j & 1
    ]
    target = {(i, j): _symbol("a", digits, i + 1, j + 1) for i, j in looked_at}
    if everywhere:
        support = Support.of_factors(
            Mask(((1 << mask.n_cols) - 1,) * len(mask.rows), mask.n_cols) for mask in support.factors
        )
    if len(support.factors) == 2:
        first, second = (_pair(support, letters, digits) for letters in ("xy", "uv"))
    else:
        first, second = (_chain(support, letter, digits) for letter in "fg")
    return Unknowns(target, first, second)


def _pair(support: Support, letters: str, digits: int) -> tuple[dict[tuple[int, int], sympy.Symbol], ...]:
    """X and Yᵀ, the latter indexed as the r×n factor it is but named like the entries of Y."""
    left, right = support.factors
    x = {(i, k): _symbol(letters[0], digits, i + 1, k + 1) for i, k in _positions(left.rows)}
    y = {(k, j): _symbol(letters[1], digits, j + 1, k + 1) for k, j in _positions(right.rows)}
    return x, y


def _chain(support: Support, letter: str, digits: int) -> tuple[dict[tuple[int, int], sympy.Symbol], ...]:
    return tuple(
        {(i, j): _symbol(letter, digits, number, i + 1, j + 1) for i, j in _positions(factor.rows)}
        for number, factor in enumerate(support.factors, 1)
    )


def _positions(rows: Sequence[int]) -> list[tuple[int, int]]:
    return [(i, j) for i, row in enumerate(rows) for j in bits(row)]


def _symbol(letter: str, digits: int, *numbers: int) -> sympy.Symbol:
    import sympy

    return sympy.Symbol(letter + "".join(f"{number:0{digits}d}" for number in numbers))


def _unused(name: str, taken: set[str]) -> sympy.Symbol:
    import sympy

    while name in taken:
        name += "v"
    taken.add(name)
    return sympy.Symbol(name)


def _product(left: SparseMatrix, right: SparseMatrix) -> SparseMatrix:
    """The product of two sparse matrices of polynomials, unexpanded."""
    import sympy

    by_row: dict[int, list[tuple[int, sympy.Expr]]] = {}
    for (k, j), entry in right.items():
        by_row.setdefault(k, []).append((j, entry))
    summands: dict[tuple[int, int], list[sympy.Expr]] = {}
    for (i, k), entry in left.items():
        for j, other in by_row.get(k, ()):
            summands.setdefault((i, j), []).append(sympy.Mul(entry, other))
    return {position: sympy.Add(*parts) for position, parts in summands.items()}


def residuals(
    target: Mapping[tuple[int, int], sympy.Expr], factors: tuple[dict[tuple[int, int], sympy.Symbol], ...]
) -> list[sympy.Expr]:
    """The entries of A − X₁X₂…X_L, row by row."""
    matrices: list[SparseMatrix] = [dict(factor) for factor in factors]
    product = reduce(_product, matrices)
    return [entry - product.get(position, 0) for position, entry in target.items()]


def _membership(
    target: dict[tuple[int, int], sympy.Symbol],
    factors: tuple[dict[tuple[int, int], sympy.Symbol], ...],
    shape: AtomShape,
) -> Formula:
    import sympy

    differences = residuals(target, factors)
    body: Formula
    match shape:
        case AtomShape.SUM_OF_SQUARES:
            body = Atom(sympy.Add(*(difference**2 for difference in differences)), Relation.EQ)
        case AtomShape.EQUATIONS:
            body = And(tuple(Atom(difference, Relation.EQ) for difference in differences))
    return exists(_all_entries(factors), body)


def _closure(
    target: dict[tuple[int, int], sympy.Symbol],
    factors: tuple[dict[tuple[int, int], sympy.Symbol], ...],
    shape: AtomShape,
) -> Formula:
    import sympy

    epsilon = sympy.Symbol("eps")
    differences = residuals(target, factors)
    near: Formula
    match shape:
        case AtomShape.SUM_OF_SQUARES:
            near = _less(sympy.Add(*(difference**2 for difference in differences)) - epsilon)
        case AtomShape.EQUATIONS:
            sides = ((side - epsilon, -side - epsilon) for side in differences)
            near = And(tuple(_less(side) for pair in sides for side in pair))
    return _for_small(epsilon, exists(_all_entries(factors), near))


def _all_entries(factors: tuple[dict[tuple[int, int], sympy.Symbol], ...]) -> tuple[sympy.Symbol, ...]:
    return tuple(symbol for factor in factors for symbol in factor.values())


def exists(variables: tuple[sympy.Symbol, ...], body: Formula) -> Formula:
    """∃ variables, body; the body itself if there are none."""
    return Exists(variables, body) if variables else body


def _less(polynomial: sympy.Expr) -> Formula:
    return Atom(polynomial, Relation.LT)


def _for_small(epsilon: sympy.Symbol, body: Formula) -> Formula:
    return ForAll((epsilon,), Or((Atom(epsilon, Relation.LE), body)))
