"""Random changes of inputs: of bytes for hypothesis, of JSON values for both drivers."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["changed_json", "edited"]

_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**63, 10**30, 1.5, 1e308, "", "0", "1/0", "1/2", "-1", "x" * 300, "é\n",
    [], {}, [[]], [0], "a b",
)  # fmt: skip


def edited(corpus: Sequence[bytes], words: Sequence[bytes], *, is_json: bool) -> SearchStrategy[bytes]:
    """Members of the corpus with a few pieces removed, repeated, put elsewhere, or replaced by words and bytes."""
    from hypothesis import strategies as st

    pieces = st.binary(max_size=6) | st.sampled_from(list(words) or [b"0"])
    edits = st.lists(st.tuples(st.integers(0, 4), st.floats(0, 1), st.integers(0, 40), pieces), max_size=6)

    def apply(data: bytes, changes: list[tuple[int, float, int, bytes]], number: int) -> bytes:
        if is_json and number % 4:
            return changed_json(data, random.Random(number)) or data
        for kind, place, length, piece in changes:
            at = round(place * len(data))
            cut = data[at : at + length]
            match kind:
                case 0:
                    data = data[:at] + data[at + length :]
                case 1:
                    data = data[:at] + piece + data[at:]
                case 2:
                    data = data[:at] + piece + data[at + len(piece) :]
                case 3:
                    data = data[:at] + cut * 3 + data[at + length :]
                case _:
                    data = cut + data[:at] + data[at + length :]
        return data

    return st.builds(apply, st.sampled_from(list(corpus)), edits, st.integers(0, 2**32))


def changed_json(data: bytes, rng: random.Random) -> bytes | None:
    """One to three places of one of the JSON values (one a line) changed; None if the bytes are no such thing."""
    lines = data.split(b"\n")
    filled = [number for number, line in enumerate(lines) if line.strip()]
    if not filled:
        return None
    number = rng.choice(filled)
    try:
        value = json.loads(lines[number])
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            value = _changed(value, rng)
        lines[number] = json.dumps(value).encode()
    except (ValueError, RecursionError):
        return None
    return b"\n".join(lines)


def _changed(value: Any, rng: random.Random) -> Any:
    value = copy.deepcopy(value)
    places = [place for place in _places(value) if place]
    if not places:
        return rng.choice(_ODD)
    *way, last = rng.choice(places)
    parent = value
    for key in way:
        parent = parent[key]
    match rng.randrange(5):
        case 0:
            del parent[last]
        case 1:
            parent[last] = rng.choice(_ODD)
        case 2:
            *other, end = rng.choice(places)
            source = value
            for key in other:
                source = source[key]
            parent[last] = copy.deepcopy(source[end])
        case 3 if isinstance(parent, dict):
            parent[rng.choice(("x", "kind", "claim", "proof", "certificate"))] = parent.pop(last)
        case 4 if isinstance(parent, list):
            parent.insert(rng.randrange(len(parent) + 1), copy.deepcopy(parent[last]))
        case _:
            parent[last] = _near(parent[last], rng)
    return value


def _near(value: Any, rng: random.Random) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return rng.choice((value + 1, value - 1, -value))
        case str():
            at = rng.randrange(len(value) + 1)
            return (
                value[:at]
                + rng.choice(("0", "1", "-", "/", " ", "t", "well-posed", "ill-posed"))
                + value[at + 1 :]
            )
        case _:
            return [value]


def _places(value: Any) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    pending: list[tuple[tuple[Any, ...], Any]] = [((), value)]
    while pending and len(found) < 5000:
        place, one = pending.pop()
        found.append(place)
        if isinstance(one, dict):
            pending += [((*place, key), entry) for key, entry in one.items()]
        elif isinstance(one, list):
            pending += [((*place, number), entry) for number, entry in enumerate(one)]
    return found
