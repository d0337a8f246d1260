"""Certificates with something changed, and proofs of one mask passed off as proofs of another.

A mutant that the checker accepts is compared with the verdict of the original: the mask is the same, so its claim is
true exactly if it is that verdict, which the other parts of the campaign attack. If it shows a matrix, that is limits
and factors recomputed here: the curve's product is expanded again, and Levenberg–Marquardt must not find factors.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

from attack.masks import Pair, forget, random_pair, text
from attack.tally import Tally

__all__ = ["claim_of", "mutants", "trial"]

_MUTANTS = 200
_REMOVED = object()


def trial(number: int, rng: random.Random, tally: Tally) -> None:
    """All attacks on the certificate of one mask."""
    import qeclose

    pair = random_pair(rng, terms=(1, 2, 2, 3, 3, 4), most=4)
    support = qeclose.Support(*pair)
    table = bool(number % 2)
    verdict = qeclose.check(support, method="certify", table=table, timeout=10)
    tally.add("masks")
    if verdict.certificate is None:
        tally.add("undecided")
        return
    tally.add("certificates")
    certificate = dict(verdict.certificate)
    for _, changed in zip(range(_MUTANTS), mutants(certificate, rng), strict=False):
        _try(tally, changed, pair, verdict.verdict)
    for forged in _forgeries(pair, certificate, rng):
        _try(tally, forged, pair, verdict.verdict)


def _try(tally: Tally, certificate: Any, pair: Pair, truth: str) -> None:
    """Count a mutant; one that is accepted must claim the truth about the mask."""
    tally.add("mutants")
    try:
        claim = claim_of(certificate, pair)
    except Exception as error:
        tally.disagree("the checker raised", error=repr(error), mask=text(pair), certificate=certificate)
        return
    if claim is None:
        return
    tally.add("accepted")
    if claim != truth or (truth == "ill-posed" and not _shows_a_frontier_point(certificate, pair)):
        tally.add("accepted_false")
        tally.disagree("false certificate accepted", expected=truth, mask=text(pair), certificate=certificate)


def claim_of(certificate: Any, pair: Pair) -> str | None:
    """What the checker says the certificate proves about the mask; None if it refuses."""
    import qeclose
    from qeclose.checker import verify
    from qeclose.errors import CertificateError

    try:
        return verify(certificate, qeclose.Support(*pair)).claim
    except CertificateError:
        return None


def _shows_a_frontier_point(certificate: dict[str, Any], pair: Pair) -> bool:
    """Whether no factors of the certificate's matrix are found; certificates without a point show nothing to refute."""
    point = certificate["proof"].get("point")
    if point is None:
        return True
    # A certificate may speak about a part of the mask: its rows and columns are numbered there.
    lines = certificate.get("part_of", {}).get("lines", [range(len(pair[0])), range(len(pair[1]))])
    rows, columns = lines[0], lines[-1]
    matrix = [[Fraction(0)] * len(pair[1]) for _ in pair[0]]
    for i, j, value in point:
        matrix[rows[i]][columns[j]] = Fraction(value)
    return _has_no_factors(tuple(map(tuple, matrix)), pair)


@lru_cache(maxsize=100)
def _has_no_factors(matrix: tuple[tuple[Fraction, ...], ...], pair: Pair) -> bool:
    """Most mutants of a certificate show the same matrix."""
    from attack.truth import factors_near

    return factors_near(matrix, *pair, random.Random(0)) is None


def _forgeries(pair: Pair, certificate: dict[str, Any], rng: random.Random) -> Iterator[dict[str, Any]]:
    """The proofs of masks with one entry, line or term fewer as proofs of this one, and the opposite claim."""
    import qeclose

    opposite = {"ill-posed": "well-posed", "well-posed": "ill-posed"}[certificate["claim"]]
    yield {**certificate, "claim": opposite}
    smaller = list(forget(pair))
    for other in rng.sample(smaller, min(3, len(smaller))):
        found = qeclose.check(qeclose.Support(*other), method="certify", timeout=5)
        if found.certificate is None or found.verdict == certificate["claim"]:
            continue
        forged = {**found.certificate, "mask": certificate["mask"]}
        if "part_of" in found.certificate:
            continue  # its mask is a part of the smaller mask: nothing to pass off
        yield forged
        # What the smaller mask lacks is given to lists that have to name everything.
        for _, changed in zip(range(25), mutants(forged, rng), strict=False):
            yield {**changed, "mask": certificate["mask"]} if isinstance(changed, dict) else changed


def mutants(certificate: dict[str, Any], rng: random.Random) -> Iterator[Any]:
    """Endless random changes of the proof: one, sometimes several at once."""
    while True:
        changed = certificate
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            places = [place for place in _places(changed) if place]
            changed = _mutated(changed, rng.choice(places), rng)
        yield changed


def _places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found, pending = [], [(place, value)]
    while pending:
        place, value = pending.pop()
        found.append(place)
        if isinstance(value, dict):
            pending += [((*place, key), entry) for key, entry in value.items()]
        elif isinstance(value, list):
            pending += [((*place, number), entry) for number, entry in enumerate(value)]
    return found


def _mutated(certificate: Any, place: tuple[Any, ...], rng: random.Random) -> Any:
    """A copy with another value at the place; what lies beside the way there is shared with the original."""
    *way, last = place
    changed = parent = copy.copy(certificate)
    for key in way:
        parent[key] = copy.copy(parent[key])
        parent = parent[key]
    value = parent[last]
    kinds: list[Callable[[], Any]] = [
        lambda: _REMOVED,
        lambda: _other_value(value, rng),
        lambda: _from_elsewhere(certificate, value, rng),
    ]
    new = rng.choice(kinds)()
    if new is _REMOVED:
        del parent[last]
    else:
        parent[last] = new
    return changed


def _other_value(value: Any, rng: random.Random) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return rng.choice((value + 1, value - 1, -value, 0, 10**12))
        case str():
            digits = [at for at, letter in enumerate(value) if letter.isdigit()]
            if not digits or rng.random() < 0.3:
                return rng.choice(("-" + value, value + "1", "0", "1", "1/2", value[:-1]))
            at = rng.choice(digits)
            return value[:at] + rng.choice("0123456789") + value[at + 1 :]
        case list() if value:
            at = rng.randrange(len(value))
            return rng.choice(
                (
                    [*value[:at], *value[at + 1 :]],
                    [*value[:at], value[at], *value[at:]],
                    rng.sample(value, len(value)),
                    [],
                )
            )
        case dict() if value:
            keys = list(value)
            one, two = rng.choice(keys), rng.choice(keys)
            return {**value, one: value[two], two: value[one]}
        case _:
            return rng.choice((None, 0, [], {}, "0"))


def _from_elsewhere(certificate: Any, value: Any, rng: random.Random) -> Any:
    """Another part of the same certificate with the same type: the most plausible kind of error."""
    candidates: list[Any] = []
    pending = [certificate.get("proof", certificate)]
    while pending:
        part = pending.pop()
        if type(part) is type(value):
            candidates.append(part)
        if isinstance(part, dict):
            pending += part.values()
        elif isinstance(part, list):
            pending += part
    return rng.choice(candidates) if candidates else None
