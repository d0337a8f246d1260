"""A repair as text for people, in sentences and as JSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from qeclose.decide.verdict import missing_json
from qeclose.repairs.repairing import Change, Repair
from qeclose.repairs.state import State
from qeclose.report.drawing import drawable, drawn_factors, title
from qeclose.report.plain import labelled
from qeclose.report.spoken import said, spoken_facts, spoken_mask
from qeclose.support.bits import bits
from qeclose.support.model import Support
from qeclose.support.phrase import Lines, counted

__all__ = ["changes_json", "changes_text", "reason", "repair_json", "repair_text", "spoken_repair"]

_SCHEMA = 2
_MOST_CHANGES = 20
_MOST_OTHERS = 10
_MOST_POSITIONS = 6
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
        **missing_json(repair.support),
        "mode": repair.mode,
        "keeps_reachable": repair.keeps,
        "changes": None if repaired is None else changes_json(repair.changes),
        "unreachable": [list(position) for position in repair.unreachable],
        "minimal": repair.minimal,
        "impossible": repair.impossible,
        "at_least": repair.at_least,
        "undecided": repair.undecided,
        "decided": repair.decided,
        "reason": reason(repair),
        "repaired": None
        if repaired is None
        else {"I": repaired.I.to_strings(), "J": repaired.J.to_strings()},
        "certificate": repair.certificate,
        "others": [changes_json(changes) for changes in repair.others],
        "all_found": repair.all_found,
        "smaller": None if repair.smaller is None else _smaller_json(repair.smaller),
        "seconds": round(repair.seconds, 3),
    }


def changes_json(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """The changes as JSON objects."""
    return [_change_json(change) for change in changes]


def _smaller_json(smaller: Repair) -> dict[str, Any]:
    """A repair with fewer changes that makes entries of A unreachable."""
    return {
        "changes": changes_json(smaller.changes),
        "unreachable": [list(position) for position in smaller.unreachable],
        "minimal": smaller.minimal,
        "at_least": smaller.at_least,
    }


def _change_json(change: Change) -> dict[str, Any]:
    action = "add" if change.added else "remove"
    return {"factor": change.factor, "row": change.row, "term": change.term, "change": action}


def repair_text(repair: Repair) -> str:
    """The report, which ends in a line break; rows and terms count from 1."""
    lines = [f"{title(repair.support)}: {_headline(repair)}"]
    lines += (line for label, text in _mended(repair) for line in labelled(label, text))
    if repair.repaired is not None and drawable(repair.repaired):
        lines += [f"           {line}" for line in _drawn(repair.repaired, repair.changes)]
    lines += (line for label, text in _besides(repair) for line in labelled(label, text))
    return "\n".join(lines) + "\n"


def spoken_repair(repair: Repair) -> str:
    """The same in sentences, a fact a line, for screen readers: as ``spoken_report`` says a verdict."""
    lines = [f"{title(repair.support)}: {_headline(repair)}."]
    lines += spoken_facts([*_mended(repair), *_besides(repair)])
    lines += (
        spoken_mask(repair.support)
        if repair.repaired is None
        else spoken_mask(repair.repaired, "Repaired mask")
    )
    return said(lines)


def _mended(repair: Repair) -> list[tuple[str, str]]:
    """What is proved, what to change, and what that costs: (label, text) pairs."""
    told = [("why", reason(repair))]
    told += [("change", _change_text(change)) for change in repair.changes[:_MOST_CHANGES]]
    if (more := len(repair.changes) - _MOST_CHANGES) > 0:
        told.append(("", f"and {more} more: {_summary(repair.changes)} in all (--format json lists them)"))
    if repair.unreachable:
        told.append(("warning", f"after this {lost_text(repair)}"))
    return told


def _besides(repair: Repair) -> list[tuple[str, str]]:
    """Other repairs, and what the search was."""
    told = [("or", changes_text(changes)) for changes in repair.others[:_MOST_OTHERS]]
    if (more := len(repair.others) - _MOST_OTHERS) > 0:
        told.append(("", f"and {more} more (--format json lists them all)"))
    if repair.smaller is not None:
        smaller = f"{changes_text(repair.smaller.changes)}; but then {lost_text(repair.smaller)}"
        told.append(("smaller", smaller))
    told.append(("search", f"{repair.decided} masks and sub-masks decided in {repair.seconds:.2f} s"))
    return told


def _headline(repair: Repair) -> str:
    if repair.repaired is None:
        return "no repair found"
    if not repair.changes:
        return "well-posed already"
    return f"{counted(len(repair.changes), 'change')} to make it well-posed"


def reason(repair: Repair) -> str:
    """What is proved about the number of changes, in one sentence."""
    by = _ONLY[repair.mode]
    if repair.impossible:
        return f"there is none{by}: with entries of A missing, all masks that they lead to are certified ill-posed"
    if repair.repaired is not None and not repair.changes:
        return "the mask has a certificate of being well-posed"
    losing = " or makes an entry of A unreachable" if repair.keeps and repair.mode != "add" else ""
    if repair.minimal:
        return f"minimal: every mask with fewer changes{by} is certified ill-posed{losing}"
    keeping = " to keep every entry of A reachable" if losing else ""
    known = f"at least {counted(repair.at_least, 'change')} {_needed(repair.at_least)}{by}{keeping}"
    if repair.repaired is None:
        return f"{known}; {_left(repair)}" if repair.at_least else _left(repair)
    return f"best found, not proved minimal: {known}; {_left(repair)}"


def _needed(count: int) -> str:
    return "is needed" if count == 1 else "are needed"


def _left(repair: Repair) -> str:
    if repair.undecided:
        return f"{counted(repair.undecided, 'mask')} on the way stayed undecided"
    return "the search was ended by its limits"


def lost_text(repair: Repair) -> str:
    """Which entries of A no product reaches any more, whole lines first."""
    lost = set(repair.unreachable)
    before = State.of(repair.support)
    rows = [i for i in sorted({i for i, _ in lost}) if _is_gone(before, {j for a, j in lost if a == i}, i, 0)]
    columns = [
        j for j in sorted({j for _, j in lost}) if _is_gone(before, {i for i, b in lost if b == j}, j, 1)
    ]
    told = [Lines("row", tuple(rows)).text(repair.support.names)] if rows else []
    told += [Lines("column", tuple(columns)).text(repair.support.names)] if columns else []
    rest = sorted((i, j) for i, j in lost if i not in rows and j not in columns)
    told += [f"entry ({i + 1}, {j + 1})" for i, j in rest[:_MOST_POSITIONS]]
    told += [f"{len(rest) - _MOST_POSITIONS} more entries"] if len(rest) > _MOST_POSITIONS else []
    return f"{' and '.join(told)} of A {'is' if len(told) == len(rows + columns + rest) == 1 else 'are'} always zero"


def _is_gone(before: State, lost: set[int], line: int, side: int) -> bool:
    """Whether the entries lost in a row (side 0) or column (side 1) of A are all that could be reached there."""
    reached = 0
    for term in before.terms:
        reached |= term[1 - side] if term[side] >> line & 1 else 0
    return all(other in lost for other in bits(reached))


def changes_text(changes: Sequence[Change]) -> str:
    """The changes in words, or how many there are where a list would be too long."""
    if len(changes) > _MOST_OTHERS:
        return _summary(changes)
    return ", ".join(map(_change_text, changes))


def _summary(changes: Sequence[Change]) -> str:
    """How many entries of which factor are added and removed."""
    counts = Counter((change.added, change.factor) for change in changes)
    return ", ".join(
        f"{'add' if added else 'remove'} {counted(count, 'entry').replace('entrys', 'entries')} of {factor}"
        for (added, factor), count in sorted(counts.items())
    )


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
