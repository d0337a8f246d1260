"""Masks with missing entries of A (section W): the same question in other words, by truth of our own, and by engines."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from fractions import Fraction
from functools import partial

from attack.engines import ask_engines
from attack.masks import Lists, Pair, block_sum, random_pair, text
from attack.tally import Tally
from attack.truth import factors_near, frontier_point, has_factors

__all__ = ["Seen", "rank_one_closed", "reworded", "trial", "weaker"]

Seen = tuple[Pair, Lists]
"""I and J, and W (m×n): 1 is missing."""

_TRUTH_EVERY = 3
_ENGINE_EVERY = 20
_SECONDS = 3.0


def trial(number: int, rng: random.Random, tally: Tally) -> None:
    """One mask with missing entries, decided in every way; at intervals by curves and Z3, and by an engine."""
    seen = _random(rng)
    tally.add("masks")
    verdict = _decided(seen)
    if verdict == "undecided":
        tally.add("undecided")
        return
    for what, other in reworded(seen, rng):
        _same(tally, seen, what, other, verdict)
    if verdict == "well-posed":
        for what, other in weaker(seen, rng):
            _same(tally, seen, what, other, verdict)
    _nothing_missing(tally, seen[0])
    _rank_one(tally, rng)
    if number % _TRUTH_EVERY == 0:
        _by_curves(tally, seen, verdict, rng)
    if number % _ENGINE_EVERY == 0:
        _by_an_engine(tally, rng)


def reworded(seen: Seen, rng: random.Random) -> Iterator[tuple[str, Seen]]:
    """Questions that have the same answer, each with the name of the change."""
    (I, J), W = seen
    m, n, r = len(I), len(J), len(I[0])
    rows, columns, terms = rng.sample(range(m), m), rng.sample(range(n), n), rng.sample(range(r), r)
    permuted = (
        tuple(tuple(I[i][k] for k in terms) for i in rows),
        tuple(tuple(J[j][k] for k in terms) for j in columns),
    )
    yield "permutation", (permuted, tuple(tuple(W[i][j] for j in columns) for i in rows))
    yield "transposition", ((J, I), tuple(zip(*W, strict=True)))
    ones: Lists = (*W, (1,) * n)
    yield "a row that is not observed", (((*I, tuple(rng.randint(0, 1) for _ in range(r))), J), ones)
    covered = [[any(a and b for a, b in zip(I[i], J[j], strict=True)) for j in range(n)] for i in range(m)]
    bare = tuple(tuple(int(W[i][j] or not covered[i][j]) for j in range(n)) for i in range(m))
    yield "entries missing that no term reaches", ((I, J), bare)
    line = tuple((*row, 0) for row in W)
    yield "own 1x1 block", (block_sum((I, J), (((1,),), ((1,),))), (*line, (0,) * n + (0,)))


def weaker(seen: Seen, rng: random.Random) -> Iterator[tuple[str, Seen]]:
    """Questions that are well-posed if this one is: lines deleted (R2)."""
    (I, J), W = seen
    if len(I) > 1:
        gone = rng.randrange(len(I))
        yield "row deleted", ((I[:gone] + I[gone + 1 :], J), W[:gone] + W[gone + 1 :])
    if len(J) > 1:
        gone = rng.randrange(len(J))
        columns = tuple(row[:gone] + row[gone + 1 :] for row in W)
        yield "column deleted", ((I, J[:gone] + J[gone + 1 :]), columns)


def rank_one_closed(W: Lists) -> bool:
    """The theorem on rank one, I and J full: rows that share an observed column are observed in the same columns."""
    rows = [{j for j, missing in enumerate(row) if not missing} for row in W]
    return all(not a & b or a == b for a, b in itertools.combinations(rows, 2))


def _random(rng: random.Random) -> Seen:
    pair = random_pair(rng, terms=(1, 2, 2, 3))
    return pair, _holes(rng, len(pair[0]), len(pair[1]))


def _holes(rng: random.Random, m: int, n: int) -> Lists:
    density = rng.choice((0.1, 0.25, 0.5))
    return tuple(tuple(int(rng.random() < density) for _ in range(n)) for _ in range(m))


def _decided(seen: Seen, *, seconds: float = 10.0, **options: object) -> str:
    import qeclose

    options = {"method": "certify", **options}
    support = qeclose.Support(*seen[0], missing=seen[1])
    return qeclose.check(support, timeout=seconds, **options).verdict  # type: ignore[arg-type]


def _text(seen: Seen) -> str:
    return text(seen[0]) + "W:\n" + "".join("".join(map(str, row)) + "\n" for row in seen[1])


def _same(tally: Tally, seen: Seen, what: str, other: Seen, expected: str) -> None:
    tally.add("comparisons")
    found = _decided(other)
    if found == "undecided":
        tally.add("undecided")
    elif found != expected:
        tally.disagree(
            f"missing: {what}", expected=expected, found=found, mask=_text(seen), other=_text(other)
        )


def _nothing_missing(tally: Tally, pair: Pair) -> None:
    """W without a missing entry is the same support as no W."""
    import qeclose

    tally.add("comparisons")
    none = tuple((0,) * len(pair[1]) for _ in pair[0])
    if qeclose.Support(*pair, missing=none) != qeclose.Support(*pair):
        tally.disagree("missing: none", mask=text(pair))


def _rank_one(tally: Tally, rng: random.Random) -> None:
    m, n = rng.randint(1, 5), rng.randint(1, 5)
    seen = (((1,),) * m, ((1,),) * n), _holes(rng, m, n)
    found = _decided(seen)
    tally.add("comparisons")
    if found == "undecided":
        tally.add("undecided")
    elif (found == "well-posed") != rank_one_closed(seen[1]):
        tally.disagree("missing: rank one", found=found, mask=_text(seen))


def _by_curves(tally: Tally, seen: Seen, verdict: str, rng: random.Random) -> None:
    """A frontier point found without qeclose on a mask called well-posed; qeclose's own, looked at by Z3."""
    import qeclose

    (I, J), W = seen
    tally.add("comparisons")
    if verdict == "well-posed":
        point = frontier_point(I, J, rng, missing=W, curves=30)
        if point is not None:
            matrix = [[str(entry) for entry in row] for row in point.matrix]
            tally.disagree("missing: a frontier point", found=verdict, mask=_text(seen), matrix=matrix)
        return
    witness = qeclose.check(qeclose.Support(I, J, missing=W), method="certify", timeout=10).witness
    if witness is None:
        return
    matrix = [["0" for _ in J] for _ in I]
    for i, row in zip(witness.rows, witness.A, strict=True):
        for j, entry in zip(witness.columns, row, strict=True):
            if (entry == "?") != bool(W[i][j]):
                tally.disagree("missing: what a witness shows", mask=_text(seen), witness=witness.to_json())
                return
            matrix[i][j] = entry if entry != "?" else "0"
    exact = [[Fraction(entry) for entry in row] for row in matrix]
    if has_factors(exact, I, J, _SECONDS, W) or factors_near(exact, I, J, rng, missing=W) is not None:
        tally.disagree("missing: the witness has factors", mask=_text(seen), witness=witness.to_json())


def _by_an_engine(tally: Tally, rng: random.Random) -> None:
    """A small mask put to engines."""
    pair = random_pair(rng, terms=(1, 1, 2), most=2)
    seen = pair, _holes(rng, len(pair[0]), len(pair[1]))
    ask_engines(tally, rng, partial(_decided, seen), _text(seen), told="missing: ")
