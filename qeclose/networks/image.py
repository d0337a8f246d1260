r"""Tarski formulas of the image {(f_θ(x_1), …, f_θ(x_p)) : θ} of a small ReLU network on given inputs.

The free variables are the outputs ``z<p><i>``: output i at input number p. Training is well-posed on these inputs for
every choice of targets exactly if the image is closed. Every unit is a disjunction of its two activation patterns:
``(h = a ∧ a ≥ 0) ∨ (h = 0 ∧ a ≤ 0)``, a = w·x + b being what goes into it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from qeclose.errors import UsageError
from qeclose.formula.builders import SetName, closure_of, frontier_sentence_of
from qeclose.formula.language import And, Atom, Exists, Formula, Or, Relation
from qeclose.formula.operations import negate
from qeclose.networks.effort import IMAGES
from qeclose.support import Mask, Support
from qeclose.support.bits import bits

if TYPE_CHECKING:
    import sympy

__all__ = ["image", "image_formula", "image_pieces", "outputs"]


def outputs(support: Support, count: int) -> tuple[sympy.Symbol, ...]:
    """The free variables for ``count`` inputs: z<p><i>, input by input."""
    digits = _digits(support, count)
    return tuple(_symbol("z", digits, p + 1, i + 1) for p in range(count) for i in range(support.shape[0]))


def image(support: Support, inputs: Sequence[Sequence[Fraction]]) -> Formula:
    """That z is in the image, as ∃ weights, biases, hidden values.

    ``support`` has W_L first and W_1 last; every unit has a bias. Raises ``UsageError`` for inputs of a wrong length, none
    at all, or a formula with very many variables.
    """
    support.require_observed("relu")
    layers = tuple(reversed(support.factors))
    if not inputs or any(len(x) != support.shape[1] for x in inputs):
        raise UsageError(
            f"each input is a point with {support.shape[1]} coordinates, and there is at least one"
        )
    hidden = len(inputs) * sum(support.inner)
    if sum(mask.nnz + len(mask.rows) for mask in layers) + hidden > IMAGES.variables:
        raise UsageError(f"the formula would have more than {IMAGES.variables} variables")
    digits = _digits(support, len(inputs))
    weights = [_weights(mask, number, digits) for number, mask in enumerate(layers, 1)]
    biases = [
        [_symbol("b", digits, number, k + 1) for k in range(len(mask.rows))]
        for number, mask in enumerate(layers, 1)
    ]
    bound = [w for layer in weights for w in layer.values()] + [b for layer in biases for b in layer]
    parts: list[Formula] = []
    for p, x in enumerate(inputs):
        values: list[sympy.Expr] = [_rational(entry) for entry in x]
        for number, mask in enumerate(layers, 1):
            before = _affine(mask, weights[number - 1], biases[number - 1], values)
            if number == len(layers):
                parts += [
                    Atom(_symbol("z", digits, p + 1, i + 1) - a, Relation.EQ) for i, a in enumerate(before)
                ]
                break
            units = [_symbol("h", digits, p + 1, number, k + 1) for k in range(len(before))]
            parts += [_rectified(unit, a) for unit, a in zip(units, before, strict=True)]
            bound += units
            values = list(units)
    return Exists(tuple(bound), And(tuple(parts)))


def image_pieces(support: Support, inputs: Sequence[Sequence[Fraction]]) -> Iterator[Formula]:
    """The image as a union: for each pattern of active units on the inputs, ∃ weights, biases (two layers only).

    Raises ``UsageError`` for more layers, and where there are more than 2^10 patterns.
    """
    support.require_observed("relu")
    units = support.inner[0] * len(inputs)
    if len(support.factors) != 2 or units > IMAGES.units:
        raise UsageError(
            f"patterns are listed for two layers and up to {IMAGES.units} pairs of a unit and an input"
        )
    last, first = support.factors
    digits = _digits(support, len(inputs))
    w1, w2 = _weights(first, 1, digits), _weights(last, 2, digits)
    b1 = [_symbol("b", digits, 1, k + 1) for k in range(len(first.rows))]
    b2 = [_symbol("b", digits, 2, i + 1) for i in range(len(last.rows))]
    bound = (*w1.values(), *w2.values(), *b1, *b2)
    before = [_affine(first, w1, b1, [_rational(entry) for entry in x]) for x in inputs]
    for pattern in itertools.product((True, False), repeat=units):
        active = [pattern[p * len(b1) : (p + 1) * len(b1)] for p in range(len(inputs))]
        parts: list[Formula] = []
        for p, values in enumerate(before):
            parts += [
                Atom(value, Relation.GE if on else Relation.LE)
                for value, on in zip(values, active[p], strict=True)
            ]
            hidden = [
                value if on else _rational(Fraction(0)) for value, on in zip(values, active[p], strict=True)
            ]
            parts += [
                Atom(_symbol("z", digits, p + 1, i + 1) - a, Relation.EQ)
                for i, a in enumerate(_affine(last, w2, b2, hidden))
            ]
        yield Exists(bound, And(tuple(parts)))


def image_formula(support: Support, inputs: Sequence[Sequence[Fraction]], which: SetName) -> Formula:
    """The image (``e``), its complement, closure or frontier, or the sentence that the frontier is not empty."""
    member = image(support, inputs)
    point = outputs(support, len(inputs))
    match which:
        case SetName.E:
            return member
        case SetName.COMPLEMENT:
            return negate(member)
        case SetName.CLOSURE:
            return closure_of(member, point)
        case SetName.FRONTIER:
            return And((closure_of(member, point), negate(member)))
        case SetName.SENTENCE:
            return frontier_sentence_of(member, point)


def _affine(
    mask: Mask,
    weights: dict[tuple[int, int], sympy.Symbol],
    biases: list[sympy.Symbol],
    values: list[sympy.Expr],
) -> list[sympy.Expr]:
    import sympy

    return [
        sympy.Add(biases[k], *(weights[k, j] * values[j] for j in bits(row)))
        for k, row in enumerate(mask.rows)
    ]


def _rectified(unit: sympy.Symbol, a: sympy.Expr) -> Formula:
    on = And((Atom(unit - a, Relation.EQ), Atom(a, Relation.GE)))
    off = And((Atom(unit, Relation.EQ), Atom(a, Relation.LE)))
    return Or((on, off))


def _weights(mask: Mask, number: int, digits: int) -> dict[tuple[int, int], sympy.Symbol]:
    return {
        (k, j): _symbol("w", digits, number, k + 1, j + 1)
        for k, row in enumerate(mask.rows)
        for j in bits(row)
    }


def _digits(support: Support, count: int) -> int:
    return len(str(max(count, len(support.factors), *support.shape, *support.inner)))


def _symbol(letter: str, digits: int, *numbers: int) -> sympy.Symbol:
    import sympy

    return sympy.Symbol(letter + "".join(f"{number:0{digits}d}" for number in numbers))


def _rational(value: Fraction) -> sympy.Expr:
    import sympy

    return sympy.Rational(value.numerator, value.denominator)
