"""Certificates with one thing changed, systematically: every number, string, list entry and key."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

__all__ = ["Place", "canonical", "mutations", "places", "replaced"]

Place = tuple[str | int, ...]
_REMOVED = object()


def mutations(certificate: dict[str, Any], rng: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every single change of ``certificate``, in random order, each with a description that starts with its place.

    Numbers and digits change, truth values and floats take the place of numbers, strings change, entries of
    lists are removed, doubled or exchanged with the next, keys are removed, renamed and added. The originals
    and the copies share what does not change: never modify a copy.
    """
    listed = list(places(certificate))
    rng.shuffle(listed)
    for place, value in listed:
        changes = list(_changes(value, rng))
        for what, change in changes:
            if change is _REMOVED or change != value or type(change) is not type(value):
                yield f"{_written(place)}: {what}", replaced(certificate, place, change)
        if place:
            yield f"{_written(place)}: removed", replaced(certificate, place, _REMOVED)


def replaced(value: Any, place: Place, new: Any) -> Any:
    """A copy of a nested value with ``new`` at ``place``; only the containers on the way are copied."""
    if not place:
        return new
    key, *rest = place
    copy = value.copy()
    if not rest and new is _REMOVED:
        del copy[key]
    else:
        copy[key] = replaced(value[key], tuple(rest), new)
    return copy


def places(certificate: Any) -> Iterator[tuple[Place, Any]]:
    pending: list[tuple[Place, Any]] = [((), certificate)]
    while pending:
        place, value = pending.pop()
        yield place, value
        if isinstance(value, dict):
            pending.extend(((*place, key), entry) for key, entry in value.items())
        elif isinstance(value, list):
            pending.extend(((*place, number), entry) for number, entry in enumerate(value))


def _changes(value: Any, rng: random.Random) -> Iterator[tuple[str, Any]]:
    match value:
        case bool():
            yield "negated", not value
        case int():
            for new in (value + 1, value - 1, -value, 10**30, float(value), bool(value), str(value), None):
                yield f"{value} becomes {new!r}", new
        case str():
            yield from _changed_strings(value, rng)
        case list():
            yield "becomes an object", {str(number): entry for number, entry in enumerate(value)}
            for number in range(len(value)):
                yield f"entry {number} doubled", [*value[: number + 1], *value[number:]]
            for number in range(len(value) - 1):
                swapped = [*value[:number], value[number + 1], value[number], *value[number + 2 :]]
                yield f"entries {number} and {number + 1} exchanged", swapped
            yield "null added", [*value, None]
        case dict():
            yield "a key added", {**value, "extra": 0}
            for key in value:
                yield f"{key} renamed", {k + "_" if k == key else k: entry for k, entry in value.items()}


def _changed_strings(value: str, rng: random.Random) -> Iterator[tuple[str, Any]]:
    for new in (value + "1", value[:-1], "-" + value, value + "/0", value.upper(), "", None, 1):
        yield f"{value!r} becomes {new!r}", new
    digits = [position for position, character in enumerate(value) if character.isdigit()]
    for position in digits:
        new = rng.choice([digit for digit in "0123456789" if digit != value[position]])
        yield f"digit {position} becomes {new}", value[:position] + new + value[position + 1 :]
        flipped = {"0": "1", "1": "0"}.get(value[position], "0")
        yield f"digit {position} becomes {flipped}", value[:position] + flipped + value[position + 1 :]


def _written(place: Place) -> str:
    return ".".join(map(str, place)) or "certificate"


# Lists whose order says nothing, by the key they stand under.
_SETS = {
    *("rows", "columns", "keep", "drop", "dropped", "terms", "vectors", "independent", "components", "parts"),
    *(
        "blocks",
        "cases",
        "enlarged",
        "matching",
        "point",
        "solution",
        "multipliers",
        "factors",
        "split",
        "equations",
    ),
}
_SEQUENCES = {"multipliers", "factors", "equations"}


def canonical(certificate: dict[str, Any]) -> Any:
    """The certificate without what has no meaning: the order of sets, a factor of a polynomial that is split on,
    and what is recorded of engines (it only says whom to ask first).

    Two certificates that agree in this are the same proof.
    """
    return {**certificate, "proof": _plain(certificate["proof"], "")}


def _plain(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _plain(entry, name) for name, entry in value.items() if name != "engines"}
    if not isinstance(value, list) or key not in _SETS:
        return [_plain(entry, "") for entry in value] if isinstance(value, list) else value
    if key in _SEQUENCES:
        return [_sorted(entry) for entry in value]
    plain = _sorted(value)
    return _monic(plain) if key == "split" else plain


def _sorted(value: Any) -> Any:
    """Lists of lists and of objects sorted inside out; pairs that start with an index stay as they are."""
    if isinstance(value, dict):
        return _plain(value, "")
    if not isinstance(value, list):
        return value
    entries = [entry if _is_pair(entry) else _sorted(entry) for entry in value]
    if not all(type(entry) is type(entries[0]) for entry in entries) or _is_row(value):
        return entries
    return sorted(entries, key=repr)


def _is_row(value: list[Any]) -> bool:
    """A variable, a coefficient with its monomial, [number, evidence], [variable, numerator, denominator]."""
    first = value[0] if value else None
    if isinstance(first, str):
        return True
    return isinstance(first, list) and bool(first) and isinstance(first[0], str) and len(value) == 3


def _is_pair(value: Any) -> bool:
    """Numbers inside a list of lists, such as [line, id] in a matching: their order counts."""
    return isinstance(value, list) and all(isinstance(entry, int) for entry in value)


def _monic(polynomial: Any) -> Any:
    if not polynomial:
        return polynomial
    lead = Fraction(polynomial[0][0])
    return [[str(Fraction(c) / lead), monomial] for c, monomial in polynomial]
