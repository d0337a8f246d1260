"""The report for pipes and files: plain lines, label first."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from qeclose.report.drawing import clean, drawable, drawn_factors, name_lines, shape_of, short, title
from qeclose.support.phrase import phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qeclose.decide.verdict import Verdict
    from qeclose.decide.witness import Witness
    from qeclose.engine.protocol import Run
    from qeclose.support.names import Names

__all__ = ["facts", "json_line", "labelled", "matrix_lines", "plain_report", "run_line", "witness_lines"]


Lines = tuple[int, ...]
"""Line numbers from 0, in order."""
LineNames = tuple[str, ...] | None

_WIDTH = 80
_ALGORITHMS = {
    "svd": "truncated singular value decompositions find it (qeclose fit)",
    "butterfly": "the butterfly algorithm comes near it, with a guarantee (qeclose fit)",
}
_THIN = (
    "thin: the matrices without a best approximation have measure zero; near them the best factors are large"
)
_MANY_STEPS = 12
_LARGE = 20
"""A matrix with more rows or columns is told by its nonzero entries."""


def json_line(verdict: Verdict) -> str:
    """The verdict's JSON object on one line, without a line break at its end."""
    return json.dumps(verdict.to_json())


def run_line(run: Run) -> str:
    """One engine run in a few words."""
    name = f"{run.engine} {run.version}".strip()
    peak = f", {run.peak_mb:.0f} MB" if run.peak_mb else ""
    asked = f", asked as {run.question}" if run.question else ""
    return f"{name}: {run.answer}{asked} ({run.seconds:.2f} s{peak})"


def facts(verdict: Verdict) -> list[tuple[str, str]]:
    """What there is to say beside the verdict itself: (label, text) pairs."""
    told = [*name_lines(verdict.support), ("why", verdict.reason)]
    told += [("presolve", line) for line in _presolve_lines(verdict)]
    if verdict.algorithm is not None:
        told.append(("optimum", _ALGORITHMS[verdict.algorithm]))
    if verdict.extent == "thin":
        told.append(("extent", _THIN))
    told.append(("method", verdict.method))
    told += [("engine", run_line(run)) for run in verdict.engines]
    told.append(("time", f"{verdict.seconds:.2f} s"))
    told += [("note", line) for line in verdict.support.notes]
    told += [("warning", line) for line in verdict.warnings]
    told += [("failure", line) for line in verdict.failures]
    return told


def _presolve_lines(verdict: Verdict) -> list[str]:
    """The steps one by one or, if they are many, how often each rule was used."""
    steps, names = verdict.presolve, verdict.support.names
    if len(steps) <= _MANY_STEPS:
        return [f"{step.rule}: {phrase(step.detail).text(names)}" for step in steps]
    return [f"{rule}: {count} times" for rule, count in Counter(step.rule for step in steps).items()]


def matrix_lines(
    name: str,
    entries: Sequence[Sequence[str]],
    rows: Lines,
    columns: Lines,
    names: tuple[LineNames, LineNames] = (None, None),
) -> list[str]:
    """A matrix with the names or numbers of its lines, unless these are 1, 2, 3, …; a large one by its nonzero entries."""
    heads = [
        [str(line + 1) if named is None else short(named[line]) for line in lines]
        for lines, named in zip((rows, columns), names, strict=True)
    ]
    if len(rows) > _LARGE or len(columns) > _LARGE:
        places = (
            (i, j, text)
            for i, row in zip(heads[0], entries, strict=True)
            for j, text in zip(heads[1], row, strict=True)
        )
        return [
            f"{name}, nonzero entries:",
            *(f"  row {i}, column {j}: {text}" for i, j, text in places if text != "0"),
        ]
    table = [list(row) for row in entries]
    numbered = any(line != place for lines in (rows, columns) for place, line in enumerate(lines))
    if numbered or any(names):
        if not any(names):
            name += ", with its row and column numbers"
        table = [["", *heads[1]], *([head, *row] for head, row in zip(heads[0], table, strict=True))]
    width = max((len(entry) for row in table for entry in row), default=0)
    return [f"{name}:", *("  " + "  ".join(entry.rjust(width) for entry in row) for row in table)]


def witness_lines(witness: Witness, names: Names | None = None) -> list[str]:
    """The matrices of a witness, one after the other, on the lines that are not zero."""
    layers = witness.layers
    unseen = " (? is not observed)" if any("?" in row for row in witness.A) else ""
    named: tuple[LineNames, ...] = names.layers if names else (None,) * len(layers)

    def lines(name: str, entries: Sequence[Sequence[str]], row: int, column: int) -> list[str]:
        return matrix_lines(name, entries, layers[row], layers[column], (named[row], named[column]))

    if len(witness.factors) == 2:
        return [
            f"A = lim X(t) Y(t)ᵀ, t → 0+, is not in E{unseen}",
            *lines("A", witness.A, 0, 2),
            *lines("X(t)", witness.X, 0, 1),
            *lines("Y(t)", witness.Y, 2, 1),
        ]
    told = ["A = lim X1(t) X2(t) … , t → 0+, is not in E", *lines("A", witness.A, 0, len(layers) - 1)]
    for level, factor in enumerate(witness.factors):
        told += lines(f"X{level + 1}(t)", factor, level, level + 1)
    return told


def labelled(label: str, text: str) -> list[str]:
    """A label and its text, in lines of at most 80 characters that break between words only."""
    head = f"  {label:<9}"
    wrapped = textwrap.wrap(
        clean(" ".join(text.split())),
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapped or [head.rstrip()]


def plain_report(verdict: Verdict) -> str:
    """The whole report as text that ends in a line break."""
    lines = [f"{title(verdict.support)}: {verdict.verdict}"]
    lines.append(f"  {'mask':<9}{shape_of(verdict.support)}")
    if drawable(verdict.support):
        lines += ["           " + line for line in drawn_factors(verdict.support)]
    for label, text in facts(verdict):
        lines += labelled(label, text)
    if verdict.witness is not None:
        head, *rest = witness_lines(verdict.witness, verdict.support.names)
        lines += [f"  {'witness':<9}{head}", *(" " * 11 + line for line in rest)]
    return "\n".join(lines) + "\n"
