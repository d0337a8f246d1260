"""Decide a chain of more than two factors by theorems alone, with a certificate either way (docs/chains.md)."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, final

from qeclose.certify.certificate import sign
from qeclose.certify.chain_curves import ChainFrontier, find_chain_frontier
from qeclose.certify.chain_parts import sub_chains
from qeclose.certify.chain_refutation import refute_chain
from qeclose.certify.merging import Factor, Merge, merges, unmerge
from qeclose.certify.orthogonal import live_part, prove_orthogonal
from qeclose.certify.search import Certified, certify
from qeclose.support import Mask, Support

__all__ = ["CertifiedChain", "LeftChain", "certify_chain"]

_MAX_SEQUENCES = 60
"""Ways to merge factors that are tried."""
_MERGE_SHARE = 0.5
_ROUNDS = (2, 6, 20, 60)
"""Random curves a sub-chain, round by round."""


@final
@dataclass(frozen=True, slots=True)
class CertifiedChain:
    """A decision with its certificate; ``point`` and ``factors`` are set when E is not closed.

    ``reason`` is one sentence; ``point`` holds the nonzero entries of A, ``factors`` those of X₁(t), …, X_L(t).
    """

    certificate: dict[str, Any]
    reason: str
    point: Mapping[tuple[int, int], Fraction] = field(default_factory=dict)
    factors: tuple[Factor, ...] = ()

    @property
    def closed(self) -> bool:
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
        reason = "the factors can be orthogonalised towards one of them, so they stay bounded"
        return CertifiedChain(sign(support, "well-posed", proof), reason)
    merge_until = time.monotonic() + _MERGE_SHARE * (deadline - time.monotonic())
    shortest = masks
    for taken, merged in _merged_chains(masks, merge_until):
        shortest = min(shortest, merged, key=len)
        settled = _by_merging(support, masks, taken, merged, merge_until, seed, table)
        if settled is not None:
            return settled
    frontier = _search(masks, random.Random(seed), deadline)
    if frontier is not None:
        return _ill_posed(support, frontier)
    return LeftChain(Support.of_factors(shortest, name=support.name, source=support.source))


def _merged_chains(
    masks: Sequence[Mask], until: float
) -> Iterator[tuple[tuple[Merge, ...], tuple[Mask, ...]]]:
    """Chains with the same E by merges, each with the merges that lead to it; each chain once."""
    pending: list[tuple[tuple[Merge, ...], tuple[Mask, ...]]] = [((), tuple(masks))]
    seen = {tuple(masks)}
    while pending and len(seen) <= _MAX_SEQUENCES and time.monotonic() < until:
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
    names = f"{len(taken)} merge(s) of factors whose products fill a support"
    proof = prove_orthogonal(merged)
    if proof is None and len(merged) == 2:
        settled = certify(Support.of_factors(merged), deadline=until, seed=seed, table=table)
        if not isinstance(settled, Certified):
            return None
        if settled.curve is not None:
            return _unmerged(support, masks, taken, settled)
        proof = settled.certificate["proof"]
    if proof is None:
        return None
    whole = {"kind": "merged", "merges": [merge.to_json() for merge in taken], "proof": proof}
    return CertifiedChain(sign(support, "well-posed", whole), f"{names} leave a chain with a closed set E")


def _unmerged(
    support: Support, masks: Sequence[Mask], taken: Sequence[Merge], settled: Certified
) -> CertifiedChain | None:
    """The witness of the merged pair as one of the chain."""
    curve = settled.curve
    assert curve is not None
    factors: list[Factor] = [curve.x, {(k, j): value for (j, k), value in curve.y.items()}]
    for merge in reversed(taken):
        factors[merge.at : merge.at + 1] = unmerge(merge, factors[merge.at])
    positions = settled.certificate["proof"]["refutation"]["positions"]
    rows, columns = sorted({i for i, _ in positions}), sorted({j for _, j in positions})
    refutation = refute_chain(masks, settled.point, rows, columns)
    if refutation is None:
        return None
    return _ill_posed(support, ChainFrontier(settled.point, tuple(factors), refutation))


def _search(masks: Sequence[Mask], rng: random.Random, deadline: float) -> ChainFrontier | None:
    harmless: set[tuple[Mask, ...]] = set()
    for tries in _ROUNDS:
        tried: set[tuple[Mask, ...]] = set()
        for part in sub_chains(masks, rng):
            if time.monotonic() > deadline:
                return None
            if part.masks in harmless or part.masks in tried:
                continue
            tried.add(part.masks)
            if not all(mask.nnz for mask in part.masks) or prove_orthogonal(part.masks) is not None:
                harmless.add(part.masks)
                continue
            found = find_chain_frontier(part.masks, rng, tries=tries, deadline=deadline)
            if found is None:
                continue
            rows, columns = part.layers[0], part.layers[-1]
            point = {(rows[i], columns[j]): value for (i, j), value in found.point.items()}
            refutation = refute_chain(masks, point, rows, columns)
            if refutation is not None:
                return ChainFrontier(point, part.lift(found.factors), refutation)
    return None


def _ill_posed(support: Support, frontier: ChainFrontier) -> CertifiedChain:
    proof = {
        "kind": "curve",
        "point": [[i, j, str(value)] for (i, j), value in sorted(frontier.point.items())],
        "factors": [
            [
                [i, j, [[e, str(series[e])] for e in sorted(series)]]
                for (i, j), series in sorted(factor.items())
                if series
            ]
            for factor in frontier.factors
        ],
        "refutation": frontier.refutation,
    }
    reason = "a curve of products tends to a matrix that is no product"
    return CertifiedChain(sign(support, "ill-posed", proof), reason, frontier.point, frontier.factors)
