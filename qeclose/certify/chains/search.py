"""A frontier point of a chain through one of its parts (docs/theory.md#r2), small parts first."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import final

from qeclose.certify.chains.subchains import SubChain, sub_chains
from qeclose.certify.compact.chain import prove_orthogonal
from qeclose.certify.cover.chain import explore_chain, is_dense
from qeclose.certify.effort import SUB_CHAINS, Effort
from qeclose.certify.frontier.chain_curves import find_chain_frontier
from qeclose.certify.refute.chain import ChainFrontier, refute_chain
from qeclose.support import Mask

__all__ = ["PartSearch"]


@final
class PartSearch:
    """The search with growing effort; parts known to be closed are not asked again."""

    def __init__(self, masks: Sequence[Mask], rng: random.Random, deadline: float) -> None:
        self._masks = masks
        self._rng = rng
        self._deadline = deadline
        self._harmless: set[tuple[Mask, ...]] = set()

    def run(self, effort: Effort) -> ChainFrontier | None:
        """A frontier point of the whole chain, or None."""
        tried: set[tuple[Mask, ...]] = set()
        for part in sub_chains(self._masks, self._rng):
            if time.monotonic() > self._deadline:
                return None
            if part.masks in self._harmless or part.masks in tried:
                continue
            tried.add(part.masks)
            if not all(mask.nnz for mask in part.masks) or prove_orthogonal(part.masks) is not None:
                self._harmless.add(part.masks)
                continue
            found = self._find(part, effort)
            frontier = None if found is None else self._lifted(part, found)
            if frontier is not None:
                return frontier
        return None

    def _find(self, part: SubChain, effort: Effort) -> ChainFrontier | None:
        found = find_chain_frontier(part.masks, self._rng, tries=effort.curves, deadline=self._deadline)
        if found is not None or not is_dense(part.masks):
            return found
        explored = explore_chain(
            part.masks,
            self._rng,
            regions=SUB_CHAINS.regions,
            patience=SUB_CHAINS.patience,
            deadline=self._deadline,
        )
        if explored is None or isinstance(explored, ChainFrontier):
            return explored
        self._harmless.add(part.masks)
        return None

    def _lifted(self, part: SubChain, found: ChainFrontier) -> ChainFrontier | None:
        """The frontier point of a part, with zeros elsewhere."""
        rows, columns = part.layers[0], part.layers[-1]
        point = {(rows[i], columns[j]): value for (i, j), value in found.point.items()}
        refutation = refute_chain(self._masks, point, rows, columns)
        if refutation is None:
            return None
        return ChainFrontier(point, part.lift(found.factors), refutation)
