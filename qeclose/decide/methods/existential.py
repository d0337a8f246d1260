"""Questions without quantifier alternation, which satisfiability solvers are good at (docs/methods.md, existential).

Both answers can be had from them: *ill-posed* from a curve of factors, found by exact arithmetic or by an engine, whose limit
A an engine finds not to be in E; *well-posed* from theorem N, once an engine finds that certain vectors are never dependent.
The method proposes a certificate that leaves these questions to engines, and the checker itself says what they are.
"""

from __future__ import annotations

import random
import time
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, Any, final

from qeclose.decide.effort import EXISTENTIAL
from qeclose.decide.method import MAX_VARIABLES, Finding, Question
from qeclose.decide.methods.certified import told
from qeclose.decide.verdict import engine_words
from qeclose.decide.witness import Witness
from qeclose.engine.protocol import Ability, Run
from qeclose.errors import CertificateError
from qeclose.proof.certificate import sign
from qeclose.proof.ill_posed import Engine, EngineRefutation
from qeclose.proof.reading import closed_from_json
from qeclose.proof.well_posed import EngineProof, NormalFormProof, left_by_reductions

if TYPE_CHECKING:
    from qeclose.algebra.curve import Curve
    from qeclose.certify.refute.confirm import Candidate, Frontier
    from qeclose.checker import Answer
    from qeclose.checker import Question as Asked
    from qeclose.decide.panel import Panel
    from qeclose.formula.curve_system import CurveSystem
    from qeclose.presolve import Reduction
    from qeclose.problem import Problem
    from qeclose.proof.well_posed import Closed
    from qeclose.support.model import Support

__all__ = ["Existential"]

_NOBODY = Engine("nobody", "0")
_OTHER_BLOCK = EngineProof("full-space", (_NOBODY,))
"""Stands for the proof of a block that is not being asked about."""


@final
class Existential:
    """Ask engines whether limits are missing from E, and whether theorem N's vectors can be dependent.

    Two factors only. With presolve the questions are about its blocks. What a refutation or proof of our own shows as
    well is shown in the certificate; the rest names the engines on whose word it rests, two of them if two are at hand.
    """

    name = "existential"
    one_question = False
    abilities = frozenset({Ability.SATISFY, Ability.DECIDE})

    def __init__(self, seed: int = 0, *, presolve: bool) -> None:
        self._seed = seed
        self._presolve = presolve
        self._rounds = 0

    def run(self, question: Question, panel: Panel) -> Finding | None:
        """Ask for a missing limit, for a proof that E is closed, and for a limit of a curve; each round looks further."""
        from qeclose.problem import OutOfTime, time_limit

        support = question.support
        if len(support.factors) != 2:
            panel.note_limit("the existential questions are about two factors")
            return None
        size = EXISTENTIAL.growth**self._rounds
        self._rounds += 1
        until = time.monotonic() + panel.deadline.left()
        try:
            with time_limit(until):
                inquiry = _Inquiry(support, self._reduced(support), panel, until)
                finding = (
                    inquiry.missing_limit(size, self._seed)
                    or inquiry.closed()
                    or inquiry.limit_of_a_curve(size, self._seed)
                )
        except OutOfTime:
            panel.cut_short = True
            return None
        if finding is None and self._rounds < EXISTENTIAL.rounds and any(inquiry.reduction.blocks()):
            panel.cut_short = True
        return finding

    def _reduced(self, support: Support) -> Reduction:
        from qeclose.presolve import Reduction, reduce
        from qeclose.problem import Problem

        problem = Problem.of(support)
        return reduce(problem) if self._presolve else Reduction(problem, (), problem, finished=False)


@final
@dataclass(slots=True)
class _Hearing:
    """Puts the questions of one certificate to the panel; the first that is denied or unanswered ends it.

    ``answers`` has for each hole, by its number, the engine that filled it.
    """

    panel: Panel
    name: str
    without: Container[str] = ()
    answers: dict[str, Run] = field(default_factory=dict)
    denied: Run | None = None

    def ask(self, question: Asked) -> list[Answer]:
        from qeclose.attest.sentences import sentence_of
        from qeclose.checker import Answer
        from qeclose.formula.language import Exists

        (hole,) = question.recorded
        if not hole.startswith("hole "):
            return []
        if question.asked.size > MAX_VARIABLES:
            raise _Unanswered
        sentence = sentence_of(question.asked)
        system = sentence.body if isinstance(sentence, Exists) else sentence
        outcome = self.panel.exists(system, self.name, without=self.without)
        if outcome is None:
            raise _Unanswered
        if outcome.value is not question.expected:
            self.denied = outcome.run
            raise _Unanswered
        self.answers[hole] = outcome.run
        return [Answer(outcome.run.engine, outcome.run.version, True)]


class _Unanswered(Exception):
    """A question of a certificate was not answered, or not as it claims."""


@final
@dataclass(frozen=True, slots=True)
class _Inquiry:
    support: Support
    reduction: Reduction
    panel: Panel
    until: float

    def missing_limit(self, size: int, seed: int) -> Finding | None:
        """A limit on a sub-mask (R2) of some block that an engine finds missing from E.

        Looking for limits takes no longer on one part than a question to an engine may.
        """
        from qeclose.certify.frontier.pair_curves import candidates

        for block in self.reduction.blocks():
            for part in _parts(block.core, EXISTENTIAL.sub_masks * size):
                until = min(self.until, time.monotonic() + self.panel.slice)
                found = candidates(part, random.Random(seed), tries=EXISTENTIAL.tries * size, deadline=until)
                for candidate in sorted(found, key=_complexity)[: EXISTENTIAL.candidates * size]:
                    finding = self._missing(block, part, candidate)
                    if finding is not None:
                        return finding
        return None

    def limit_of_a_curve(self, size: int, seed: int) -> Finding | None:
        """The same for matrices of zeros and ones, the curve found by a solver: of first order, later of second as well."""
        from qeclose.certify.frontier.small_points import small_points

        if not self.panel.finds_models:
            return None
        until = min(self.until, time.monotonic() + EXISTENTIAL.patience * self.panel.slice)
        for block in self.reduction.blocks():
            for part in _parts(block.core, EXISTENTIAL.sub_masks * size):
                points = small_points(part, seed, deadline=until)
                for point in islice(points, EXISTENTIAL.candidates * size):
                    for order in (1,) if size == 1 else (1, 2):
                        candidate, run = self._curve_to(point, part, order)
                        if candidate is not None:
                            finding = self._missing(block, part, candidate, run)
                            if finding is not None:
                                return finding
                            break
        if time.monotonic() > until:
            self.panel.cut_short = True
        return None

    def _curve_to(
        self, point: Mapping[tuple[int, int], int], part: Problem, order: int
    ) -> tuple[Candidate | None, Run | None]:
        """A matrix as the limit of a rational curve, and the engine that found it."""
        from qeclose.certify.refute.confirm import Candidate
        from qeclose.formula.curve_system import curve_system

        system = curve_system({(i, j): part.terms_at(i, j) for i, j in part.positions()}, point, order)
        if len(system.x) + len(system.y) > MAX_VARIABLES:
            return None, None
        outcome = self.panel.model(system.formula, "curve")
        if outcome is None or not isinstance(outcome.value, Mapping):
            return None, None
        curve = _curve_of(system, outcome.value, order)
        if curve is None:
            return None, None
        if not _ends_at(curve, point, part):
            self.panel.distrust(outcome.run, "its answer is wrong: the curve does not end at the matrix")
            return None, None
        return Candidate({place: Fraction(value) for place, value in point.items()}, curve), outcome.run

    def _missing(
        self, block: Reduction, part: Problem, candidate: Candidate, found_by: Run | None = None
    ) -> Finding | None:
        from qeclose.certify.refute.confirm import Frontier, confirm

        word = EngineRefutation(tuple(part.positions()), ())
        unproved = self._curve(block, Frontier(candidate.point, candidate.curve, word))
        heard = self._hear(unproved, "membership")
        if heard is None:
            return None
        proved = confirm(candidate, part, self.reduction.origins(part.terms))
        if heard.denied is not None:
            if proved is not None:
                self.panel.distrust(heard.denied, "its answer is refuted: that matrix is no such product")
            return None
        certificate = unproved if proved is None else self._curve(block, proved)
        return self._finding(False, certificate, heard, "membership", found_by)

    def _curve(self, block: Reduction, frontier: Frontier) -> dict[str, Any]:
        from qeclose.certify.certificate import curve_proof

        curve = self.reduction.lift(block, frontier.curve)
        return sign(self.support, "ill-posed", curve_proof(curve, frontier.refutation, self.support.free))

    def closed(self) -> Finding | None:
        """Theorem N for every block, its ranks asked of engines."""
        proofs: dict[int, Closed] = {}
        runs: list[Run] = []
        for block in self.reduction.blocks():
            heard, proof = self._normal_form(block)
            if heard is None or proof is None:
                return None
            proofs[id(block)] = proof
            runs += heard.answers.values()
        if not runs and any(True for _ in self.reduction.all_steps()):
            said = self._as_it_is()
            if said is not None or self.panel.worth_waiting:
                return said
        whole = _Hearing(self.panel, "rank", answers={f"of {n}": run for n, run in enumerate(runs)})
        return self._finding(True, self._closedness(proofs), whole, "rank")

    def _as_it_is(self) -> Finding | None:
        """Presolve has left nothing to ask, but an engine that was named should have its say: theorem N for the mask itself.

        A question that is not answered, or a rank that drops, says nothing against what presolve has shown.
        """
        from qeclose.presolve import Reduction

        problem = self.reduction.before
        if sum(1 for _ in problem.positions()) > EXISTENTIAL.largest:
            return None
        whole = Reduction(problem, (), problem, finished=False)
        return _Inquiry(self.support, whole, self.panel, self.until).closed()

    def _normal_form(self, block: Reduction) -> tuple[_Hearing | None, Closed | None]:
        from qeclose.certify.compact.pair import forms_to_ask, prove_normal_form

        proved = prove_normal_form(block.core)
        for form in forms_to_ask(block.core):
            others = {id(other): _OTHER_BLOCK for other in self.reduction.blocks()}
            certificate = self._closedness({**others, id(block): form})
            heard = self._hear(certificate, "rank")
            if heard is None:
                continue
            if heard.denied is None:
                return heard, proved or _normal_form_in(certificate)
            if proved is not None and proved.side == form.side:
                self.panel.distrust(heard.denied, "its answer is refuted: those vectors are never dependent")
        return None, None

    def _closedness(self, proofs: Mapping[int, Closed]) -> dict[str, Any]:
        from qeclose.certify.certificate import closedness_proof

        return sign(self.support, "well-posed", closedness_proof(self.reduction, dict(proofs)))

    def _hear(self, certificate: dict[str, Any], name: str, without: Container[str] = ()) -> _Hearing | None:
        """What engines say to the open questions, whose places in the certificate they fill; None: nothing."""
        from qeclose.checker import verify

        hearing = _Hearing(self.panel, name, without)
        holes = [
            hole for hole in engine_words(certificate["proof"]) if hole["engines"] != [_NOBODY._asdict()]
        ]
        before = [hole["engines"] for hole in holes]
        for number, hole in enumerate(holes):
            hole["engines"] = [{"name": f"hole {number}", "version": "?"}]
        try:
            verify(certificate, self.support, ask=hearing.ask)
        except _Unanswered:
            return hearing if hearing.denied is not None else None
        except CertificateError as error:
            self.panel.failures.append(f"existential: its own certificate is not accepted ({error})")
            return None
        finally:
            for hole, engines in zip(holes, before, strict=True):
                hole["engines"] = engines
        for number, hole in enumerate(holes):
            run = hearing.answers[f"hole {number}"]
            hole["engines"] = [*hole["engines"], {"name": run.engine, "version": run.version}]
        return hearing

    def _finding(
        self,
        closed: bool,
        certificate: dict[str, Any],
        heard: _Hearing,
        name: str,
        found_by: Run | None = None,
    ) -> Finding | None:
        """The finding, after a second engine has been heard where the certificate rests on the word of one."""
        from qeclose.certify.part import about_a_part
        from qeclose.checker import verify

        runs = list(heard.answers.values())
        open_still = any(True for _ in engine_words(certificate["proof"]))
        if open_still:
            first = {run.engine for run in runs}
            second = self._hear(certificate, name, without=first)
            if second is not None and second.denied is not None:
                names = " and ".join([*sorted(first), second.denied.engine])
                self.panel.failures.append(f"the engines {names} contradict each other ({name})")
                return None
            runs += second.answers.values() if second is not None else ()
        try:
            verify(certificate, self.support)
        except CertificateError as error:
            self.panel.failures.append(f"existential: its own certificate is not accepted ({error})")
            return None
        witness = None
        reason = "with X in normal form no rank ever drops, so factors stay bounded (theorem N)"
        if not closed:
            witness = Witness.of_certificate(certificate)
            reason = "products XYᵀ come as near as one likes to a matrix that is no such product"
        rests = f", on the word of {_listed(certificate)}" if open_still else ", and a proof confirms it"
        if not runs:
            reason, rests = "presolve leaves nothing to ask", ""
        steps = told(tuple(self.reduction.all_steps()))
        certificate = about_a_part(certificate, self.support)
        if found_by is not None:
            runs.insert(0, found_by)
        return Finding(closed, reason + rests, _merged(runs), witness, certificate, steps)


def _normal_form_in(certificate: Mapping[str, Any]) -> NormalFormProof:
    """The one normal form of a certificate, with the engines that were written into it."""
    proof = closed_from_json(certificate["proof"])
    return next(leaf for leaf in left_by_reductions(proof) if isinstance(leaf, NormalFormProof))


def _curve_of(system: CurveSystem, model: Mapping[Any, Any], order: int) -> Curve | None:
    """The curve of a solution, its pole in X; None if it is not rational."""
    from qeclose.algebra.curve import Curve

    factors: list[dict[tuple[int, int], dict[int, Fraction]]] = [{}, {}]
    for factor, unknowns, pole in zip(factors, (system.x, system.y), (order, 0), strict=True):
        for (line, k, power), symbol in unknowns.items():
            value = model.get(symbol, Fraction(0))
            if not isinstance(value, Fraction):
                return None
            if value:
                factor.setdefault((line, k), {})[power - pole] = value
    return Curve(*factors)


def _ends_at(curve: Curve, point: Mapping[tuple[int, int], int], part: Problem) -> bool:
    """Whether the curve's products tend to the matrix on Q."""
    products = {place: curve.product(part, *place) for place in part.positions()}
    return all(
        min(product, default=0) >= 0 and product.get(0, 0) == point.get(place, 0)
        for place, product in products.items()
    )


def _complexity(candidate: Candidate) -> tuple[int, Any]:
    """Few nonzero entries, and small ones, make an easy question."""
    return len(candidate.point), sum(abs(value) for value in candidate.point.values())


def _parts(problem: Problem, count: int) -> Iterator[Problem]:
    """So many small sub-masks, no two of the same shape, then the problem itself."""
    from qeclose.certify.pairs.submasks import Meeting, Small, signature

    meeting = Meeting(problem)
    seen: set[tuple[object, ...]] = set()
    for rows, columns in Small(problem):
        part = meeting.sub_mask(rows, columns)
        if part is None or len(part.terms) < 2:
            continue
        shape = signature(part)
        if shape in seen:
            continue
        seen.add(shape)
        yield part
        if len(seen) >= count:
            break
    if sum(1 for _ in problem.positions()) <= EXISTENTIAL.largest:
        yield problem


def _listed(certificate: Mapping[str, Any]) -> str:
    names = {e["name"]: None for word in engine_words(certificate["proof"]) for e in word["engines"]}
    return " and ".join(names)


def _merged(runs: list[Run]) -> tuple[Run, ...]:
    """One record an engine: the time of all its answers."""
    whole: dict[str, Run] = {}
    for run in dict.fromkeys(runs):
        before = whole.get(run.engine)
        seconds = run.seconds + (before.seconds if before else 0.0)
        peak = max(run.peak_mb, before.peak_mb if before else 0.0)
        whole[run.engine] = Run(run.engine, run.version, seconds, peak, run.answer, run.question)
    return tuple(whole.values())
