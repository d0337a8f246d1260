r"""The sentence of a support in several equivalent forms.

All say ∃A (A ∈ cl E ∧ A ∉ E), the published sentence (Le, Riccietti, Gribonval, arXiv 2306.02666): true means
ill-posed. They differ in how a quantifier eliminator meets it, and that decides whether it answers in
milliseconds or not at all (docs/benchmarks.md). An encoding is a choice of

- *nearness*: ‖A − XYᵀ‖² < ε, or every |a − Σxy| < ε. As ε runs through all positive numbers, both describe cl E;
- *inequality*: A ≠ XYᵀ as one polynomial ‖A − XYᵀ‖² ≠ 0, or as a disjunction over the entries;
- *variables*: of the positions inside the supports only, or of all, those outside set to 0 by equations;
- *ε*: ε ≤ 0 excepted before ∃X∃Y, after it, or once for each inequality after it; or no ε at all: since E is a
  cone and E = −E, A ∈ cl E if and only if ∀N ∃X∃Y with XYᵀ nearer to N·A than 1 (for N ≠ 0 put X := N·X and ε = 1/|N|,
  for N = 0 take X = 0);
- *order*: which of the two conjuncts comes first, and whether all quantifiers are pulled to the front.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, final

from qeclose.formula.builders import AtomShape, Positions, SetName, Unknowns, exists, residuals, unknowns
from qeclose.formula.language import And, Atom, ForAll, Formula, Or, Relation
from qeclose.formula.operations import negate, prenex
from qeclose.support import Mask, Support

if TYPE_CHECKING:
    import sympy

__all__ = ["ENCODINGS", "Encoding", "Epsilon", "encoded", "encoded_sentence"]


class Epsilon(StrEnum):
    """Where "for all ε > 0" is written."""

    OUTSIDE = "outside"
    """∀ε (ε ≤ 0 ∨ ∃X∃Y near)"""
    INSIDE = "inside"
    """∀ε ∃X∃Y (ε ≤ 0 ∨ near)"""
    EACH = "each"
    """∀ε ∃X∃Y ⋀ (ε ≤ 0 ∨ one inequality)"""
    SCALE = "scale"
    """∀N ∃X∃Y (XYᵀ is nearer to N·A than 1)"""


@final
@dataclass(frozen=True, slots=True)
class Encoding:
    """A way to write the sentence; see the head of this module.

    ``near`` and ``unequal``: SUM_OF_SQUARES is one polynomial, EQUATIONS are inequalities entry by entry.
    ``everywhere``: variables for all entries of the factors. ``outside_first``: A ∉ E before A ∈ cl E.
    """

    name: str
    near: AtomShape = AtomShape.EQUATIONS
    unequal: AtomShape = AtomShape.EQUATIONS
    epsilon: Epsilon = Epsilon.OUTSIDE
    everywhere: bool = False
    outside_first: bool = False
    prenex: bool = False


_ALL = (
    Encoding("published", near=AtomShape.SUM_OF_SQUARES, unequal=AtomShape.SUM_OF_SQUARES),
    Encoding("squares", near=AtomShape.SUM_OF_SQUARES),
    Encoding("squares-scaled", near=AtomShape.SUM_OF_SQUARES, epsilon=Epsilon.SCALE),
    Encoding("entries", outside_first=True),
    Encoding("entries-inside", epsilon=Epsilon.INSIDE, outside_first=True),
    Encoding("entries-each", epsilon=Epsilon.EACH),
    Encoding("entries-scaled", epsilon=Epsilon.SCALE),
    Encoding("zeros", everywhere=True, outside_first=True),
    Encoding("zeros-inside", everywhere=True, epsilon=Epsilon.INSIDE, outside_first=True),
    Encoding("zeros-each", everywhere=True, epsilon=Epsilon.EACH),
    Encoding("prenex", prenex=True),
)
ENCODINGS = {encoding.name: encoding for encoding in _ALL}
"""The encodings by name. ``published`` is the formula of the paper; ``zeros-inside`` has the shape of its authors' program."""


def encoded_sentence(support: Support, encoding: Encoding, *, positions: Positions | None = None) -> Formula:
    """∃A (A ∈ cl E ∧ A ∉ E) in this encoding; ``positions`` as in ``builders.sentence``."""
    return encoded(support, SetName.SENTENCE, encoding, positions=positions)


def encoded(
    support: Support, which: SetName, encoding: Encoding, *, positions: Positions | None = None
) -> Formula:
    """The formula of one set of the support in this encoding."""
    looked_at = unknowns(support, positions, everywhere=encoding.everywhere)
    match which:
        case SetName.E:
            formula = _membership(support, looked_at, looked_at.factors, encoding)
        case SetName.COMPLEMENT:
            formula = negate(_membership(support, looked_at, looked_at.factors, encoding))
        case SetName.CLOSURE:
            formula = _closure(support, looked_at, encoding)
        case SetName.FRONTIER:
            formula = _frontier(support, looked_at, encoding)
        case SetName.SENTENCE:
            formula = exists(tuple(looked_at.target.values()), _frontier(support, looked_at, encoding))
    return prenex(formula) if encoding.prenex else formula


def _frontier(support: Support, looked_at: Unknowns, encoding: Encoding) -> Formula:
    near = _closure(support, looked_at, encoding)
    outside = negate(_membership(support, looked_at, looked_at.second, encoding))
    return And((outside, near) if encoding.outside_first else (near, outside))


def _membership(
    support: Support,
    looked_at: Unknowns,
    factors: tuple[dict[tuple[int, int], sympy.Symbol], ...],
    encoding: Encoding,
) -> Formula:
    import sympy

    differences = residuals(looked_at.target, factors)
    if encoding.unequal is AtomShape.SUM_OF_SQUARES:
        differences = [sympy.Add(*(difference**2 for difference in differences))]
    equations = tuple(Atom(difference, Relation.EQ) for difference in differences)
    return exists(_symbols(factors), _all((*_zeros(support, factors), *equations)))


def _closure(support: Support, looked_at: Unknowns, encoding: Encoding) -> Formula:
    import sympy

    factors, target = looked_at.factors, looked_at.target
    number = sympy.Symbol("eps")
    scaled = encoding.epsilon is Epsilon.SCALE
    if scaled:
        number = sympy.Symbol("scale")
        target = {place: number * entry for place, entry in target.items()}
    bound = sympy.Integer(1) if scaled else number
    differences = residuals(target, factors)
    if encoding.near is AtomShape.SUM_OF_SQUARES:
        sides = [sympy.Add(*(difference**2 for difference in differences))]
    else:
        sides = [side for difference in differences for side in (difference, -difference)]
    near = tuple(Atom(side - bound, Relation.LT) for side in sides)
    zeros = _zeros(support, factors)
    excepted = Atom(number, Relation.LE)
    match encoding.epsilon:
        case Epsilon.OUTSIDE:
            body: Formula = Or((excepted, exists(_symbols(factors), _all((*zeros, *near)))))
        case Epsilon.INSIDE:
            body = exists(_symbols(factors), _all((*zeros, Or((excepted, _all(near))))))
        case Epsilon.EACH:
            each = tuple(Or((excepted, atom)) for atom in near)
            body = exists(_symbols(factors), _all((*zeros, *each)))
        case Epsilon.SCALE:
            body = exists(_symbols(factors), _all((*zeros, *near)))
    return ForAll((number,), body)


def _zeros(support: Support, factors: tuple[dict[tuple[int, int], sympy.Symbol], ...]) -> tuple[Formula, ...]:
    """The equations "this variable is 0" of the variables outside the supports, if there are such."""
    return tuple(
        Atom(symbol, Relation.EQ)
        for mask, factor in zip(support.factors, factors, strict=True)
        for place, symbol in factor.items()
        if not _inside(mask, place)
    )


def _inside(mask: Mask, place: tuple[int, int]) -> bool:
    row, column = place
    return bool(mask.rows[row] >> column & 1)


def _symbols(factors: tuple[dict[tuple[int, int], sympy.Symbol], ...]) -> tuple[sympy.Symbol, ...]:
    return tuple(symbol for factor in factors for symbol in factor.values())


def _all(conjuncts: tuple[Formula, ...]) -> Formula:
    return conjuncts[0] if len(conjuncts) == 1 else And(conjuncts)
