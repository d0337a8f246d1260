"""Masks to attack with: all small ones in turn, random ones, and changes whose effect on the verdict is known."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator

__all__ = [
    "Lists",
    "Pair",
    "block_sum",
    "decided",
    "exhaustive",
    "forget",
    "random_pair",
    "restricted",
    "shrunk",
    "text",
    "transformed",
]

Lists = tuple[tuple[int, ...], ...]
Pair = tuple[Lists, Lists]
"""I (m×r) and J (n×r) as rows of 0 and 1."""

_SMALL = [(2, 2, 1), (2, 2, 2), (3, 2, 2), (2, 3, 2), (3, 3, 2), (2, 2, 3)]


def _grid(rows: int, columns: int, number: int) -> Lists:
    return tuple(tuple(number >> (i * columns + k) & 1 for k in range(columns)) for i in range(rows))


def exhaustive(number: int) -> Pair | None:
    """The pair with this number among all pairs up to 3×3 of rank 2 and 2×2 of rank 3; None past the last."""
    for m, n, r in _SMALL:
        size = 1 << (m + n) * r
        if number < size:
            return _grid(m, r, number & ((1 << m * r) - 1)), _grid(n, r, number >> m * r)
        number -= size
    return None


def random_pair(rng: random.Random, *, terms: tuple[int, ...] = (2, 3, 3), most: int = 4) -> Pair:
    """A random pair with at most ``most`` rows and columns; the density is drawn first."""
    r, density = rng.choice(terms), rng.choice((0.4, 0.6, 0.75, 0.9))
    return tuple(
        tuple(tuple(int(rng.random() < density) for _ in range(r)) for _ in range(rng.randint(1, most)))
        for _ in "IJ"
    )  # type: ignore[return-value]


def transformed(pair: Pair, rng: random.Random) -> Iterator[tuple[str, Pair]]:
    """Pairs that are well-posed exactly when ``pair`` is, each with the name of the change."""
    I, J = pair
    r = len(I[0])
    order = rng.sample(range(r), r)
    rows, columns = rng.sample(I, len(I)), rng.sample(J, len(J))
    yield (
        "permutation",
        tuple(tuple(tuple(row[k] for k in order) for row in side) for side in (rows, columns)),
    )  # type: ignore[misc]
    yield "transposition", (J, I)
    side = rng.randrange(2)
    empty = (0,) * r
    at = rng.randint(0, len(pair[side]))
    yield "empty line", _replaced(pair, side, (*pair[side][:at], empty, *pair[side][at:]))
    yield (
        "empty term",
        tuple(tuple((*row, int(s == side and rng.random() < 0.5)) for row in pair[s]) for s in (0, 1)),
    )  # type: ignore[misc]
    line = rng.choice(pair[side])
    copies = sum(other == line for other in pair[side])
    if copies >= max(1, sum(line)):
        yield "twin", _replaced(pair, side, (*pair[side], line))
    yield "own 1x1 block", block_sum(pair, (((1,),), ((1,),)))


def restricted(pair: Pair, rng: random.Random) -> Iterator[tuple[str, Pair]]:
    """Pairs that are well-posed if ``pair`` is (docs/theory.md#r2, lines deleted)."""
    for side in (0, 1):
        if len(pair[side]) > 1:
            gone = rng.randrange(len(pair[side]))
            yield "line deleted", _replaced(pair, side, pair[side][:gone] + pair[side][gone + 1 :])


def block_sum(one: Pair, other: Pair) -> Pair:
    """The direct sum: well-posed exactly when both are."""
    r, s = len(one[0][0]), len(other[0][0])
    return tuple(
        tuple([(*row, *(0,) * s) for row in a] + [(*(0,) * r, *row) for row in b])
        for a, b in zip(one, other, strict=True)
    )  # type: ignore[return-value]


def _replaced(pair: Pair, side: int, rows: Lists) -> Pair:
    return (rows, pair[1]) if side == 0 else (pair[0], rows)


def forget(pair: Pair) -> Iterator[Pair]:
    """The pairs with one line, one term or one entry fewer."""
    for side in (0, 1):
        for number in range(len(pair[side])):
            if len(pair[side]) > 1:
                yield _replaced(pair, side, pair[side][:number] + pair[side][number + 1 :])
    r = len(pair[0][0])
    for k in range(r if r > 1 else 0):
        yield tuple(tuple(row[:k] + row[k + 1 :] for row in side) for side in pair)  # type: ignore[misc]
    for side, number in itertools.chain.from_iterable(((s, i) for i in range(len(pair[s]))) for s in (0, 1)):
        row = pair[side][number]
        for k in range(r):
            if row[k]:
                smaller = (*row[:k], 0, *row[k + 1 :])
                yield _replaced(pair, side, (*pair[side][:number], smaller, *pair[side][number + 1 :]))


def shrunk(pair: Pair, wrong: Callable[[Pair], bool], *, steps: int = 200) -> Pair:
    """A pair that is still ``wrong`` and of which no part with one line, term or entry fewer is."""
    for _ in range(steps):
        smaller = next((p for p in forget(pair) if wrong(p)), None)
        if smaller is None:
            return pair
        pair = smaller
    return pair


def text(pair: Pair) -> str:
    """The pair as a mask file."""
    sides = ("\n".join("".join(map(str, row)) for row in side) for side in pair)
    return "I:\n{}\nJ:\n{}\n".format(*sides)


def decided(pair: Pair, *, seconds: float = 10.0, **options: object) -> str:
    """The verdict of ``qeclose.check`` by certificates alone, or with other ``options``.

    Raises ``AssertionError`` if a search made a certificate that the checker does not accept: the verdict would not be
    wrong, but the search is.
    """
    import qeclose

    options = {"method": "certify", **options}
    found = qeclose.check(qeclose.Support(*pair), timeout=seconds, **options)  # type: ignore[arg-type]
    for line in (*found.failures, *found.warnings):
        if "its own certificate is not accepted" in line:
            raise AssertionError(f"{line}, of {text(pair)!r}")
    return found.verdict
