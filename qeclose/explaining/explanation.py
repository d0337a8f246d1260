"""What an explanation says, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from qeclose.explaining.examples import at_times, numbers_json

if TYPE_CHECKING:
    from qeclose.decide.verdict import Verdict
    from qeclose.decide.witness import Witness
    from qeclose.explaining.advice import Advice
    from qeclose.explaining.changes import Fragility
    from qeclose.explaining.obstructions import Place
    from qeclose.support.model import Support

__all__ = ["Explained", "Explanation"]

_SCHEMA = 2


@final
@dataclass(frozen=True, slots=True)
class Explained:
    """An obstruction, and a witness on its lines if one was found in time."""

    place: Place
    witness: Witness | None


@final
@dataclass(frozen=True, slots=True)
class Explanation:
    """What explains a verdict.

    ``obstructions`` are the first of the ``count`` minimal obstructions that are known, in ``kinds`` kinds (up to the order of
    equal lines); with ``complete`` there are no others. ``fragility`` is for well-posed masks of two factors.
    """

    verdict: Verdict
    obstructions: tuple[Explained, ...] = ()
    count: int = 0
    kinds: int = 0
    complete: bool = True
    fragility: Fragility | None = None
    advice: tuple[Advice, ...] = ()
    seconds: float = 0.0

    @property
    def support(self) -> Support:
        """The mask."""
        return self.verdict.support

    def _repr_html_(self) -> str:
        from qeclose.pages.notebook import explanation_html

        return explanation_html(self)

    def report(self) -> str:
        """The plain-text report, as ``qeclose explain`` writes it."""
        from qeclose.explaining.text import explanation_text

        return explanation_text(self)

    def __repr__(self) -> str:
        return f"<Explanation {self.verdict.verdict}, {self.count} obstructions: {self.support!r}>"

    def to_json(self) -> dict[str, Any]:
        """The JSON object of ``qeclose explain --format json``; rows, columns and terms count from 0."""
        told = self.verdict.to_json()
        head = (
            "name",
            "source",
            "factors",
            "shape",
            "verdict",
            "extent",
            "method",
            "reason",
            "presolve",
            "names",
            "notes",
        )
        broken = self.fragility
        return {
            "schema": _SCHEMA,
            **{key: told[key] for key in head},
            "obstructions": [_explained_json(found) for found in self.obstructions],
            "count": self.count,
            "kinds": self.kinds,
            "complete": self.complete,
            "breaking_changes": None
            if broken is None
            else {
                "changes": [found.to_json() for found in broken.breaks],
                "entries": broken.breaking,
                "tried": broken.tried,
                "undecided": broken.undecided,
                "total": broken.total,
                "complete": broken.complete,
            },
            "advice": [piece.to_json() for piece in self.advice],
            "seconds": round(self.seconds, 3),
            "warnings": told["warnings"],
            "failures": told["failures"],
        }


def _explained_json(found: Explained) -> dict[str, Any]:
    witness = found.witness
    return {
        **found.place.to_json(),
        "witness": None if witness is None else witness.to_json(),
        "numbers": [] if witness is None else [numbers_json(values) for values in at_times(witness)],
    }
