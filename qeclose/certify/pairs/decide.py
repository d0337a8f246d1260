"""Decide a two-factor support by theorems alone, with a certificate either way."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, final

from qeclose.algebra.curve import Curve
from qeclose.certify.certificate import closedness_proof, curve_proof, limit_point
from qeclose.certify.effort import PAIR_ROUNDS, PAIRS
from qeclose.certify.pairs.block import settle, tractable
from qeclose.certify.pairs.lookup import Consulted, consult
from qeclose.certify.pairs.obstructions import Found, Scan
from qeclose.presolve import Reduction, reduce
from qeclose.presolve.step import Step
from qeclose.problem import OutOfTime, Problem, time_limit
from qeclose.proof.certificate import sign
from qeclose.proof.ill_posed import CurveProof
from qeclose.proof.well_posed import Closed, left_by_reductions
from qeclose.support import Support
from qeclose.table import RANKS

__all__ = ["Certified", "Left", "Obstruction", "certify"]


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
    """A decision with its proof; the last three fields are set when E is not closed.

    ``steps`` are the presolve steps the proof uses; ``point`` holds the nonzero entries of A.
    """

    support: Support
    proof: CurveProof | Closed
    steps: tuple[Step, ...]
    obstruction: Obstruction | None = None
    point: Mapping[tuple[int, int], Fraction] = field(default_factory=dict)
    curve: Curve | None = None

    @property
    def certificate(self) -> dict[str, Any]:
        """The certificate of docs/certificates.md."""
        return sign(self.support, "well-posed" if self.closed else "ill-posed", self.proof)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the proof consists of, beside reductions."""
        proof = self.proof
        leaves = (proof,) if isinstance(proof, CurveProof) else left_by_reductions(proof)
        return tuple(sorted({leaf.kind for leaf in leaves}))

    @property
    def closed(self) -> bool:
        """Whether E is closed: there is no curve to a frontier point."""
        return self.curve is None


@final
@dataclass(frozen=True, slots=True)
class Left:
    """What could not be settled: the reduction, its blocks that are still open, and in words what was left to try."""

    reduction: Reduction
    open_blocks: tuple[Reduction, ...]
    untried: tuple[str, ...]


def certify(
    support: Support, *, deadline: float, seed: int = 0, table: bool = True, sub_masks: bool = True
) -> Certified | Left:
    """Settle a two-factor support by ``deadline`` (a value of ``time.monotonic``), or say what is left.

    ``table`` False: blocks with at most three terms are searched like all others, not looked up in the classification.
    ``sub_masks`` False: no ill-posed sub-mask is looked for, since the caller knows that there is none.
    Raises ``ValueError`` unless the support has two factors.
    """
    problem = Problem.of(support)
    scan = Scan(problem, seed)
    scan_until = time.monotonic() + PAIRS.scan_share * (deadline - time.monotonic()) if sub_masks else 0.0
    known = Consulted(Reduction(problem, (), problem, finished=False))
    with time_limit(deadline):
        try:
            small = _small(problem)
            found = None if small else scan.run(scan_until, PAIRS.before_presolve)
            if found is None:
                known = Consulted(reduce(problem))
                known = consult(known.reduction) if table else known
                found = known.found
                if found is None and small and known.open_blocks:
                    found = scan.run(scan_until)
            if found is None:
                return _by_blocks(support, known, scan, deadline, deadline if sub_masks else 0.0)
            return _ill_posed(support, found)
        except OutOfTime:
            return _left(known, scan, 0)


def _small(problem: Problem) -> bool:
    """Whether presolve is so quick that it comes before the search for obstructions."""
    if len(problem.terms) in RANKS:
        return True  # twin capping makes a small one of it
    return sum(columns.bit_count() for columns in problem.rows.values()) <= PAIRS.quickly_presolved


def _by_blocks(
    support: Support, known: Consulted, scan: Scan, deadline: float, scan_until: float
) -> Certified | Left:
    reduction, proofs = known.reduction, known.proofs
    left = known.open_blocks
    for done, effort in enumerate(PAIR_ROUNDS):
        unsettled = []
        for block in left:
            if time.monotonic() > deadline:
                return _left(known, scan, done)
            origin = reduction.origins(block.core.terms)
            settled = settle(block.core, origin, effort, seed=scan.seed, deadline=deadline)
            if settled is None:
                unsettled.append(block)
            elif settled.frontier is not None:
                return _ill_posed(support, Found(reduction, block, settled.frontier))
            elif settled.closed is not None:
                proofs[id(block)] = settled.closed
        left = unsettled
        if not left:
            return Certified(support, closedness_proof(reduction, proofs), tuple(reduction.all_steps()))
    found = scan.run(scan_until)
    return _left(known, scan, len(PAIR_ROUNDS)) if found is None else _ill_posed(support, found)


def _left(known: Consulted, scan: Scan, done: int) -> Left:
    """After so many of the rounds."""
    blocks = tuple(known.open_blocks)
    untried = []
    if not scan.finished:
        untried.append("more sub-masks")
    if not known.reduction.complete:
        untried.append("the rest of presolve")
    if done < len(PAIR_ROUNDS) and any(tractable(block.core) for block in blocks):
        untried.append(f"{len(PAIR_ROUNDS) - done} of {len(PAIR_ROUNDS)} rounds of curves and covers")
    return Left(known.reduction, blocks, tuple(untried))


def _ill_posed(support: Support, found: Found) -> Certified:
    curve = found.curve
    obstruction = Obstruction(*found.place)
    proof = curve_proof(curve, found.refutation, support.free)
    steps = tuple(found.reduction.all_steps())
    return Certified(support, proof, steps, obstruction, limit_point(curve, support.free), curve)
