"""Decide a two-factor support by theorems alone, with a certificate either way."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, final

from qeclose.certify.certificate import closedness_proof, curve_proof, limit_point, sign
from qeclose.certify.frontier import Frontier
from qeclose.certify.obstruction import signature, sub_masks
from qeclose.certify.settle import ROUNDS, settle
from qeclose.presolve import Curve, Problem, Reduction, reduce
from qeclose.presolve.step import Step
from qeclose.support import Support

__all__ = ["Certified", "Left", "Obstruction", "certify"]

_SCAN_SHARE = 0.3
"""The share of the time that the search for small ill-posed sub-masks may take before presolve has its turn."""


@final
@dataclass(frozen=True, slots=True)
class Obstruction:
    """Where an ill-posed block sits, in the user's indices."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    terms: tuple[int, ...]


@final
@dataclass(frozen=True, slots=True)
class Certified:
    """A decision with its certificate; the last three fields are set when E is not closed.

    ``steps`` are the presolve steps the proof uses; ``point`` holds the nonzero entries of A.
    """

    certificate: dict[str, Any]
    steps: tuple[Step, ...]
    kinds: tuple[str, ...] = ()
    obstruction: Obstruction | None = None
    point: Mapping[tuple[int, int], Fraction] = field(default_factory=dict)
    curve: Curve | None = None

    @property
    def closed(self) -> bool:
        return self.curve is None


@final
@dataclass(frozen=True, slots=True)
class Left:
    """What could not be settled: the reduction, and its blocks that are still open."""

    reduction: Reduction
    open_blocks: tuple[Reduction, ...]


def certify(support: Support, *, deadline: float, seed: int = 0) -> Certified | Left:
    """Settle a two-factor support by ``deadline`` (a value of ``time.monotonic``), or say what is left.

    Raises ``ValueError`` unless the support has two factors.
    """
    problem = Problem.of(support)
    scan = _Scan(seed)
    scan_until = time.monotonic() + _SCAN_SHARE * (deadline - time.monotonic())
    reduction = reduce(problem) if _small(problem) else None
    if reduction is None or any(True for _ in reduction.blocks()):
        found = scan.run(problem, scan_until)
        if found is not None:
            return _ill_posed(support, found)
    if reduction is None:
        reduction = reduce(problem)
    return _by_blocks(support, reduction, seed, deadline)


def _small(problem: Problem) -> bool:
    """Whether presolve is so quick that it comes before the search for obstructions."""
    return sum(columns.bit_count() for columns in problem.rows.values()) <= 10_000


def _by_blocks(support: Support, reduction: Reduction, seed: int, deadline: float) -> Certified | Left:
    proofs: dict[int, dict[str, Any]] = {}
    left = list(reduction.blocks())
    for effort in ROUNDS:
        unsettled = []
        for block in left:
            origin = reduction.origins(block.core.terms)
            settled = settle(block.core, origin, effort, seed=seed, deadline=deadline)
            if settled is None:
                unsettled.append(block)
            elif settled.frontier is not None:
                return _ill_posed(support, _Found(reduction, block, settled.frontier))
            elif settled.closed is not None:
                proofs[id(block)] = settled.closed
        left = unsettled
        if not left:
            kinds = tuple(sorted({proof["kind"] for proof in proofs.values()}))
            certificate = sign(support, "well-posed", closedness_proof(reduction, proofs))
            return Certified(certificate, tuple(reduction.all_steps()), kinds)
        if time.monotonic() > deadline:
            break
    return Left(reduction, tuple(left))


@final
@dataclass(frozen=True, slots=True)
class _Found:
    reduction: Reduction
    block: Reduction
    frontier: Frontier


class _Scan:
    """The search for a small ill-posed sub-mask; what is known of one sub-mask is remembered by its signature."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.harmless: set[tuple[object, ...]] = set()

    def run(self, problem: Problem, until: float) -> _Found | None:
        for rows, columns in sub_masks(problem, random.Random(self.seed)):
            if time.monotonic() > until:
                return None
            part = problem.restricted(rows, columns)
            kind = signature(part)
            if kind in self.harmless or part.terms == problem.terms:
                continue
            found = self._ask(part, until)
            if found is not None:
                return found
            self.harmless.add(kind)
        return None

    def _ask(self, part: Problem, until: float) -> _Found | None:
        reduction = reduce(part)
        for block in reduction.blocks():
            origin = reduction.origins(block.core.terms)
            settled = settle(block.core, origin, ROUNDS[0], seed=self.seed, deadline=until)
            if settled is not None and settled.frontier is not None:
                return _Found(reduction, block, settled.frontier)
        return None


def _ill_posed(support: Support, found: _Found) -> Certified:
    curve = found.reduction.lift(found.block, found.frontier.curve)
    core = found.block.core
    obstruction = Obstruction(
        tuple(sorted(i for i, columns in core.rows.items() if columns)),
        tuple(sorted(j for j, rows in core.transposed.rows.items() if rows)),
        tuple(sorted(set(found.reduction.origins(core.terms).values()))),
    )
    certificate = sign(support, "ill-posed", curve_proof(curve, found.frontier.refutation))
    steps = tuple(found.reduction.all_steps())
    return Certified(certificate, steps, ("curve",), obstruction, limit_point(curve), curve)
