"""Masks that truncated singular value decompositions solve (theorem A, docs/fit.md)."""

from __future__ import annotations

from qeclose.presolve.fixpoint import Reduction, reduce
from qeclose.problem import Problem
from qeclose.support import Support
from qeclose.support.bits import bits

__all__ = ["is_solved_by_svd", "keeping_reduction", "single_class"]


def keeping_reduction(support: Support) -> Reduction:
    """The mask reduced by the rules that keep the set of products."""
    return reduce(Problem.of(support), keep_set=True)


def single_class(core: Problem) -> bool:
    """Whether a block is s terms with one rectangle that has no free position: then an SVD solves it."""
    rectangles = set(core.terms.values())
    if len(rectangles) != 1:
        return False
    (rectangle,) = rectangles
    return not any(rectangle.columns & core.free.get(i, 0) for i in bits(rectangle.rows))


def is_solved_by_svd(reduction: Reduction) -> bool:
    """Whether theorem A applies: every block that is left is such a class."""
    return reduction.complete and all(single_class(block.core) for block in reduction.blocks())
