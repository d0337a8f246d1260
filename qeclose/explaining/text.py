"""An explanation as text for people; rows, columns and terms by their names or from 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from qeclose.explaining.changes import Break, Fragility
from qeclose.explaining.examples import at_times
from qeclose.explaining.explanation import Explained, Explanation
from qeclose.report.drawing import drawable, drawn_factors, shape_of, title
from qeclose.report.plain import facts, labelled, matrix_lines, witness_lines
from qeclose.report.spoken import said, spoken_report
from qeclose.support.model import Support
from qeclose.support.names import Names
from qeclose.support.phrase import Lines, Role

if TYPE_CHECKING:
    from qeclose.decide.witness import Witness

__all__ = [
    "body_text", "break_text", "explanation_text", "heading_text", "kept_text", "obstruction_heading", "place_text",
    "spoken_text",
]  # fmt: skip

_EXAMPLES = 3
"""Examples told in full; of the further obstructions only where they are."""
_BREAKS = 12
_SMALL = 6
"""Rows and columns up to which XYᵀ is written out at every t, for the first example."""


def explanation_text(explanation: Explanation) -> str:
    """The whole report, which ends in a line break."""
    support = explanation.verdict.support
    drawn = drawn_factors(support) if drawable(support) else []
    return (
        heading_text(explanation) + "".join(f"           {line}\n" for line in drawn) + body_text(explanation)
    )


def heading_text(explanation: Explanation) -> str:
    """The lines above the drawing of the mask."""
    support = explanation.verdict.support
    return f"{title(support)}: {explanation.verdict.verdict}\n  {'mask':<9}{shape_of(support)}\n"


def body_text(explanation: Explanation) -> str:
    """What stands below the drawing of the mask."""
    verdict, lines = explanation.verdict, list[str]()
    support = verdict.support
    for label, text in facts(verdict):
        if label in ("why", "presolve", "warning", "failure", "note"):
            lines += labelled(label, text)
    if verdict.verdict == "ill-posed":
        lines += _obstruction_lines(explanation)
    if explanation.fragility is not None:
        lines += _fragility_lines(explanation.fragility, support)
    for number, advice in enumerate(explanation.advice):
        lines += labelled("" if number else "to do", f"- {advice.text}")
    return "\n".join(lines) + "\n"


def spoken_text(explanation: Explanation) -> str:
    """The same in sentences, a fact a line, for screen readers: as ``spoken_report`` says a verdict."""
    lines = []
    if explanation.verdict.verdict == "ill-posed":
        lines.append(f"Because: {obstruction_heading(explanation)}.")
        for number, found in enumerate(explanation.obstructions, 1):
            lines.append(f"Obstruction {number}: {place_text(found, explanation.support)}.")
            if number <= _EXAMPLES and found.witness is not None:
                lines += [f"{line}." for line in _norm_lines(found.witness)]
    if (fragility := explanation.fragility) is not None:
        lines.append(f"Breaks: {kept_text(fragility)}.")
        lines += [f"Break: {break_text(found, explanation.support.names)}." for found in fragility.breaks]
    lines += [f"To do: {advice.text}." for advice in explanation.advice]
    return spoken_report(explanation.verdict) + said(lines)


def obstruction_heading(explanation: Explanation) -> str:
    """How many obstructions there are, and whether these are all."""
    count, complete = explanation.count, explanation.complete
    if len(explanation.support.factors) != 2:
        return "the obstruction of the verdict; with more than two factors others are not looked for"
    if explanation.support.missing is not None:
        return (
            "one obstruction: on these rows and columns alone the mask is ill-posed, and none of them was found to be "
            "superfluous; with missing entries others are not looked for"
        )
    least = "" if complete else "at least "
    many = f"{least}{count:,} minimal obstruction{'' if count == 1 else 's'}"
    if explanation.kinds and explanation.kinds != count:
        many += f" of {explanation.kinds} kind{'' if explanation.kinds == 1 else 's'}"
    meaning = (
        "on these rows and columns alone the mask is ill-posed, and without any one of them it is not"
        if count == 1
        else "each is a set of rows and columns on which alone the mask is ill-posed, and without any one of them is not"
    )
    return f"{many}{'' if complete else ', more were not looked for or not found in time'}: {meaning}"


def place_text(explained: Explained, support: Support) -> str:
    """Where an obstruction is."""
    place, names = explained.place, support.names
    term = "term" if len(support.factors) == 2 else "inner index"
    terms = (
        Lines("term", place.terms).text(names)
        if term == "term"
        else f"inner indices {', '.join(str(k + 1) for k in place.terms)}"
    )
    return f"{Lines('row', place.rows).text(names)}; {Lines('column', place.columns).text(names)}; {terms}"


def _obstruction_lines(explanation: Explanation) -> Iterator[str]:
    yield from labelled("because", obstruction_heading(explanation))
    for number, found in enumerate(explanation.obstructions, 1):
        yield from labelled(f"no. {number}", place_text(found, explanation.support))
        if number <= _EXAMPLES:
            yield from (" " * 11 + line for line in _example_lines(found, whole=number == 1))
    if (more := explanation.count - len(explanation.obstructions)) > 0:
        yield from labelled("", f"and {more:,} more (--list N shows N of them)")


def _example_lines(found: Explained, *, whole: bool) -> Iterator[str]:
    witness = found.witness
    if witness is None:
        yield "no example was found in the time given"
        return
    yield from witness_lines(witness)
    whole = whole and max(len(witness.rows), len(witness.columns)) <= _SMALL
    for values, line in zip(at_times(witness), _norm_lines(witness), strict=True):
        yield line
        if whole:
            name = _product_name(len(values.norms))
            yield from matrix_lines(name, _written(values.product), witness.rows, witness.columns)


def _norm_lines(witness: Witness) -> Iterator[str]:
    """At each t, how near the product comes, and how large the factors are."""
    for values in at_times(witness):
        names = _factor_names(len(values.norms))
        norms = ", ".join(f"‖{name}‖ = {norm:.4g}" for name, norm in zip(names, values.norms, strict=True))
        yield f"t = {float(values.t):g}: ‖A − {_product_name(len(names))}‖ = {values.distance:.3g}, {norms}"


def _factor_names(count: int) -> list[str]:
    return ["X", "Y"] if count == 2 else [f"X{number}" for number in range(1, count + 1)]


def _product_name(count: int) -> str:
    return "XYᵀ" if count == 2 else "".join(_factor_names(count))


def _written(matrix: Sequence[Sequence[Fraction]]) -> list[list[str]]:
    return [[f"{float(entry):.6g}" for entry in row] for row in matrix]


def kept_text(fragility: Fragility) -> str:
    """How many single changes break the mask."""
    if fragility.complete and not fragility.breaks:
        return f"no change of a single entry breaks it ({fragility.total:,} entries of I and J, each changed in thought)"
    open_ = f"; {fragility.undecided:,} stayed undecided" if fragility.undecided else ""
    late = (
        ""
        if fragility.tried == fragility.total
        else f" (looked at {fragility.tried:,} of {fragility.total:,} in the time given)"
    )
    return f"changing one of {fragility.breaking:,} of the {fragility.total:,} entries of I and J breaks it{late}{open_}"


def _fragility_lines(fragility: Fragility, support: Support) -> Iterator[str]:
    yield from labelled("breaks", kept_text(fragility))
    for found in fragility.breaks[:_BREAKS]:
        yield from labelled("", f"- {break_text(found, support.names)}")
    if (more := len(fragility.breaks) - _BREAKS) > 0:
        yield from labelled("", f"and {more} more kinds of change (--format json lists them)")


def break_text(found: Break, names: Names | None) -> str:
    """One kind of change, and the obstruction it makes; a row of J is a column of A, and is called one."""
    role: Role = "row" if found.factor == "I" else "column"
    first, *others = found.lines
    term = Lines("term", (found.term,)).text(names)
    where = (
        f"{Lines('row', found.place.rows).text(names)} and {Lines('column', found.place.columns).text(names)}"
    )
    alike = f"; likewise for {Lines(role, tuple(others)).text(names)}" if others else ""
    action = (
        f"{'add' if found.added else 'remove'} {Lines(role, (first,)).text(names)}, {term} of {found.factor}"
    )
    return f"{action}: then {where} are ill-posed{alike}"
