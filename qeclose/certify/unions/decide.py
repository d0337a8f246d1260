"""Cardinality constraints: is the union of E(I, J) over the supports that keep the bounds closed?

*Closed* if rules say so at any size, or if each member is either closed itself or has its closure inside the union. Members that
differ by a symmetry of the bounds are looked at once. *Not closed* if some point of the frontier of a member lies in no other
member: it is a limit of the union, and outside of it. A frontier point of one member that another one contains proves nothing.
Unions with too many members to list are searched for such points on few lines of A (R2).
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, final

from qeclose.algebra.curve import Curve
from qeclose.certify.certificate import curve_proof
from qeclose.certify.cover.generic import Draws
from qeclose.certify.cover.holes import frontier_at
from qeclose.certify.cover.rank_variety import rank_conditions
from qeclose.certify.effort import UNION_ROUNDS, UNIONS
from qeclose.certify.frontier.pair_curves import find_frontier
from qeclose.certify.pairs.decide import Certified, certify
from qeclose.certify.refute.elimination import membership
from qeclose.certify.unions.cases import outside_all
from qeclose.certify.unions.cover import Closures
from qeclose.certify.unions.members import all_members, orbits, random_member, sub_boxes
from qeclose.certify.unions.rules import closed_by_rule
from qeclose.problem import Problem
from qeclose.proof.bounds import Cases, ClosedMember, CoverProof, UnionProof, VanishingMember
from qeclose.proof.certificate import sign
from qeclose.proof.ill_posed import CurveProof
from qeclose.proof.well_posed import drawn
from qeclose.support import Support
from qeclose.support.bounded import BoundedSupport
from qeclose.support.canonical import canonical_form
from qeclose.support.phrase import counted

__all__ = ["Union", "certify_union"]


@final
@dataclass(frozen=True, slots=True)
class Union:
    """What was found: ``closed`` is None if nothing was. ``member`` and ``curve`` reach ``point`` if not closed."""

    closed: bool | None
    reason: str
    point: Mapping[tuple[int, int], Fraction] = field(default_factory=dict)
    member: Support | None = None
    curve: Curve | None = None
    certificate: dict[str, Any] | None = None


def certify_union(
    constrained: BoundedSupport, *, deadline: float, seed: int = 0, table: bool = True
) -> Union:
    """Settle the union by ``deadline`` (a value of ``time.monotonic``), or say why it is left; ``table`` as for ``certify``."""
    rule = closed_by_rule(constrained)
    if rule is not None:
        return Union(True, rule[0], certificate=sign(constrained, "well-posed", rule[1]))
    search = _Search(constrained, seed, table, deadline)
    members = all_members(constrained, UNIONS.members)
    if members is None:
        return search.on_few_lines()
    return search.through(members)


@final
class _Search:
    def __init__(self, constrained: BoundedSupport, seed: int, table: bool, deadline: float) -> None:
        self.constrained = constrained
        self.seed = seed
        self.table = table
        self.deadline = deadline
        self.rng = random.Random(seed)

    def through(self, members: Sequence[Support]) -> Union:
        """Settle the union with all its maximal supports at hand."""
        classes = orbits(self.constrained, members)
        parts: list[ClosedMember | VanishingMember] = []
        open_: list[tuple[Support, Certified | None]] = []
        for number, (first, *_) in enumerate(classes):
            share = UNIONS.settle_share * (self.deadline - time.monotonic()) / (len(classes) - number)
            settled = self._settle(first, share)
            if settled is None or not settled.closed:
                open_.append((first, settled))
            else:
                parts.append(_closed_part(first, settled))
        found, covering = self._limits(members, open_)
        if found is not None:
            return found
        parts += covering
        left = len(open_) - len(covering)
        kinds = f"{counted(len(members), 'support')} ({len(classes)} up to symmetry)"
        if left:
            return Union(
                None, f"of {kinds}, {left} may have limits outside of all: none was found, nor a proof"
            )
        reason = f"each of {kinds} is well-posed"
        if open_:
            reason = f"of {kinds}, all are well-posed but {len(open_)}, whose limits are in others"
        return Union(True, reason, certificate=sign(self.constrained, "well-posed", CoverProof(tuple(parts))))

    def _limits(
        self, members: Sequence[Support], open_: Sequence[tuple[Support, Certified | None]]
    ) -> tuple[Union | None, list[ClosedMember | VanishingMember]]:
        """A limit outside the union, or parts of a proof for those whose limits are all inside."""
        parts: list[ClosedMember | VanishingMember] = []
        closures = Closures(self.constrained.box, members if open_ else (), self.rng)
        efforts = itertools.chain(UNION_ROUNDS, itertools.repeat(UNION_ROUNDS[-1]))
        for effort in itertools.takewhile(self._in_time, efforts):
            if not open_:
                break
            left = []
            for number, (first, settled) in enumerate(open_):
                share = UNIONS.limit_share * (self.deadline - time.monotonic()) / (len(open_) - number)
                settled = settled or self._settle(first, share)
                if settled is not None and settled.closed:
                    parts.append(_closed_part(first, settled))
                    continue
                if settled is not None:
                    found = self._outside(first, settled, effort.points, time.monotonic() + share)
                    if found is not None:
                        return found, []
                until = time.monotonic() + share
                part = closures.part(first, effort, until)
                if part is None:
                    found = self._hole(first, closures.holes, until + share)
                    if found is not None:
                        return found, []
                    left.append((first, settled))
                else:
                    parts.append(part)
            open_ = left
        return None, parts

    def on_few_lines(self) -> Union:
        """Look for a limit outside the union among matrices with few lines that are not zero."""
        parts = itertools.chain.from_iterable(
            sub_boxes(self.constrained, self.rng) for _ in range(UNIONS.passes)
        )
        for part in itertools.takewhile(self._in_time, parts):
            members = all_members(part, UNIONS.members)
            if members is not None:
                candidates = [orbit[0] for orbit in orbits(part, members)]
            else:
                drawn = (random_member(part, self.rng) for _ in range(UNIONS.samples))
                candidates = list({canonical_form(member).support: member for member in drawn}.values())
            for member in itertools.takewhile(self._in_time, candidates):
                settled = self._settle(member, UNIONS.glance)
                if settled is not None and not settled.closed:
                    until = min(self.deadline, time.monotonic() + UNIONS.glance)
                    found = self._outside(member, settled, UNION_ROUNDS[0].points, until)
                    if found is not None:
                        return found
        reason = (
            f"there are more than {UNIONS.members} maximal supports, and no limit outside of all was found"
        )
        return Union(None, reason)

    def _in_time(self, _: object) -> bool:
        return time.monotonic() < self.deadline

    def _settle(self, member: Support, seconds: float) -> Certified | None:
        until = min(self.deadline, time.monotonic() + seconds)
        settled = certify(member, deadline=until, seed=self.seed, table=self.table)
        return settled if isinstance(settled, Certified) else None

    def _outside(self, member: Support, ill_posed: Certified, attempts: int, until: float) -> Union | None:
        """A point of the frontier of one member that no other one contains."""
        for point, curve in self._frontier_points(member, ill_posed, attempts, until):
            cases = outside_all(self.constrained, point, cases=UNIONS.cases, deadline=until)
            found = None if cases is None else self._limit(member, point, curve, cases)
            if found is not None:
                return found
        return None

    def _hole(
        self, member: Support, points: Sequence[Mapping[tuple[int, int], Fraction]], until: float
    ) -> Union | None:
        """One of the points, if it is in no member and a limit of this one."""
        problem = Problem.of(member)
        for point in points[: UNIONS.holes]:
            cases = outside_all(self.constrained, point, cases=UNIONS.cases, deadline=until)
            if cases is None:
                continue
            draws = Draws(problem, self.rng)
            conditions = rank_conditions(problem, draws.ring) or ()
            whole = {place: point.get(place, Fraction(0)) for place in problem.positions()}
            frontier = frontier_at(problem, _identity(member), draws, conditions, whole, UNIONS.hole_patience)
            found = None if frontier is None else self._limit(member, point, frontier.curve, cases)
            if found is not None:
                return found
        return None

    def _limit(
        self, member: Support, point: Mapping[tuple[int, int], Fraction], curve: Curve, cases: Cases
    ) -> Union | None:
        own = membership(Problem.of(member), point, _identity(member)).refutation(UNIONS.nodes)
        if own is None:
            return None
        proof = UnionProof(drawn(member.factors), curve_proof(curve, own, {}), cases)
        reason = "a limit of one of the supports is in none of them"
        return Union(False, reason, point, member, curve, sign(self.constrained, "ill-posed", proof))

    def _frontier_points(
        self, member: Support, ill_posed: Certified, attempts: int, until: float
    ) -> Iterator[tuple[Mapping[tuple[int, int], Fraction], Curve]]:
        """Points of the frontier of one member: the certificate's, then random ones of the whole member."""
        assert ill_posed.curve is not None
        yield ill_posed.point, ill_posed.curve
        problem = Problem.of(member)
        for _ in range(attempts):
            found = find_frontier(problem, _identity(member), self.rng, tries=UNIONS.curves, deadline=until)
            if found is None:
                return
            yield found.point, found.curve


def _identity(support: Support) -> dict[int, int]:
    return {k: k for k in range(support.inner[0])}


def _closed_part(member: Support, settled: Certified) -> ClosedMember:
    assert not isinstance(settled.proof, CurveProof)
    return ClosedMember(drawn(member.factors), settled.proof)
