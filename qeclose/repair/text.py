"""A repair as text for people and as JSON for programs."""

from __future__ import annotations

from typing import Any

from qeclose.repair.repairing import Change, Repair
from qeclose.report.drawing import drawable, drawn_factors, title
from qeclose.support.model import Support

__all__ = ["repair_json", "repair_text"]

_SCHEMA = 1
_MOST_CHANGES = 100
_ONLY = {"any": "", "add": " by additions alone", "remove": " by removals alone"}


def repair_json(repair: Repair) -> dict[str, Any]:
    """The JSON object of ``docs/repair.md``; indices count from 0, as in certificates."""
    m, n = repair.support.shape
    repaired = repair.repaired
    return {
        "schema": _SCHEMA,
        "name": repair.support.name,
        "source": repair.support.source,
        "shape": {"m": m, "n": n, "r": repair.support.inner[0]},
        "mode": repair.mode,
        "changes": None if repaired is None else [_change_json(change) for change in repair.changes],
        "minimal": repair.minimal,
        "at_least": repair.at_least,
        "undecided": repair.undecided,
        "decided": repair.decided,
        "reason": reason(repair),
        "repaired": None
        if repaired is None
        else {"I": repaired.I.to_strings(), "J": repaired.J.to_strings()},
        "certificate": repair.certificate,
        "seconds": round(repair.seconds, 3),
    }


def _change_json(change: Change) -> dict[str, Any]:
    action = "add" if change.added else "remove"
    return {"factor": change.factor, "row": change.row, "term": change.term, "change": action}


def repair_text(repair: Repair) -> str:
    """The report, which ends in a line break; rows and terms count from 1."""
    lines = [f"{title(repair.support)}: {_headline(repair)}", f"  why      {reason(repair)}"]
    lines += [f"  change   {_change_text(change)}" for change in repair.changes[:_MOST_CHANGES]]
    if (more := len(repair.changes) - _MOST_CHANGES) > 0:
        lines.append(f"           and {more} more (--format json lists them all)")
    if repair.repaired is not None and drawable(repair.repaired):
        lines += [f"           {line}" for line in _drawn(repair.repaired, repair.changes)]
    lines.append(f"  search   {repair.decided} masks and sub-masks decided in {repair.seconds:.2f} s")
    return "\n".join(lines) + "\n"


def _headline(repair: Repair) -> str:
    if repair.repaired is None:
        return "no repair found"
    if not repair.changes:
        return "well-posed already"
    return f"{_counted(len(repair.changes), 'change')} to make it well-posed"


def reason(repair: Repair) -> str:
    """What is proved about the number of changes, in one sentence."""
    by = _ONLY[repair.mode]
    if repair.repaired is not None and not repair.changes:
        return "the mask has a certificate of being well-posed"
    if repair.minimal:
        return f"minimal: every mask with fewer changes{by} is certified ill-posed"
    known = f"at least {_counted(repair.at_least, 'change')} {_needed(repair.at_least)}{by}"
    if repair.repaired is None:
        return f"{known}; {_left(repair)}" if repair.at_least else _left(repair)
    return f"best found, not proved minimal: {known}; {_left(repair)}"


def _needed(count: int) -> str:
    return "is needed" if count == 1 else "are needed"


def _left(repair: Repair) -> str:
    if repair.undecided:
        return f"{_counted(repair.undecided, 'mask')} on the way stayed undecided"
    return "the search was ended by its limits"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _change_text(change: Change) -> str:
    action = "add" if change.added else "remove"
    return f"{action} row {change.row + 1}, term {change.term + 1} of {change.factor}"


def _drawn(repaired: Support, changes: tuple[Change, ...]) -> list[str]:
    """The repaired masks, with + for what was added and x for what was removed."""
    head, *rows = drawn_factors(repaired)
    width = repaired.inner[0]
    # Jᵀ stands to the right of I; the line above the rows names both.
    start = {"I": 0, "J": head.index("JT")}
    height = max(repaired.shape[0], width)
    canvas = [list(row.ljust(start["J"] + repaired.shape[1])) for row in rows[:height]]
    for change in changes:
        row, column = (change.row, change.term) if change.factor == "I" else (change.term, change.row)
        canvas[row][start[change.factor] + column] = "+" if change.added else "x"
    return [head, *("".join(row).rstrip() for row in canvas)]
