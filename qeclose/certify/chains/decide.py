"""Decide a chain of more than two factors by theorems alone, with a certificate either way (docs/chains.md)."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, final

from qeclose.certify.chains.merging import Factor, Merge, merges, unmerge
from qeclose.certify.chains.search import PartSearch
from qeclose.certify.compact.chain import live_part, prove_orthogonal
from qeclose.certify.cover.chain import explore_chain, is_dense
from qeclose.certify.effort import CHAIN_ROUNDS, CHAINS, Effort
from qeclose.certify.pairs.decide import Certified, certify
from qeclose.certify.refute.chain import ChainFrontier, Point, refute_chain
from qeclose.proof import MaskProof
from qeclose.proof.certificate import sign
from qeclose.proof.ill_posed import CurveProof, refuted_lines
from qeclose.proof.well_posed import Closed, MergedProof, OrthogonalChainProof
from qeclose.support import Mask, Support
from qeclose.support.phrase import counted

__all__ = ["CertifiedChain", "LeftChain", "certify_chain"]


_OUTCOMES = {
    "full-space": "every matrix with the support of the products is a product",
    "variety": "every matrix with the support of the products and ranks as low as theirs is a product",
}
_Merged = tuple[tuple[Merge, ...], tuple[Mask, ...]]
"""The merges that lead to a chain with the same E, and that chain."""


@final
@dataclass(frozen=True, slots=True)
class CertifiedChain:
    """A decision with its proof; ``point`` and ``factors`` are set when E is not closed.

    ``reason`` is one sentence; ``point`` holds the nonzero entries of A, ``factors`` those of X₁(t), …, X_L(t).
    """

    support: Support
    proof: MaskProof
    reason: str
    point: Mapping[tuple[int, int], Fraction] = field(default_factory=dict)
    factors: tuple[Factor, ...] = ()

    @property
    def certificate(self) -> dict[str, Any]:
        """The certificate of docs/certificates.md."""
        return sign(self.support, "well-posed" if self.closed else "ill-posed", self.proof)

    @property
    def closed(self) -> bool:
        """Whether E is closed: there is no curve to a frontier point."""
        return not self.factors


@final
@dataclass(frozen=True, slots=True)
class LeftChain:
    """No theorem here settles the chain. ``shortest`` is the shortest chain with the same set E that was found."""

    shortest: Support


def certify_chain(
    support: Support, *, deadline: float, seed: int = 0, table: bool = True
) -> CertifiedChain | LeftChain:
    """Settle a support of any number of factors by ``deadline`` (a value of ``time.monotonic``), or say what is left.

    ``table`` is that of ``certify``, for pairs that merging leaves.
    """
    masks = live_part(support.factors)
    proof = prove_orthogonal(masks)
    if proof is not None:
        reason = "the factors can be made orthogonal towards one of them, so they stay bounded"
        return CertifiedChain(support, proof, reason)
    merge_until = time.monotonic() + CHAINS.merge_share * (deadline - time.monotonic())
    shortest: _Merged = (), masks
    for taken, merged in _merged_chains(masks, merge_until):
        shortest = min(shortest, (taken, merged), key=lambda chain: len(chain[1]))
        settled = _by_merging(support, masks, taken, merged, merge_until, seed, table)
        if settled is not None:
            return settled
    rng = random.Random(seed)
    search = PartSearch(masks, rng, deadline)
    dense = len(shortest[1]) > 2 and is_dense(shortest[1])
    for effort in CHAIN_ROUNDS:
        settled = _by_exploring(support, masks, shortest, effort, rng, deadline) if dense else None
        if settled is not None:
            return settled
        frontier = search.run(effort)
        if frontier is not None:
            return _ill_posed(support, frontier)
    return LeftChain(Support.of_factors(shortest[1], name=support.name, source=support.source))


def _merged_chains(masks: Sequence[Mask], until: float) -> Iterator[_Merged]:
    """Chains with the same E by merges; each chain once."""
    pending: list[_Merged] = [((), tuple(masks))]
    seen = {tuple(masks)}
    while pending and len(seen) <= CHAINS.sequences and time.monotonic() < until:
        taken, chain = pending.pop(0)
        if len(chain) == 2:
            continue
        for merge in merges(chain):
            merged = live_part(merge.apply(chain))
            if merged not in seen:
                seen.add(merged)
                pending.append(((*taken, merge), merged))
                yield pending[-1]


def _by_merging(
    support: Support,
    masks: Sequence[Mask],
    taken: Sequence[Merge],
    merged: tuple[Mask, ...],
    until: float,
    seed: int,
    table: bool,
) -> CertifiedChain | None:
    proof: Closed | OrthogonalChainProof | None = prove_orthogonal(merged)
    if proof is None and len(merged) == 2:
        settled = certify(Support.of_factors(merged), deadline=until, seed=seed, table=table)
        if not isinstance(settled, Certified):
            return None
        if settled.curve is not None and isinstance(settled.proof, CurveProof):
            x, y = settled.curve.x, {(k, j): value for (j, k), value in settled.curve.y.items()}
            lines = refuted_lines(settled.proof.refutation)
            return _unmerged(support, masks, taken, settled.point, (x, y), *lines)
        assert not isinstance(settled.proof, CurveProof)
        proof = settled.proof
    return (
        None if proof is None else _closed(support, taken, proof, "the chain they leave has a closed set E")
    )


def _by_exploring(
    support: Support,
    masks: Sequence[Mask],
    shortest: _Merged,
    effort: Effort,
    rng: random.Random,
    deadline: float,
) -> CertifiedChain | None:
    """A chain whose products are dense: they are everything, or something is a frontier point."""
    taken, chain = shortest
    for _ in range(effort.explorations):
        if time.monotonic() > deadline:
            return None
        found = explore_chain(chain, rng, regions=effort.regions, patience=effort.patience, deadline=deadline)
        if isinstance(found, ChainFrontier):
            settled = _unmerged(support, masks, taken, found.point, found.factors)
            if settled is not None:
                return settled
        elif found is not None:
            return _closed(support, taken, found, _OUTCOMES[found.kind])
    return None


def _closed(
    support: Support, taken: Sequence[Merge], proof: Closed | OrthogonalChainProof, outcome: str
) -> CertifiedChain:
    if not taken:
        return CertifiedChain(support, proof, outcome)
    whole = MergedProof(tuple([merge.listed() for merge in taken]), proof)
    names = f"after {counted(len(taken), 'merge')} of factors whose products fill a support"
    return CertifiedChain(support, whole, f"{names}, {outcome}")


def _unmerged(
    support: Support,
    masks: Sequence[Mask],
    taken: Sequence[Merge],
    point: Point,
    merged: Sequence[Factor],
    rows: Sequence[int] = (),
    columns: Sequence[int] = (),
) -> CertifiedChain | None:
    """The witness of a merged chain, refuted on these lines if any are given, as one of the chain itself."""
    factors: list[Factor] = list(merged)
    for merge in reversed(taken):
        factors[merge.at : merge.at + 1] = unmerge(merge, factors[merge.at])
    refutation = refute_chain(masks, point, rows, columns)
    if refutation is None:
        return None
    return _ill_posed(support, ChainFrontier(point, tuple(factors), refutation))


def _ill_posed(support: Support, frontier: ChainFrontier) -> CertifiedChain:
    proof = CurveProof.of(frontier.point, frontier.factors, frontier.refutation)
    reason = "products come as near as one likes to a matrix that is no such product"
    return CertifiedChain(support, proof, reason, frontier.point, frontier.factors)
