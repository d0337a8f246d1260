"""What a fault is, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from faulting.commands import Ended, Place, verdicts

__all__ = ["Fault", "Found", "judged"]


@dataclass(frozen=True)
class Found:
    """What came out: the exit status, seconds over the limit, processes and files left, verdicts that are wrong or missing."""

    status: int
    over: float
    processes: int
    files: tuple[str, ...]
    wrong: tuple[str, ...]
    said: str = ""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong: ``inject(place, limit)`` does it to a command with so many seconds.

    ``statuses`` are the right ones. ``needs`` names an engine; ``quick`` faults are among the fast tests.
    """

    name: str
    inject: Callable[[Place, float], Found]
    statuses: frozenset[int]
    needs: str = ""
    quick: bool = False

    def complaints(self, found: Found, allowed: float) -> list[str]:
        """How what came out differs from what is promised."""
        said = []
        if found.status not in self.statuses:
            said.append(
                f"status {found.status}, not {' or '.join(map(str, sorted(self.statuses)))}: {found.said}"
            )
        if found.over > allowed:
            said.append(f"{found.over:.1f} s over its limit")
        if found.processes:
            said.append(f"{found.processes} processes left")
        if found.files:
            said.append(f"files left: {', '.join(found.files)}")
        return said + list(found.wrong)


def judged(
    place: Place,
    ended: Ended,
    limit: float,
    truth: Mapping[str, str],
    wanted: set[str],
    *,
    complete: bool = False,
) -> Found:
    """``truth`` are the verdicts by name; with ``complete`` each must have been given. ``wanted`` files may stay."""
    given = verdicts(ended.output)
    wrong = [
        f"WRONG VERDICT: {name} is said to be {verdict}"
        for name, verdict in given
        if verdict not in (truth.get(name), "undecided")
    ]
    statuses = {0: "well-posed", 1: "ill-posed"}
    if len(truth) == 1 and ended.status in statuses and statuses[ended.status] not in truth.values():
        wrong.append(f"WRONG STATUS: {ended.status}")
    if complete:
        wrong += [f"no verdict on {name}" for name, verdict in truth.items() if (name, verdict) not in given]
    said = " ".join(ended.errors.split())[-300:]
    if "Traceback" in ended.errors:
        wrong.append(f"a traceback: {ended.errors[-600:]}")
    return Found(
        ended.status,
        round(max(0.0, ended.seconds - limit), 1),
        place.left(),
        tuple(place.files_left(wanted)),
        tuple(wrong),
        said,
    )
