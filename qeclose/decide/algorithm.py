"""What else a verdict tells of a mask: an algorithm for the optimum, and how many matrices have none."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from qeclose.decide.effort import ALGORITHM
from qeclose.presolve.classes import is_solved_by_svd, keeping_reduction, single_class
from qeclose.problem import tick
from qeclose.supervise.clock import OutOfTime, time_limit
from qeclose.support.bits import bits
from qeclose.support.kronecker import chainable_patterns

if TYPE_CHECKING:
    from qeclose.problem import Problem
    from qeclose.support.model import Support

__all__ = ["algorithm", "is_thin"]


def algorithm(support: Support) -> str | None:
    """The name "svd" if truncated SVDs solve the problem (theorem A), "butterfly" for chainable chains, None if none is known.

    Also None if time runs out.
    """
    try:
        if len(support.factors) == 2:
            return "svd" if is_solved_by_svd(keeping_reduction(support)) else None
        return "butterfly" if chainable_patterns(support) is not None else None
    except OutOfTime:
        return None


def is_thin(support: Support, *, seconds: float = ALGORITHM.seconds) -> bool:
    """Whether the matrices without an optimum are proved to have measure zero; False says nothing.

    *Theorem.* R1 and R4–R7 make E + R^W a product of blocks, and A has an optimum if its part in every block has one. A block
    is harmless if it is closed, as theorem A's are, or if a generic matrix on its positions has factors that are rational
    functions of its entries: then the block is everything outside a proper algebraic subset, which has measure zero. If all
    blocks are harmless, the matrices without an optimum lie in a finite union of cylinders over such subsets. Two factors only.
    """
    if len(support.factors) != 2:
        return False
    until = time.monotonic() + seconds
    try:
        with time_limit(until):
            reduction = keeping_reduction(support)
            if not reduction.complete:
                return False
            cores = [block.core for block in reduction.blocks()]
            return all(single_class(core) or _is_generically_full(_peeled(core), until) for core in cores)
    except OutOfTime:
        return False


def _peeled(core: Problem) -> Problem:
    """The block without terms that a generic matrix gives away one after the other, as Gaussian elimination does.

    *Theorem.* Let term k alone cover what it covers in one of its rows i and in one of its columns j, none of it in W, and let it
    cover nothing else outside W alone. For a_ij ≠ 0 it is known: x_k is column j of A, y_k row i divided by a_ij. What is left,
    A − x_k y_kᵀ on the positions of the other terms, is as generic as A, since row i and column j of k are not among them.
    """
    while True:
        tick()
        known = next((k for k in core.terms if _gives_away(core, k)), None)
        if known is None or len(core.terms) == 1:
            return core
        core = core.part(k for k in core.terms if k != known)


def _gives_away(core: Problem, k: int) -> bool:
    """Whether the theorem says so of term k."""
    term = core.terms[k]
    others = [t for l, t in core.terms.items() if l != k]
    alone: dict[int, int] = {}
    for i in bits(term.rows):
        shared = core.free.get(i, 0)
        for other in others:
            shared |= other.columns if other.rows >> i & 1 else 0
        alone[i] = term.columns & ~shared
    rows = {i for i, columns in alone.items() if columns == term.columns}
    in_all = term.columns
    for mine in alone.values():
        in_all &= mine
    # Column j is in all of them: outside row i there must be nothing but j.
    broad = {i for i, columns in alone.items() if columns.bit_count() > 1}
    return bool(in_all) and bool(rows) and (not broad or (len(broad) == 1 and broad <= rows))


def _is_generically_full(core: Problem, until: float) -> bool:
    """Whether factors of a generic matrix on the positions of the block were found, as rational functions of its entries."""
    from qeclose.algebra.modular import PRIME
    from qeclose.algebra.system import System
    from qeclose.certify.cover.generic import Draws
    from qeclose.certify.cover.normalisations import Plans
    from qeclose.certify.cover.rank_variety import is_dense

    positions = list(core.positions())
    if len(positions) > ALGORITHM.largest_block:
        return False
    rng = random.Random(0)
    draws = Draws(core, rng)
    if not is_dense(draws.ring, tuple(draws.sums.values()), ()):
        return False
    point = {place: rng.randrange(1, PRIME) for place in positions}
    planned = [
        first for _, first in Plans(core, draws.ring, rng).best([point], ALGORITHM.plans, ALGORITHM.kept)
    ]
    for first in (*planned, *(None for _ in range(ALGORITHM.patience))):
        if time.monotonic() > until:
            return False
        if draws.draw(System(draws.ring, ()), draws.goal, first) is not None:
            return True
    return False
