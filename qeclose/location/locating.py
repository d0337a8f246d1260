"""``locate``: where one matrix lies with respect to E(I, J), with a certificate.

In this order: conditions that the closure keeps (``location.outside``); exact factors or a refutation of A = X Yᵀ, by
elimination; a curve of E that ends at A, where generic matrices around A are in E; and whether E is closed.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

from qeclose.algebra.curve import Curve
from qeclose.algebra.system import Variable
from qeclose.decide.gate import require
from qeclose.decide.strategy import DEFAULT_MEMORY_MB
from qeclose.errors import CertificateError, UsageError
from qeclose.location.engines import EngineWord, ask_engines, contradiction
from qeclose.location.matrix import Matrix, exact_matrix
from qeclose.location.outside import broken_entry, broken_rank, rank_bound, uncovered_loss
from qeclose.presolve.direct_sum import direct_summands
from qeclose.problem import Problem
from qeclose.proof import Proof
from qeclose.proof.certificate import sign
from qeclose.proof.ill_posed import CurveProof, Refutation
from qeclose.proof.location import EntryProof, FactorsProof, NotInClosedProof, RankProof
from qeclose.proof.well_posed import Closed
from qeclose.support import Support
from qeclose.support.bits import bitset
from qeclose.support.phrase import Lines, phrase

if TYPE_CHECKING:
    from qeclose.decide.panel import Watch

__all__ = ["CLAIMS", "Location", "Place", "locate"]

Place = Literal["inside", "frontier", "outside", "undecided"]
CLAIMS = ("inside", "frontier", "outside")

SCHEMA = 2
_OWN_SHARE = 0.4
"""Of the time, for our own search, if engines are to be asked as well."""
_ENGINES_SHARE = 0.85
"""Of the time that is left, so that what we found ourselves is told though an engine takes all it gets, and more."""
_CASES = (200, 2_000, 20_000)
"""Nodes of the case tree that elimination may use, round by round; a thousand take about a second."""
_CHOICES = 200
"""Values of the free variables that are tried when factors are written out."""
_PATIENCE = (10, 40, 120)
"""Draws of a generic solution near A, round by round."""

_Factors = dict[tuple[int, int], Fraction]


@final
@dataclass(frozen=True, slots=True)
class Location:
    """Where a matrix lies. ``lower_bound``: no factors with these supports have a smaller ‖A − XYᵀ‖².

    ``factors`` are exact factors X (m×r) and Y (n×r) if the matrix is inside, by (row, term) and (column, term).
    """

    support: Support
    place: Place
    reason: str
    lower_bound: float
    factors: tuple[_Factors, _Factors] | None = None
    certificate: dict[str, Any] | None = None
    engines: tuple[EngineWord, ...] = field(default=(), hash=False)
    failures: tuple[str, ...] = ()
    seconds: float = 0.0

    def matrices(self) -> tuple[list[list[Fraction]], list[list[Fraction]]] | None:
        """X and Y as rows, zeros included."""
        if self.factors is None:
            return None
        m, n = self.support.shape
        (r,) = self.support.inner
        x, y = (
            [[factor.get((line, k), Fraction(0)) for k in range(r)] for line in range(lines)]
            for factor, lines in zip(self.factors, (m, n), strict=True)
        )
        return x, y

    def to_json(self) -> dict[str, Any]:
        """The JSON object of ``qeclose locate --format json``."""
        shown = self.matrices()
        return {
            "schema": SCHEMA,
            "name": self.support.name,
            "source": self.support.source,
            "place": self.place,
            "factors": shown
            and {k: [[str(e) for e in row] for row in f] for k, f in zip("XY", shown, strict=True)},
            "lower_bound": self.lower_bound,
            "reason": self.reason,
            "certificate": self.certificate,
            "engines": [word.to_json() for word in self.engines],
            "failures": list(self.failures),
            "seconds": round(self.seconds, 3),
        }


def locate(
    A: Any,
    support: Support,
    *,
    timeout: float = 60.0,
    seed: int = 0,
    digits: int | None = None,
    engines: Sequence[str] = (),
    memory_mb: int = DEFAULT_MEMORY_MB,
    paths: Mapping[str, Path] | None = None,
    watch: Watch | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Location:
    """Whether the m×n matrix A is in E(I, J), a limit of E outside it, or outside the closure of E.

    A is what ``exact_matrix`` takes; missing entries are not looked at, and E is seen at the others.
    "frontier" means that for this matrix the infimum of ‖A − XYᵀ‖² is 0 and not
    attained. Every place but "undecided" comes with a certificate that the checker has accepted. Raises ``UsageError`` if
    the shapes differ, or the support has more than two factors.

    ``engines`` are asked besides (``location.engines``), and must agree: where there is no proof of our own, the place is what
    all of them say, on their word, without a certificate.

    >>> lu = Support([[1, 0], [1, 1]], [[1, 0], [1, 1]])
    >>> [locate(A, lu).place for A in ([[1, 2], [3, 4]], [[0, 1], [1, 0]])]
    ['inside', 'frontier']
    >>> locate([[1, 2], [3, 4]], Support([[1], [1]], [[1], [1]])).place
    'outside'
    """
    if len(support.factors) != 2:
        raise UsageError(f"locate takes two factors, and this support has {len(support.factors)}")
    matrix = exact_matrix(A, digits, missing=support.free)
    shape = len(matrix), len(matrix[0])
    if shape != support.shape:
        m, n = support.shape
        raise UsageError(f"the matrix is {shape[0]}×{shape[1]}, and the masks are for {m}×{n}")
    start = time.monotonic()
    own = timeout * (_OWN_SHARE if engines else 1.0)
    found = _accepted(_Search(matrix, support, start + own, seed).run())
    if engines:
        left = _ENGINES_SHARE * (start + timeout - time.monotonic())
        words = ask_engines(
            engines, matrix, support, timeout=left, memory_mb=memory_mb, seed=seed, paths=paths, watch=watch, tell=tell
        )  # fmt: skip
        found = _with_words(found, tuple(words))
    return replace(found, seconds=time.monotonic() - start)


def _accepted(found: Location) -> Location:
    """The location if the checker accepts its certificate: no place leaves without that."""
    if found.certificate is not None:
        try:
            require(found.certificate, found.support, found.place)
        except CertificateError as error:
            reason = f"the certificate was refused by the checker, which is a mistake of qeclose: {error}"
            return replace(found, place="undecided", reason=reason, factors=None, certificate=None)
    return found


def _with_words(found: Location, words: tuple[EngineWord, ...]) -> Location:
    """The location with what engines say of it: undecided if they contradict it or one another."""
    inside = None if found.place == "undecided" else found.place == "inside"
    closure = None if found.place == "undecided" else found.place != "outside"
    disputed = contradiction(words, inside, closure)
    if disputed is not None:
        told = f"the engines disagree ({disputed})"
        return Location(found.support, "undecided", told, found.lower_bound, engines=words, failures=(told,))
    # One that failed at one question and answered another has given its word.
    failures = tuple(note for word in words if word.failed and word.said == "nothing" for note in word.notes)
    place, reason = found.place, found.reason
    if place == "undecided" and all(word.said == words[0].said for word in words):
        word = words[0]
        if word.inside:
            place = "inside"
        elif word.closure is not None:
            place = "outside" if not word.closure else "frontier" if word.inside is False else "undecided"
        names = " and ".join(dict.fromkeys(word.engine for word in words))
        if place != "undecided":
            reason = f"on the word of {names}, without a certificate: {word.said}"
        elif word.inside is False:
            reason = f"on the word of {names} A has no factors; whether it is a limit was not found out"
    return replace(found, place=place, reason=reason, engines=words, failures=failures)


@final
class _Search:
    def __init__(self, matrix: Matrix, support: Support, deadline: float, seed: int) -> None:
        self.matrix, self.support = matrix, support
        self.deadline = deadline
        self.rng = random.Random(seed)
        self.point = {(i, j): entry for i, row in enumerate(matrix) for j, entry in enumerate(row) if entry}

    def run(self) -> Location:
        outside = self._outside()
        if outside is not None:
            return outside
        whole = Problem.of(self.support)
        parts = direct_summands(whole.part(k for k, t in whole.terms.items() if t.rows and t.columns))
        for cases, patience in zip(_CASES, _PATIENCE, strict=True):
            found = self._round(parts, cases, patience)
            if found is not None:
                return found
            if self._late():
                return self._undecided("time ran out")
        return self._undecided("neither factors nor a proof that there are none was found")

    def _round(self, parts: list[Problem], cases: int, patience: int) -> Location | None:
        """Factors of all parts, or a refutation of one and what follows from it."""
        from qeclose.certify.refute.elimination import Exhausted, Solution, membership

        x: _Factors = {}
        y: _Factors = {}
        refuted: list[tuple[Problem, Refutation]] = []
        for part in parts:
            try:
                settled = membership(part, self.point, {k: k for k in part.terms}).settled(cases)
            except Exhausted:
                return None
            if not isinstance(settled, Solution):
                refuted.append((part, settled))
                continue
            values = settled.values(lambda: self.rng.choice((1, 1, -1, 2, 3, -2)), _CHOICES)
            if values is None:
                return None
            _collect(values, x, y)
        if not refuted:
            return self._inside(x, y)
        return self._refuted(refuted, x, y, patience)

    def _refuted(
        self, refuted: list[tuple[Problem, Refutation]], x: _Factors, y: _Factors, patience: int
    ) -> Location | None:
        """A ∉ E: on the frontier if curves of all refuted parts end at A, outside if E is closed."""
        from qeclose.certify.certificate import curve_proof

        curves = [self._curve(part, patience) for part, _ in refuted]
        refutation = refuted[0][1]
        if all(curve is not None for curve in curves):
            curve = Curve(_constants(x), _constants(y))
            for one in curves:
                assert one is not None
                curve = Curve({**curve.x, **one.x}, {**curve.y, **one.y})
            reason = (
                "factors come as near to A as you like while they grow without bound, and none give A: "
                "for this matrix there is no optimum"
            )
            return self._claim(
                "frontier", reason, 0.0, sign, curve_proof(curve, refutation, self.support.free)
            )
        closed = self._closedness()
        if closed is None:
            return None
        reason = "no factors give A, and the set of all products is closed: there is an optimum, with a loss above 0"
        return self._claim(
            "outside",
            reason,
            rank_bound(self.matrix, self.support),
            sign,
            NotInClosedProof(closed, refutation),
        )

    def _curve(self, part: Problem, patience: int) -> Curve | None:
        """A curve of a part's set that ends at A.

        Lines in which A is zero stay zero, and terms may stay zero: whatever curve a smaller mask has is one of the
        whole. With fewer lines and terms generic matrices, of the ranks that E allows, are more often in E.
        """
        rows, columns = (bitset({place[side] for place in self.point}) for side in (0, 1))
        small = part.restricted(rows, columns)
        ids = list(small.terms)
        for dropped in ((), *itertools.combinations(ids, 1), *itertools.combinations(ids, 2)):
            kept = small.part(k for k in ids if k not in dropped)
            if self._late():
                return None
            if {*kept.positions()} >= {place for place in self.point if place in {*part.positions()}}:
                curve = self._generic_curve(kept, patience)
                if curve is not None:
                    return curve
        return None

    def _generic_curve(self, problem: Problem, patience: int) -> Curve | None:
        """A curve to A from generic matrices near it, if these, of the ranks that E allows, are in E."""
        from qeclose.certify.cover.generic import Draws
        from qeclose.certify.cover.holes import curve_to
        from qeclose.certify.cover.rank_variety import is_dense, rank_conditions

        draws = Draws(problem, self.rng)
        conditions = rank_conditions(problem, draws.ring)
        if conditions is None or not is_dense(draws.ring, tuple(draws.sums.values()), conditions):
            return None
        point = {place: self.point.get(place, Fraction(0)) for place in problem.positions()}
        return curve_to(problem, draws, conditions, point, patience)

    def _closedness(self) -> Closed | None:
        """A proof that E is closed."""
        from qeclose.certify import Certified, certify

        found = certify(self.support, deadline=self.deadline)
        if isinstance(found, Certified) and not isinstance(found.proof, CurveProof):
            return found.proof
        return None

    def _outside(self) -> Location | None:
        """A condition of the closure that A breaks."""
        entry = broken_entry(self.matrix, self.support)
        if entry is not None:
            i, j = entry
            bound = float(uncovered_loss(self.matrix, self.support))
            where = phrase("in ", Lines("row", (i,)), " and ", Lines("column", (j,)))
            reason = f"the entry {where.text(self.support.names)} is not zero, and no term reaches it"
            return self._claim("outside", reason, bound, sign, EntryProof(i, j))
        minor = broken_rank(self.matrix, self.support)
        if minor is not None:
            size = len(minor.rows)
            terms = (
                "no term meets"
                if size == 1
                else f"at most {size - 1} term{'s' * (size > 2)} meet{'s' * (size == 2)}"
            )
            lines = phrase(Lines("row", minor.rows), " and ", Lines("column", minor.columns))
            reason = f"{terms} {lines.text(self.support.names)}, where A has rank {size}"
            return self._claim(
                "outside",
                reason,
                rank_bound(self.matrix, self.support),
                sign,
                RankProof(minor.rows, minor.columns),
            )
        return None

    def _inside(self, x: _Factors, y: _Factors) -> Location:

        turned = {(k, j): value for (j, k), value in y.items()}
        factors = [
            tuple([(i, k, str(value)) for (i, k), value in sorted(factor.items()) if value])
            for factor in (x, turned)
        ]
        reason = "A is a product of such factors: the loss 0 is attained"
        found = self._claim("inside", reason, 0.0, sign, FactorsProof(tuple(factors)))
        return Location(found.support, "inside", reason, 0.0, (x, y), found.certificate)

    def _claim(self, place: Place, reason: str, bound: float, sign: Any, proof: Proof) -> Location:
        certificate = {
            **sign(self.support, place, proof),
            "matrix": [[i, j, str(value)] for (i, j), value in sorted(self.point.items())],
        }
        return Location(self.support, place, reason, bound, certificate=certificate)

    def _undecided(self, reason: str) -> Location:
        return Location(self.support, "undecided", reason, rank_bound(self.matrix, self.support))

    def _late(self) -> bool:
        return time.monotonic() > self.deadline


def _collect(values: Mapping[Variable, Fraction], x: _Factors, y: _Factors) -> None:
    """Sort the values of variables ("f", 0, i, k) and ("f", 1, k, j) into X and Y."""
    for (_, layer, one, other), value in values.items():
        if value:
            if layer == 0:
                x[int(one), int(other)] = value
            else:
                y[int(other), int(one)] = value


def _constants(factor: _Factors) -> dict[tuple[int, int], dict[int, Fraction]]:
    return {place: {0: value} for place, value in factor.items() if value}
