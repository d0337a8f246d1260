"""What a check found out, with everything a report says about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Literal, final

from qeclose.decide.method import Step
from qeclose.decide.words import explained
from qeclose.support.model import Support
from qeclose.support.phrase import phrase

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from qeclose.decide.witness import Witness
    from qeclose.engine.protocol import Run
    from qeclose.support.bounded import BoundedSupport
    from qeclose.support.phrase import Phrase

__all__ = ["SCHEMA", "Answer", "Status", "Step", "Verdict", "missing_json", "run_json"]

SCHEMA = 2
"""The version of the JSON shape that ``Verdict.to_json`` gives."""

Answer = Literal["well-posed", "ill-posed", "undecided"]


class Status(IntEnum):
    """The exit statuses of the command line; ``worst`` orders them."""

    WELL_POSED = 0
    ILL_POSED = 1
    BAD_INPUT = 2
    UNDECIDED = 3
    ENGINE_FAILURE = 4

    @staticmethod
    def worst(statuses: list[Status]) -> Status:
        """The worst of ``statuses`` in the order 2 > 4 > 1 > 3 > 0; of none, 0."""
        order = [Status.BAD_INPUT, Status.ENGINE_FAILURE, Status.ILL_POSED, Status.UNDECIDED]
        return next((status for status in order if status in statuses), Status.WELL_POSED)


def missing_json(support: Support | BoundedSupport) -> dict[str, int]:
    """How many entries of A are missing, if any are."""
    missing = support.missing if isinstance(support, Support) else None
    return {} if missing is None else {"missing": missing.nnz}


def run_json(run: Run) -> dict[str, Any]:
    """The JSON object of one engine run."""
    return {
        "name": run.engine,
        "version": run.version,
        "seconds": round(run.seconds, 3),
        "answer": run.answer,
        "question": run.question or None,
    }


def engine_words(proof: Any) -> Iterator[dict[str, Any]]:
    """The places of a proof that name engines (docs/certificates.md)."""
    pending = [proof]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            if "engines" in part:
                yield part
            pending.extend(reversed(part.values()))
        elif isinstance(part, list):
            pending.extend(reversed(part))


@final
@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """The answer to one check.

    ``engines`` are the runs the answer rests on or, if undecided, one entry an engine that was tried.
    ``why`` is what the answer comes from, ``reason`` all that is said about it. ``certificate`` is a JSON value of the
    shape in ``docs/certificates.md``. ``algorithm`` finds an optimum on a well-posed mask, if one is known: "svd" or
    "butterfly" (docs/fit.md). ``thin``: the matrices without an optimum are proved to have measure zero. ``failures`` names
    the engines that failed or contradicted each other; unless it is empty the verdict is "undecided".
    """

    support: Support
    verdict: Answer
    method: str
    seconds: float
    why: Phrase | str
    engines: tuple[Run, ...] = ()
    presolve: tuple[Step, ...] = ()
    witness: Witness | None = None
    certificate: Mapping[str, Any] | None = field(default=None, hash=False)
    warnings: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    algorithm: str | None = None
    thin: bool = False

    @property
    def reason(self) -> str:
        """What the answer means, and where it comes from, in one line."""
        return explained(self.verdict, self.why, self.support.names)

    @property
    def proved(self) -> bool:
        """Whether the certificate rests on no engine's word."""
        return self.certificate is not None and not any(engine_words(self.certificate.get("proof")))

    @property
    def status(self) -> Status:
        """The exit status of this check alone, without ``--expect``."""
        if self.failures:
            return Status.ENGINE_FAILURE
        match self.verdict:
            case "well-posed":
                return Status.WELL_POSED
            case "ill-posed":
                return Status.ILL_POSED
            case "undecided":
                return Status.UNDECIDED

    @property
    def extent(self) -> str | None:
        """Of ill-posed masks how many matrices have no best approximation: "thin" (measure zero) or "unknown"; else None."""
        if self.verdict != "ill-posed":
            return None
        return "thin" if self.thin else "unknown"

    def __repr__(self) -> str:
        return f"<Verdict {self.verdict} by {self.method or 'no method'}: {self.support!r}>"

    def _repr_html_(self) -> str:
        from qeclose.pages.notebook import verdict_html

        return verdict_html(self)

    def _repr_latex_(self) -> str | None:
        return None if self.witness is None else self.witness._repr_latex_()

    def plot(self) -> Figure:
        """A matplotlib figure: ‖A − XYᵀ‖ and the norms of the factors along the witness, as t → 0.

        Raises ``ValueError`` for a verdict without a witness, ``ImportError`` without matplotlib (the extra ``plots``).
        """
        from qeclose.pages.notebook import plot

        if self.witness is None:
            raise ValueError(f"a verdict that is {self.verdict} has no diverging factors to plot")
        return plot(self.witness)

    def report(self) -> str:
        """The plain-text report, as ``qeclose check`` writes it into a pipe."""
        # The one import to the right in the house: a verdict that prints itself is worth it in a notebook.
        from qeclose.report.plain import plain_report

        return plain_report(self)

    def to_json(self) -> dict[str, Any]:
        """The JSON object of ``qeclose check --format json``."""
        m, n = self.support.shape
        inner = self.support.inner
        return {
            "schema": SCHEMA,
            "name": self.support.name,
            "source": self.support.source,
            "factors": len(self.support.factors),
            "shape": {"m": m, "n": n, "r": inner[0] if len(inner) == 1 else list(inner)},
            **missing_json(self.support),
            "verdict": self.verdict,
            "extent": self.extent,
            "algorithm": self.algorithm,
            "method": self.method,
            "engines": [run_json(run) for run in self.engines],
            "presolve": [
                {"rule": step.rule, "detail": phrase(step.detail).text(self.support.names)}
                for step in self.presolve
            ],
            "seconds": round(self.seconds, 3),
            "reason": self.reason,
            "witness": None if self.witness is None else self.witness.to_json(),
            "certificate": self.certificate,
            "names": self.support.names and self.support.names.to_json(),
            "notes": list(self.support.notes),
            "warnings": list(self.warnings),
            "failures": list(self.failures),
        }
