"""The report of ``locate`` as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qeclose.decide.witness import Witness
from qeclose.report.drawing import clean, shape_of, title
from qeclose.report.plain import labelled, matrix_lines, witness_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qeclose.location.locating import Location, Place

__all__ = ["location_text"]

_SAID: dict[Place, str] = {
    "inside": "the matrix is in E",
    "frontier": "the matrix is on the frontier of E",
    "outside": "the matrix is outside the closure of E",
    "undecided": "undecided",
}


def location_text(location: Location, notes: Sequence[str] = ()) -> str:
    """The whole report; it ends in a line break."""
    support = location.support
    lines = [f"{title(support)}: {_SAID[location.place]}", f"  {'mask':<9}{shape_of(support)}"]
    lines += labelled("why", location.reason)
    if location.place in ("outside", "undecided"):
        lines += labelled("loss", f"no factors come nearer than ‖A − XYᵀ‖² = {location.lower_bound:.6g}")
    for word in location.engines:
        lines += labelled(
            "engine", f"{word.engine}: {word.said}" + "".join(f"; {note}" for note in word.notes)
        )
    lines += labelled("time", f"{location.seconds:.2f} s")
    for note in (*support.notes, *notes):
        lines += labelled("note", note)
    lines += _shown(location)
    return "\n".join(map(clean, lines)) + "\n"


def _shown(location: Location) -> list[str]:
    """The factors, or the curve whose product tends to the matrix."""
    factors, indent = location.matrices(), " " * 11
    if factors is not None:
        m, n = location.support.shape
        (r,) = location.support.inner
        names = location.support.names
        heads = (
            ("X", m, factors[0], names.rows if names else None),
            ("Y", n, factors[1], names.columns if names else None),
        )
        shown = [
            line
            for name, height, matrix, lines in heads
            for line in matrix_lines(
                name,
                [[str(e) for e in row] for row in matrix],
                tuple(range(height)),
                tuple(range(r)),
                (lines, names.terms if names else None),
            )
        ]
        return [f"  {'factors':<9}A = X Yᵀ", *(indent + line for line in shown)]
    if location.place == "frontier" and location.certificate is not None:
        witness = Witness.of_certificate(location.certificate)
        if witness is not None:
            head, *rest = witness_lines(witness, location.support.names)
            return [f"  {'curve':<9}{head}", *(indent + line for line in rest)]
    return []
