"""What to do now, as sentences with data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from qeclose.repairs.text import changes_json, changes_text, reason
from qeclose.support.phrase import counted

if TYPE_CHECKING:
    from qeclose.decide.verdict import Verdict
    from qeclose.repairs import Repair

__all__ = ["Advice", "advice_on"]


@final
@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do: of a ``kind`` for programs, in words, with data of that kind."""

    kind: str
    text: str
    data: dict[str, Any] = field(default_factory=dict, hash=False)

    def to_json(self) -> dict[str, Any]:
        """The advice as a JSON object."""
        return {"kind": self.kind, "text": self.text, **self.data}


def advice_on(verdict: Verdict, repair: Repair | None) -> Iterator[Advice]:
    """Advice for this verdict; ``repair`` is what was found to mend an ill-posed mask."""
    match verdict.verdict:
        case "well-posed":
            yield Advice(
                "nothing",
                "nothing to change: whatever A is, some factors are optimal; if yours grow all the same, look at the "
                "scaling between X and Y (X D and Y D⁻¹ have the same product) and at the step size",
            )
        case "undecided":
            yield Advice(
                "more",
                "give it more time (--timeout), or install another engine (qeclose engines); "
                "until it is decided, treat the mask as if it were ill-posed",
            )
        case "ill-posed":
            yield from _for_ill_posed(verdict, repair)


def _for_ill_posed(verdict: Verdict, repair: Repair | None) -> Iterator[Advice]:
    pair = len(verdict.support.factors) == 2
    if repair is not None and repair.repaired is not None and repair.changes:
        yield _mending(repair)
    if pair:
        yield Advice(
            "locate",
            "ask about your own matrix A: the mask is bad for some matrices, not for all "
            "(qeclose locate MATRIX MASK)",
            {"command": "qeclose locate MATRIX MASK"},
        )
    ridge = (
        "minimise ‖A − XYᵀ‖² + λ(‖X‖² + ‖Y‖²) with λ > 0 instead: that always has an optimum, whatever A is"
    )
    yield Advice(
        "ridge",
        ridge + (" (qeclose fit --ridge λ MATRIX MASK)" if pair else ""),
        {"command": "qeclose fit --ridge LAMBDA MATRIX MASK"} if pair else {},
    )
    yield Advice(
        "bounds", "or bound the entries of the factors by a constant: on a bounded set an optimum exists"
    )
    yield Advice(
        "algorithm",
        "stop on the loss, not on the factors: the loss still tends to its infimum while the factors grow; then small "
        "changes of A change the factors much, so do not read meaning into their entries",
    )
    if verdict.extent == "thin":
        yield Advice(
            "thin",
            "the matrices without an optimum have measure zero: data with generic noise are not hit exactly, but near such a "
            "matrix the best factors are large",
        )


def _mending(repair: Repair) -> Advice:
    ways = [repair.changes, *repair.others]
    more = f"; {counted(len(ways) - 1, 'other way')} with as many changes" if len(ways) > 1 else ""
    kept = (
        ""
        if not repair.unreachable
        else f"; but {counted(len(repair.unreachable), 'entry')} of A would always be zero"
    )
    kept = kept.replace("entrys", "entries")
    return Advice(
        "repair",
        f"change {counted(len(repair.changes), 'entry').replace('entrys', 'entries')} of the masks: "
        f"{changes_text(repair.changes)}{kept}{more} (qeclose repair; {reason(repair)})",
        {
            "command": "qeclose repair --all MASK",
            "repairs": [changes_json(changes) for changes in ways],
            "minimal": repair.minimal,
            "unreachable": [list(position) for position in repair.unreachable],
        },
    )
