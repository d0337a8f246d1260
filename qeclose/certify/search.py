"""Decide a two-factor support by theorems alone, with a certificate either way."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, final

from qeclose.certify.certificate import closedness_proof, curve_proof, limit_point, sign
from qeclose.certify.scan import Found, Scan
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
    scan = Scan(seed)
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
                return _ill_posed(support, Found(reduction, block, settled.frontier))
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


def _ill_posed(support: Support, found: Found) -> Certified:
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
