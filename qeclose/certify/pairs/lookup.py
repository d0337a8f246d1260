"""Blocks with at most three terms, looked up in the classification instead of searched for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import final

from qeclose.algebra.curve import Curve
from qeclose.certify.pairs.obstructions import Found
from qeclose.certify.refute.confirm import Frontier
from qeclose.presolve import Reduction
from qeclose.presolve.empty import find_empty_terms
from qeclose.presolve.step import Step
from qeclose.presolve.twins import find_twins
from qeclose.problem import Problem
from qeclose.proof.ill_posed import CurveProof
from qeclose.proof.moving import moved_closed, moved_curve
from qeclose.proof.reading import closed_from_json, curve_from_json
from qeclose.proof.well_posed import Closed, RestrictionProof, drawn
from qeclose.support.bits import bits, bitset
from qeclose.table import RANKS, Entry, Match, find_match
from qeclose.table.types import relabelled

__all__ = ["Consulted", "consult"]


@final
@dataclass(slots=True)
class Consulted:
    """What the table says of a reduction.

    ``reduction`` is the same one, but no further reduced where the table settles a part; ``proofs`` are those of closedness
    by the ``id`` of the block; ``found`` is a frontier point, if the table has one.
    """

    reduction: Reduction
    proofs: dict[int, Closed] = field(default_factory=dict)
    found: Found | None = None

    @property
    def open_blocks(self) -> list[Reduction]:
        """The blocks without a proof."""
        return [block for block in self.reduction.blocks() if id(block) not in self.proofs]


def consult(reduction: Reduction) -> Consulted:
    """Look up every part of a reduction with open blocks that has at most three terms and nothing free in them."""
    work = _Work(reduction)
    consulted = Consulted(work.walk(reduction), work.proofs)
    if work.obstructed is not None:
        consulted.found = Found(consulted.reduction, *work.obstructed)
    return consulted


@final
class _Work:
    def __init__(self, root: Reduction) -> None:
        self.root = root
        self.proofs: dict[int, Closed] = {}
        self.obstructed: tuple[Reduction, Frontier] | None = None

    def walk(self, node: Reduction) -> Reduction:
        """The node, or what stands for it and each part of it that the table settles; ends at the first obstruction."""
        if self.obstructed is not None or not any(True for _ in node.blocks()):
            return node
        settled = self.look_up(node, (), node.before)
        if settled is None and node.steps:
            settled = self.look_up(node, node.steps, node.core)
        return settled or replace(node, summands=tuple(self.walk(part) for part in node.summands))

    def look_up(self, node: Reduction, steps: tuple[Step, ...], problem: Problem) -> Reduction | None:
        """The node with some of its steps only, if the table settles the problem that they leave."""
        if not _fits(problem):
            return None
        more, capped = _capped(problem)
        placed = _placed(capped)
        if placed is None:
            return None
        if placed.match.entry.closed:
            leaf = Reduction(node.before, (*steps, *more), capped)
            self.proofs[id(leaf)] = placed.restriction()
            return leaf
        origins = self.root.origins(capped.terms)
        if len(set(origins.values())) < len(origins):
            return None  # scaling one part of a user's term would scale the other
        # Of the problem only the obstruction counts.
        rows, columns = (bitset(line for line, _ in side) for side in (placed.rows, placed.columns))
        leaf = Reduction(node.before, (*steps, *more), capped.restricted(rows, columns))
        self.obstructed = leaf, placed.frontier(origins)
        return leaf


def _fits(problem: Problem) -> bool:
    terms = [term for term in problem.terms.values() if term.rows and term.columns]
    return len(terms) in RANKS and not any(
        problem.free.get(i, 0) & term.columns for term in terms for i in bits(term.rows)
    )


def _capped(problem: Problem) -> tuple[list[Step], Problem]:
    """The problem without empty terms (R1) and superfluous twins (R3), and the steps to it."""
    steps: list[Step] = []
    found: Sequence[Step]
    while found := find_empty_terms(problem) or find_twins(problem):
        for step in found:
            problem = step.apply(problem)
        steps += found
    return steps, problem


def _placed(problem: Problem) -> _Placed | None:
    """A capped problem with the entry that settles it, and which lines of the two are the same."""
    ids = sorted(problem.terms)
    lines = [_lines_by_type(view, ids) for view in (problem, problem.transposed)]
    rows, columns = ([kind for kind, alike in side.items() for _ in alike] for side in lines)
    match = find_match(rows, columns, len(ids))
    if match is None:
        return None
    entry = match.entry
    sides = (entry.columns, entry.rows) if match.turned else (entry.rows, entry.columns)
    pairs = [_paired(here, there, match.order) for here, there in zip(lines, sides, strict=True)]
    return _Placed(match, [ids[match.order.index(k)] for k in range(len(ids))], *pairs)


def _lines_by_type(problem: Problem, ids: Sequence[int]) -> dict[int, list[int]]:
    """The rows of each type, the terms being numbered in the order of ``ids``."""
    number = {id_: k for k, id_ in enumerate(ids)}
    found: dict[int, list[int]] = {}
    for i, meeting in sorted(problem.terms_of_row.items()):
        found.setdefault(sum(1 << number[id_] for id_ in meeting), []).append(i)
    return found


def _paired(
    here: Mapping[int, Sequence[int]], there: Sequence[int], order: Sequence[int]
) -> list[tuple[int, int]]:
    """Lines of the problem with equal lines of the entry, as many of each type as both have."""
    places: dict[int, list[int]] = {}
    for place, kind in enumerate(there):
        places.setdefault(kind, []).append(place)
    return sorted(
        pair
        for kind, lines in here.items()
        for pair in zip(lines, places.get(relabelled((kind,), order)[0], ()), strict=False)
    )


@final
@dataclass(frozen=True, slots=True)
class _Placed:
    """``ids[k]`` is term k of the entry; pairs of a line of the problem and one of the entry, turned if the match is."""

    match: Match
    ids: list[int]
    rows: list[tuple[int, int]]
    columns: list[tuple[int, int]]

    def restriction(self) -> RestrictionProof:
        """The problem is part of a closed entry."""
        proof, factors = _closed(self.match.entry), self.match.entry.support.factors
        if self.match.turned:
            entry = self.match.entry
            layers = [range(len(layer)) for layer in (entry.rows, self.ids, entry.columns)]
            proof = moved_closed(proof, layers, turned=True)
            factors = tuple(factor.transpose() for factor in reversed(factors))
        lines = tuple(self.rows), tuple(self.columns)
        return RestrictionProof(drawn(factors), tuple(self.ids), *lines, proof)

    def frontier(self, origins: Mapping[int, int]) -> Frontier:
        """The curve of an entry that is part of the problem, with zeros around it (R2)."""
        sides = (self.columns, self.rows) if self.match.turned else (self.rows, self.columns)
        # All lines of the entry are in the problem.
        rows, columns = (tuple(here for here, _ in sorted(side, key=lambda pair: pair[1])) for side in sides)
        terms = tuple(self.ids)
        origin = tuple(origins[id_] for id_ in self.ids)
        proof, turned = _curve(self.match.entry), self.match.turned
        curve, named = (
            moved_curve(proof, (rows, inner, columns), turned=turned) for inner in (terms, origin)
        )
        x, y = curve.entries()
        limits = Curve(x, {(j, k): value for (k, j), value in y.items()})
        return Frontier(curve.limit(), limits, named.refutation)


@cache
def _curve(entry: Entry) -> CurveProof:
    return curve_from_json(entry.proof)


@cache
def _closed(entry: Entry) -> Closed:
    return closed_from_json(entry.proof)
