"""An existential sentence as a disjunction of sentences in fewer variables, by linear algebra.

∃v ⋀ (a₁ ∨ a₂ ∨ …) is the disjunction over all choices of one atom from each of its disjunctions; in each the variables that occur
linearly are solved for (``linear``). Where the cost of a question grows doubly exponentially with its variables, as that of
cylindrical algebraic decomposition does, many small questions are cheaper than a large one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from qeclose.formula.language import FALSE, TRUE, And, Atom, Exists, Formula, Or
from qeclose.formula.linear import eliminate_linear
from qeclose.formula.normal_forms import prenex_parts
from qeclose.formula.symbols import all_symbols, substitute

if TYPE_CHECKING:
    import sympy

__all__ = ["existential_parts"]

_CHOICES = 64
_PARTS = 40


def existential_parts(sentence: Formula, tick: Callable[[], None]) -> tuple[Formula, ...] | None:
    """Existential sentences of which at least one is true if and only if ``sentence`` is, each in fewer variables.

    None if the sentence is of another shape (existential, a conjunction of atoms and of disjunctions of atoms), if there
    would be too many parts, if some part has no fewer variables, or if linear algebra alone decides the sentence.
    Raises what ``tick`` raises.
    """
    prefix, matrix = prenex_parts(sentence)
    if any(kind != "exists" for kind, _ in prefix):
        return None
    conjuncts = matrix.arguments if isinstance(matrix, And) else (matrix,)
    choices = [c.arguments if isinstance(c, Or) else (c,) for c in conjuncts]
    if not all(isinstance(atom, Atom) for choice in choices for atom in choice):
        return None
    if prod(map(len, choices)) > _CHOICES:
        return None
    count = len(all_symbols(matrix))
    bound = tuple(symbol for _, block in prefix for symbol in block)
    parts: dict[Formula, None] = {}
    for chosen in product(*choices):
        left = eliminate_linear(Exists(bound, And(chosen)), tick, most_cases=_PARTS * _PARTS)
        if left is None or left == TRUE:
            return None
        pieces = left.arguments if isinstance(left, Or) else (left,)
        parts.update(dict.fromkeys(_renamed(piece, bound) for piece in pieces if piece != FALSE))
        if len(parts) > _PARTS or any(len(all_symbols(piece)) >= count for piece in pieces):
            return None
    return _weakest(tuple(parts)) or None


def _renamed(piece: Formula, names: Sequence[sympy.Symbol]) -> Formula:
    """The sentence with its variables called by the first of ``names``, in their order: many parts become the same."""
    if not isinstance(piece, Exists):
        return piece
    new = dict(zip(piece.variables, names, strict=False))
    return Exists(tuple(new.values()), substitute(piece.body, new))


def _weakest(parts: Sequence[Formula]) -> tuple[Formula, ...]:
    """The parts without those that imply another, having all its atoms."""
    atoms = [_atoms(part) for part in parts]
    return tuple(
        part for part, own in zip(parts, atoms, strict=True) if not any(other < own for other in atoms)
    )


def _atoms(part: Formula) -> frozenset[Formula]:
    body = part.body if isinstance(part, Exists) else part
    return frozenset(body.arguments if isinstance(body, And) else (body,))
