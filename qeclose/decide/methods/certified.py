"""Theorems first: a decision with a certificate, without any engine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, final

from qeclose.decide.effort import SEARCH
from qeclose.decide.gate import require
from qeclose.decide.method import Finding, Question, Step
from qeclose.decide.witness import Witness
from qeclose.decide.words import why_closed, why_ill_posed, why_left
from qeclose.errors import CertificateError
from qeclose.supervise.phases import phase

if TYPE_CHECKING:
    from qeclose.decide.panel import Panel
    from qeclose.engine.protocol import Ability
    from qeclose.presolve.step import Step as PresolveStep
    from qeclose.support.model import Support

__all__ = ["Certify", "told"]


@final
class Certify:
    """Presolve, then search for proofs of closedness and for frontier points (docs/theory.md)."""

    name = "certify"
    one_question = False
    abilities: frozenset[Ability] = frozenset()

    def __init__(self, seed: int = 0, *, table: bool = True) -> None:
        self._seed = seed
        self._table = table
        self._left = False

    def run(self, question: Question, panel: Panel) -> Finding | None:
        """Search once, in a share of the time that is left; None in the rounds that follow."""
        if self._left:
            return None  # in a later round of questions to engines
        share = SEARCH.beside_engines if panel.engines else SEARCH.alone
        deadline = time.monotonic() + share * panel.deadline.left()
        pair = len(question.support.factors) == 2
        found = (_pair if pair else _chain)(question.support, deadline, self._seed, self._table)
        if isinstance(found, str):
            panel.note_limit(found)
        elif _accepted(found, question.support, panel):
            return found
        self._left = True
        return None


def _accepted(finding: Finding, support: Support, panel: Panel) -> bool:
    """Whether the finding passes the gate; why it does not is noted."""
    try:
        with phase("checking the certificate found"):
            require(finding.certificate, support, "well-posed" if finding.closed else "ill-posed")
    except CertificateError as error:
        panel.failures.append(f"certify: its own certificate is not accepted ({error})")
        return False
    return True


def told(steps: tuple[PresolveStep, ...]) -> tuple[Step, ...]:
    """Presolve's steps as a verdict tells them."""
    return tuple(Step(step.rule, step.detail) for step in steps)


def _pair(support: Support, deadline: float, seed: int, table: bool) -> Finding | str:
    """The finding, or why there is none."""
    from qeclose.certify import Certified, certify
    from qeclose.certify.part import signed

    result = certify(support, deadline=deadline, seed=seed, table=table)
    if not isinstance(result, Certified):
        return why_left(result)
    if result.curve is None:
        reason, witness = why_closed(result), None
    else:
        reason, witness = why_ill_posed(result), Witness.of_pair(result.point, result.curve, support.free)
    return Finding(
        result.closed,
        reason,
        witness=witness,
        certificate=signed(support, result.proof),
        steps=told(result.steps),
    )


def _chain(support: Support, deadline: float, seed: int, table: bool) -> Finding | str:
    """The finding, or why there is none."""
    from qeclose.certify.chains.decide import CertifiedChain, certify_chain
    from qeclose.certify.part import signed

    result = certify_chain(support, deadline=deadline, seed=seed, table=table)
    if not isinstance(result, CertifiedChain):
        return "no certificate was found in the time given"
    witness = None if result.closed else Witness.of_entries(result.point, result.factors)
    return Finding(result.closed, result.reason, witness=witness, certificate=signed(support, result.proof))
