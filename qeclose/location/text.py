"""The report of ``locate`` as plain text, and in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qeclose.decide.witness import Witness
from qeclose.report.drawing import clean, shape_of, title
from qeclose.report.plain import labelled, matrix_lines, witness_lines
from qeclose.report.spoken import said, spoken_facts, spoken_mask, spoken_matrix, spoken_witness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qeclose.location.locating import Location, Place

__all__ = ["location_text", "spoken_location"]

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
    lines += (line for label, text in _facts(location, notes) for line in labelled(label, text))
    lines += _shown(location)
    return "\n".join(map(clean, lines)) + "\n"


def spoken_location(location: Location, notes: Sequence[str] = ()) -> str:
    """The same in sentences, a fact a line, for screen readers: as ``spoken_report`` says a verdict."""
    support = location.support
    lines = [f"{title(support)}: {_SAID[location.place]}."]
    lines += spoken_facts(_facts(location, notes))
    lines += spoken_mask(support)
    factors, witness = location.matrices(), _curve(location)
    if factors is not None:
        lines.append("Factors: A is the product of X and the transpose of Y.")
        for name, matrix in zip("XY", factors, strict=True):
            entries = [[str(entry) for entry in row] for row in matrix]
            lines += spoken_matrix(name, entries, range(len(entries)), range(support.inner[0]))
    if witness is not None:
        lines += spoken_witness(witness)
    return said(lines)


def _facts(location: Location, notes: Sequence[str]) -> list[tuple[str, str]]:
    """What there is to say beside the place itself: (label, text) pairs."""
    told = [("why", location.reason)]
    if location.place in ("outside", "undecided"):
        told.append(("loss", f"no factors come nearer than ‖A − XYᵀ‖² = {location.lower_bound:.6g}"))
    told += [("engine", "; ".join((f"{word.engine}: {word.said}", *word.notes))) for word in location.engines]
    told.append(("time", f"{location.seconds:.2f} s"))
    return told + [("note", note) for note in (*location.support.notes, *notes)]


def _curve(location: Location) -> Witness | None:
    """The curve whose product tends to a matrix on the frontier."""
    if location.place != "frontier" or location.certificate is None:
        return None
    return Witness.of_certificate(location.certificate)


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
    witness = _curve(location)
    if witness is None:
        return []
    head, *rest = witness_lines(witness, location.support.names)
    return [f"  {'curve':<9}{head}", *(indent + line for line in rest)]
