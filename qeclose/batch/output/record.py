"""The lines of a batch's JSONL file: verdicts in the user's own rows, columns and terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, final

from qeclose.batch.workers.task import failure
from qeclose.decide.algorithm import algorithm
from qeclose.decide.gate import require
from qeclose.decide.verdict import SCHEMA, Status, missing_json
from qeclose.decide.witness import Witness
from qeclose.decide.words import explained
from qeclose.errors import CertificateError
from qeclose.findings.finding import MALFORMED
from qeclose.proof.certificate import relabel
from qeclose.support.model import Support
from qeclose.support.phrase import Phrase

if TYPE_CHECKING:
    from qeclose.batch.requests.item import Item
    from qeclose.batch.workers.task import Result
    from qeclose.decide.verdict import Answer
    from qeclose.support.bounded import BoundedSupport
    from qeclose.support.relabelling import Relabelling

__all__ = ["MALFORMED", "Tally", "malformed", "record", "status", "translated", "undecided", "unexpected"]

Record = dict[str, Any]


def translated(result: Result, support: Support | BoundedSupport, backward: Relabelling) -> Record:
    """What a record says about a support whose canonical form has this result; ``backward`` leads from there to it."""
    certificate, witness = result["certificate"], result["witness"]
    if certificate:
        try:
            # Questions with bounds are asked as they stand.
            if isinstance(support, Support):
                certificate = relabel(certificate, backward, support)
            require(certificate, support, result["verdict"])
        except CertificateError as error:
            return undecided(f"its certificate, in the lines of this support, is not accepted ({error})")
    return {
        "verdict": result["verdict"],
        "extent": result["extent"],
        "algorithm": _algorithm(result["verdict"], support),
        "method": result["method"],
        "engines": result["engines"],
        "presolve": [
            {**step, "detail": Phrase.of_json(step["detail"]).moved(backward).text(support.names)}
            for step in result["presolve"]
        ],
        "seconds": result["seconds"],
        "reason": explained(result["verdict"], Phrase.of_json(result["why"]).moved(backward), support.names),
        "witness": witness and Witness.of_json(witness).relabelled(backward).to_json(),
        "certificate": certificate,
        "warnings": result["warnings"],
        "failures": result["failures"],
    }


def _algorithm(verdict: str, support: Support | BoundedSupport) -> str | None:
    """Asked of the mask itself: a canonical form has lost the order of lines that butterflies are told by."""
    return algorithm(support) if verdict == "well-posed" and isinstance(support, Support) else None


def undecided(problem: str, *, limit: bool = False) -> Record:
    """What a record says if the decision did not survive the way to the user's own rows, columns and terms."""
    nothing = failure(problem, limit=limit) | {"reason": problem}
    del nothing["cached"], nothing["why"]
    return nothing


def record(item: Item, said: Record) -> Record:
    """The whole record of an item, of which ``translated`` or ``malformed`` gave what is said."""
    head: Record = {"schema": SCHEMA, "item": item.identity, "name": item.name, "source": item.source}
    if item.support is not None:
        m, n = item.support.shape
        inner = item.support.inner
        head["factors"] = len(item.support.factors)
        head["shape"] = {"m": m, "n": n, "r": inner[0] if len(inner) == 1 else list(inner)}
        head |= missing_json(item.support)
        names = item.support.names
        head["names"], head["notes"] = names and names.to_json(), list(item.support.notes)
    return {**head, "expected": item.expected, **said}


def malformed(problem: str) -> Record:
    """What a record says about an item that could not even be asked about."""
    return undecided(problem, limit=True) | {"verdict": MALFORMED}


def status(record: Mapping[str, Any], expected: Answer | None) -> Status:
    """The exit status of one item, if this verdict was expected of it."""
    verdict = record["verdict"]
    if verdict == MALFORMED:
        return Status.BAD_INPUT
    if record["failures"]:
        return Status.ENGINE_FAILURE
    if verdict == expected:
        return Status.WELL_POSED
    if verdict == "undecided":
        return Status.UNDECIDED
    return Status.ILL_POSED if expected or verdict == "ill-posed" else Status.WELL_POSED


def unexpected(record: Mapping[str, Any], expected: Answer | None) -> str:
    """What is wrong with an item, beside its verdict; "" if nothing is."""
    match status(record, expected):
        case Status.WELL_POSED:
            return ""
        case Status.BAD_INPUT | Status.ENGINE_FAILURE:
            return str(record["reason"])
        case _ if expected:
            return f"expected {expected}; {record['reason']}"
        case _:
            return str(record["reason"])


@final
class Tally:
    """How many items got which verdict, and the worst status."""

    def __init__(self) -> None:
        self.verdicts = dict.fromkeys(("well-posed", "ill-posed", "undecided", MALFORMED), 0)
        self.statuses: set[Status] = set()
        self.failed = self.surprises = self.total = self.known = 0

    def add(self, record: Mapping[str, Any], expected: Answer | None, *, known: bool = False) -> None:
        """Count an item; ``known``: that it is ill-posed is in the baseline, and no failure."""
        found = Status.WELL_POSED if known else status(record, expected)
        self.known += known
        verdict = record["verdict"]
        self.total += 1
        self.verdicts[verdict] = self.verdicts.get(verdict, 0) + 1
        self.statuses.add(found)
        self.failed += found is Status.ENGINE_FAILURE
        self.surprises += expected is not None and found is Status.ILL_POSED

    @property
    def worst(self) -> Status:
        """The worst status of all, which is the exit status."""
        return Status.worst(list(self.statuses))

    def summary(self) -> str:
        """All counts that are not zero, as in "12 items: 9 well-posed, 3 ill-posed"."""
        counts = [f"{count} {verdict}" for verdict, count in self.verdicts.items() if count]
        counts += [f"{self.known} known"] if self.known else []
        counts += [f"{self.failed} failed"] if self.failed else []
        counts += [f"{self.surprises} not as expected"] if self.surprises else []
        return f"{self.total} item{'' if self.total == 1 else 's'}: {', '.join(counts) or 'nothing to do'}"
