"""Fractions with confidence intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, final

from qeclose.decide.verdict import Answer
from qeclose.proof import from_json
from qeclose.proof.well_posed import ReductionProof, left_by_reductions

__all__ = ["CONFIDENCE", "VERDICTS", "Count", "Interval", "interval"]

CONFIDENCE = 0.95
VERDICTS: tuple[Answer, ...] = ("well-posed", "ill-posed", "undecided")


class Interval(NamedTuple):
    """A fraction with the ends of its confidence interval."""

    fraction: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.high - self.low) / 2


def interval(successes: int, total: int) -> Interval:
    """The fraction of ``successes`` with the interval of Clopper and Pearson (Biometrika 26, 1934).

    It contains the true chance with probability at least ``CONFIDENCE``, whatever that chance is.
    """
    from scipy.special import betaincinv

    if not total:
        return Interval(0.0, 0.0, 1.0)
    tail = (1 - CONFIDENCE) / 2
    failures = total - successes
    low = float(betaincinv(successes, failures + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, failures, 1 - tail)) if failures else 1.0
    return Interval(successes / total, low, high)


@final
@dataclass(slots=True)
class Count:
    """How the samples of one density were decided.

    ``proofs`` counts the kinds of proof that certificates consist of, ``rules`` the presolve rules used; a sample
    counts once for each.
    """

    density: float
    verdicts: Counter[str] = field(default_factory=Counter)
    proofs: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """How many masks were drawn."""
        return self.verdicts.total()

    def add(self, record: Mapping[str, Any]) -> None:
        """Count one line of a batch's JSONL."""
        self.verdicts[record["verdict"]] += 1
        self.proofs.update(_proofs(record))
        self.rules.update({step["rule"] for step in record["presolve"]})
        self.failures += bool(record["failures"])
        self.seconds += record["seconds"]

    def interval(self, verdict: Answer) -> Interval:
        """The confidence interval of the share of masks with that verdict."""
        return interval(self.verdicts[verdict], self.total)

    @property
    def half_width(self) -> float:
        """Of the widest of the three intervals."""
        return max(self.interval(verdict).half_width for verdict in VERDICTS)


def _proofs(record: Mapping[str, Any]) -> set[str]:
    """What a decision rests on; without a certificate, the engines' answers."""
    certificate = record["certificate"]
    if certificate is not None:
        proof = from_json(certificate["proof"])
        if not isinstance(proof, ReductionProof):
            return {proof.kind}
        return {leaf.kind for leaf in left_by_reductions(proof)} or {"presolve alone"}
    return (
        {f"engine {run['name']}" for run in record["engines"]} if record["verdict"] != "undecided" else set()
    )
