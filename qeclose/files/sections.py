"""Labelled masks (I and J, I and JT, or F1 … FL) put together into a support, whatever their file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from qeclose.errors import InputError
from qeclose.support.mask import Mask
from qeclose.support.model import Support
from qeclose.support.names import Names

__all__ = ["LABEL", "LABELS", "SECTION", "Section", "assemble", "shape_text"]

LABEL = re.compile(r"I|J|JT|F[1-9][0-9]{0,3}")
# Everything that may stand under a label: the factors, and the entries of A that are not observed.
SECTION = re.compile(LABEL.pattern + "|W")
LABELS = "I, J, JT, or F1, F2, …"


@final
@dataclass(frozen=True, slots=True)
class Section:
    """The mask under a label, the line of that label (0: the format has no lines), and what its lines are called."""

    label: str
    mask: Mask
    line: int = 0
    row_names: tuple[str, ...] | None = None
    column_names: tuple[str, ...] | None = None

    @property
    def described(self) -> str:
        """Label and shape, for messages."""
        return f"{self.label} is {shape_text(self.mask.shape)}"


def shape_text(shape: tuple[int, ...]) -> str:
    """``(2, 3)`` as ``2x3``."""
    return "x".join(map(str, shape))


def assemble(
    sections: Sequence[Section], *, source: str, name: str = "", notes: Sequence[str] = ()
) -> Support:
    """The support of at least one labelled mask; ``notes`` say how its file was understood.

    Raises ``InputError`` at the offending section: a label twice, I/J mixed with F1 … FL, a partner
    missing, a gap in the numbers, shapes or names that do not fit together, W beside more than two factors.
    """
    first = next((section for section in sections if section.label != "W"), sections[0])
    by_label: dict[str, Section] = {}
    for section in sections:
        if section.label in by_label:
            raise _error(source, section, f"section {section.label} appears twice")
        if section.label != "W" and section.label.startswith("F") is not first.label.startswith("F"):
            raise _error(source, section, f"section {section.label} does not go with section {first.label}")
        by_label[section.label] = section
    missing = by_label.pop("W", None)
    whole = _chain if first.label.startswith("F") else _pair
    ordered = whole(by_label, first, source)
    factors = [section.mask.transpose() if section.label == "J" else section.mask for section in ordered]
    layers = _layers(ordered, source)
    if missing is not None:
        _require_fit(missing, ordered, factors, layers, source)
    return Support.of_factors(
        factors,
        missing=None if missing is None else missing.mask,
        name=name,
        source=source,
        names=Names(tuple(layers)) if any(layers) else None,
        notes=notes,
    )


def _require_fit(
    missing: Section,
    ordered: Sequence[Section],
    factors: Sequence[Mask],
    layers: list[tuple[str, ...] | None],
    source: str,
) -> None:
    """That W is a mask of A, with the names of A's lines; names that W alone has are entered in ``layers``."""
    shape = (len(factors[0].rows), factors[-1].n_cols)
    if len(factors) != 2:
        # Passed over, it would change the question.
        problem = "section W (entries of A that are not observed): with two factors only, so far"
        raise _error(source, missing, problem)
    if missing.mask.shape != shape:
        problem = f"{missing.described} but A is {shape_text(shape)}: W marks the entries of A that are not observed"
        raise _error(source, missing, problem)
    for layer, named, by in ((0, missing.row_names, ordered[0]), (-1, missing.column_names, ordered[-1])):
        layers[layer] = _agreed(layers[layer], named, missing, by, source)


def _pair(by_label: dict[str, Section], first: Section, source: str) -> list[Section]:
    left, right, transposed = (by_label.get(label) for label in ("I", "J", "JT"))
    if right is not None and transposed is not None:
        raise _error(source, transposed, "J and JT are both given; give one of them")
    if left is None:
        raise _error(source, first, "section I is missing")
    if right is not None:
        if left.mask.n_cols != right.mask.n_cols:
            problem = f"{left.described} but {right.described}: I and J need the same number of columns r"
            raise _error(source, right, problem)
        return [left, right]
    if transposed is None:
        raise _error(source, first, "section J (or JT) is missing")
    _require_chain(source, left, transposed)
    return [left, transposed]


def _chain(by_label: dict[str, Section], _first: Section, source: str) -> list[Section]:
    ordered = sorted(by_label.values(), key=lambda section: int(section.label[1:]))
    for number, section in enumerate(ordered, 1):
        if section.label != f"F{number}":
            raise _error(source, section, f"section F{number} is missing before {section.label}")
    if len(ordered) < 2:
        raise _error(source, ordered[0], "section F2 is missing: a product has at least two factors")
    for left, right in zip(ordered, ordered[1:], strict=False):
        _require_chain(source, left, right)
    return ordered


def _layers(ordered: Sequence[Section], source: str) -> list[tuple[str, ...] | None]:
    """The names of the layers; neighbours that name the lines they share must name them alike."""
    layers: list[tuple[str, ...] | None] = [None] * (len(ordered) + 1)
    for place, section in enumerate(ordered):
        sides = (section.row_names, section.column_names)
        for layer, side in zip(
            (place, place + 1), sides[::-1] if section.label == "J" else sides, strict=True
        ):
            layers[layer] = _agreed(layers[layer], side, section, ordered[place - 1], source)
    return layers


def _agreed(
    known: tuple[str, ...] | None,
    named: tuple[str, ...] | None,
    section: Section,
    before: Section,
    source: str,
) -> tuple[str, ...] | None:
    """The names of lines that two sections share. Raises ``InputError`` if they name them differently."""
    if known is not None and named is not None and known != named:
        at = next(k for k, (one, other) in enumerate(zip(known, named, strict=True)) if one != other)
        problem = f"{section.label} calls number {at + 1} {named[at]!r}, {before.label} {known[at]!r}"
        raise _error(source, section, f"{problem}: the same names in the same order, or none")
    return named or known


def _require_chain(source: str, left: Section, right: Section) -> None:
    if left.mask.n_cols != len(right.mask.rows):
        problem = f"{left.described} but {right.described}: {right.label} needs {left.mask.n_cols} rows"
        raise _error(source, right, problem)


def _error(source: str, section: Section, problem: str) -> InputError:
    return InputError(source, section.line, 1 if section.line else 0, problem)
