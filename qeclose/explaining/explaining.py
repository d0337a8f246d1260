"""``explain``: why a mask is ill-posed or well-posed, and what to do about it."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import islice
from math import inf
from typing import TYPE_CHECKING

from qeclose.certify import Certified, certify
from qeclose.decide.strategy import DEFAULT_TIMEOUT, check
from qeclose.errors import UsageError
from qeclose.explaining.advice import advice_on
from qeclose.explaining.changes import fragility
from qeclose.explaining.deciding import Deciding, Kind, Sides, lines_by_type
from qeclose.explaining.examples import example, part_of
from qeclose.explaining.explanation import Explained, Explanation
from qeclose.explaining.obstructions import Place, minimal_obstructions
from qeclose.repairs import Repair, repair
from qeclose.support.bits import bitset
from qeclose.support.model import Support

if TYPE_CHECKING:
    from qeclose.decide.panel import Watch
    from qeclose.decide.verdict import Verdict

__all__ = ["DEFAULT_LISTED", "explain"]

DEFAULT_LISTED = 20
_CHECK_SHARE = 0.5
"""The share of the time for the verdict; of what is left, so much is for the obstructions and the rest for a repair."""
_SEARCH_SHARE = 0.6
_PATIENCE = 1.0
"""Seconds for a single sub-mask or changed mask."""
_EXAMPLE_PATIENCE = 10.0
_REPAIR_SHARE = 0.2
"""A repair is advice: for more of the time than this nobody should wait for a cheaper one. ``repair`` itself takes it all."""
_REPAIR_COUNT = 5


def explain(
    support: Support,
    *,
    timeout: float = DEFAULT_TIMEOUT,
    listed: int = DEFAULT_LISTED,
    seed: int = 0,
    watch: Watch | None = None,
) -> Explanation:
    """Explain the verdict of ``check`` on a support, within ``timeout`` seconds of wall-clock time.

    Ill-posed: the minimal obstructions (rows and columns whose sub-mask is ill-posed, and without any one of them is not), the
    first ``listed`` of them with an example each. With at most three terms all of them are known; with more, ``complete`` says
    whether they are. For more than two factors the one obstruction of the verdict is given; with missing entries one, as small as
    was found. Well-posed, two factors, all of A observed: which single changes of an entry would break it.

    Raises ``UsageError`` for a timeout that is not positive, and ``TypeError`` for what is no ``Support``.

    >>> explain(Support(["10", "11"], ["10", "11"])).obstructions[0].place
    Place(rows=(0, 1), columns=(0, 1), terms=(0, 1))
    """
    if not isinstance(support, Support):
        raise TypeError(f"explain is for a Support, not for {type(support).__name__}")
    if not 0 < timeout < inf or listed < 1:
        raise UsageError("the timeout must be positive and finite, and at least one obstruction be listed")
    started = time.monotonic()
    deadline = started + timeout
    verdict = check(support, timeout=_CHECK_SHARE * timeout, seed=seed, watch=watch)
    if len(support.factors) != 2:
        explanation = _of_chain(verdict)
    elif support.missing is not None and verdict.verdict != "undecided":
        explanation = _with_holes(verdict, deadline, seed, _REPAIR_SHARE * timeout)
    elif verdict.verdict == "well-posed":
        explanation = _well_posed(verdict, deadline, seed)
    elif verdict.verdict == "ill-posed":
        explanation = _ill_posed(verdict, deadline, listed, seed, _REPAIR_SHARE * timeout)
    else:
        explanation = Explanation(verdict, complete=False, advice=tuple(advice_on(verdict, None)))
    return replace(explanation, seconds=time.monotonic() - started)


def _of_chain(verdict: Verdict) -> Explanation:
    """More than two factors: the lines of the verdict's witness, which need not be minimal nor all there is."""
    advice = tuple(advice_on(verdict, None))
    witness = verdict.witness
    if witness is None:
        return Explanation(verdict, complete=verdict.verdict == "well-posed", advice=advice)
    inner = tuple(sorted({line for layer in witness.layers[1:-1] for line in layer}))
    found = Explained(Place(witness.rows, witness.columns, inner), witness)
    return Explanation(verdict, (found,), 1, 1, complete=False, advice=advice)


def _with_holes(verdict: Verdict, deadline: float, seed: int, for_repair: float) -> Explanation:
    """Entries of A are missing: one minimal obstruction, from which no row and no column can be left out as far as was found.

    R2 holds with missing entries too: deleting lines keeps closedness.
    """
    if verdict.verdict == "well-posed":
        return Explanation(verdict, advice=tuple(advice_on(verdict, None)))
    support, witness = verdict.support, verdict.witness
    lines = [list(range(side)) for side in support.shape]
    if witness is not None:
        lines = [list(witness.rows), list(witness.columns)]
    for side in (0, 1):
        for line in tuple(lines[side]):
            fewer = [[one for one in kept if side != at or one != line] for at, kept in enumerate(lines)]
            if all(fewer) and time.monotonic() < deadline and _is_bad(support, fewer, deadline, seed):
                lines = fewer
    rows, columns = (tuple(kept) for kept in lines)
    terms = (
        k for k, (one, other) in enumerate(support.terms) if one & bitset(rows) and other & bitset(columns)
    )
    place = Place(rows, columns, tuple(terms))
    shown = example(support, place, deadline=deadline, patience=_EXAMPLE_PATIENCE, seed=seed)
    repair = _repair(support, min(deadline, time.monotonic() + for_repair), seed)
    advice = tuple(advice_on(verdict, repair))
    return Explanation(verdict, (Explained(place, shown),), 1, 1, complete=False, advice=advice)


def _is_bad(support: Support, lines: list[list[int]], deadline: float, seed: int) -> bool:
    part = part_of(support, Place(tuple(lines[0]), tuple(lines[1]), ()))
    found = certify(part, deadline=min(deadline, time.monotonic() + _PATIENCE), seed=seed)
    return isinstance(found, Certified) and not found.closed


def _sides(support: Support) -> Sides:
    return lines_by_type(support.I), lines_by_type(support.J)


def _deciding(support: Support, deadline: float, seed: int) -> Deciding:
    return Deciding(support.inner[0], deadline=deadline, patience=_PATIENCE, seed=seed)


def _well_posed(verdict: Verdict, deadline: float, seed: int) -> Explanation:
    support = verdict.support
    broken = fragility(_sides(support), support.shape, _deciding(support, deadline, seed))
    return Explanation(verdict, fragility=broken, advice=tuple(advice_on(verdict, None)))


def _ill_posed(verdict: Verdict, deadline: float, listed: int, seed: int, for_repair: float) -> Explanation:
    support = verdict.support
    now = time.monotonic()
    until = now + _SEARCH_SHARE * (deadline - now)
    found = minimal_obstructions(_sides(support), _deciding(support, until, seed), _hint(verdict))
    places = [place for _, place in islice(found.places(), listed)]
    if not places and verdict.witness is not None:
        # Nothing smaller was found than what the verdict says itself.
        place = Place(verdict.witness.rows, verdict.witness.columns, verdict.witness.terms)
        obstructions = [Explained(place, verdict.witness)]
    else:
        obstructions = [
            Explained(place, example(support, place, deadline=until, patience=_EXAMPLE_PATIENCE, seed=seed))
            for place in places
        ]
    repair = _repair(support, min(deadline, time.monotonic() + for_repair), seed)
    return Explanation(
        verdict,
        tuple(obstructions),
        max(found.count, len(obstructions)),
        len(found.kinds),
        found.complete and bool(places),
        advice=tuple(advice_on(verdict, repair)),
    )


def _hint(verdict: Verdict) -> Kind | None:
    """The part of the mask that the verdict's witness takes."""
    if verdict.witness is None:
        return None
    left, right = verdict.support.I.rows, verdict.support.J.rows
    return (
        tuple(sorted(left[i] for i in verdict.witness.rows)),
        tuple(sorted(right[j] for j in verdict.witness.columns)),
    )


def _repair(support: Support, deadline: float, seed: int) -> Repair | None:
    left = deadline - time.monotonic()
    return repair(support, timeout=left, count=_REPAIR_COUNT, seed=seed) if left > 0 else None
