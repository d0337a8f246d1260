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
from qeclose.certify.tabled import Consulted, consult
from qeclose.presolve import Curve, Problem, Reduction, reduce
from qeclose.presolve.step import Step
from qeclose.support import Support
from qeclose.table import RANKS

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


def certify(support: Support, *, deadline: float, seed: int = 0, table: bool = True) -> Certified | Left:
    """Settle a two-factor support by ``deadline`` (a value of ``time.monotonic``), or say what is left.

    ``table`` False: blocks with at most three terms are searched like all others, not looked up in the classification.
    Raises ``ValueError`` unless the support has two factors.
    """
    problem = Problem.of(support)
    scan_until = time.monotonic() + _SCAN_SHARE * (deadline - time.monotonic())
    small = _small(problem)
    found = None if small else Scan(seed).run(problem, scan_until)
    if found is None:
        reduction = reduce(problem)
        known = consult(reduction) if table else Consulted(reduction)
        found = known.found
        if found is None and small and known.open_blocks:
            found = Scan(seed).run(problem, scan_until)
        if found is None:
            return _by_blocks(support, known, seed, deadline)
    return _ill_posed(support, found)


def _small(problem: Problem) -> bool:
    """Whether presolve is so quick that it comes before the search for obstructions."""
    if len(problem.terms) in RANKS:
        return True  # twin capping makes a small one of it
    return sum(columns.bit_count() for columns in problem.rows.values()) <= 10_000


def _by_blocks(support: Support, known: Consulted, seed: int, deadline: float) -> Certified | Left:
    reduction, proofs = known.reduction, known.proofs
    left = known.open_blocks
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
    curve = found.curve
    obstruction = Obstruction(*found.place)
    certificate = sign(support, "ill-posed", curve_proof(curve, found.refutation))
    steps = tuple(found.reduction.all_steps())
    return Certified(certificate, steps, ("curve",), obstruction, limit_point(curve), curve)
