#!/usr/bin/env python3
"""Classify all masks of rank r, of every size at once, or of at most so many lines.

    python scripts/census.py --rank 2 --output census-2.jsonl
    python scripts/census.py --rank 3 --seconds 200 --output census-3.jsonl
    python scripts/census.py --rank 4 --lines 4 --upward --jobs 2 --known census-3.jsonl --output census-4.jsonl

By twin capping (R3) a mask of rank r is decided by the multiset of the types of its rows and that of its columns, a type S
(the set of terms a line meets) counted at most |S| times: finitely many pairs. Adding lines keeps a mask ill-posed (R2), so
the classification is given by the minimal ill-posed and the maximal well-posed pairs. They are found by dualization: a
maximal pair of which nothing is known is decided; if it is ill-posed, lines are taken away as long as it stays so, which
gives a new minimal obstruction and settles all that contains it; if it is well-posed, all that it contains is settled.
Everything is up to the order of the terms and transposition. Each line of the output is a JSON object with the pair and its
certificate; the checker accepts every certificate, or the mask counts as undecided. Undecided masks are listed too, and what
is below them is asked on its own.

Lines are written as they are found, and a run with the same output goes on where the last one stopped: undecided pairs are
asked again if ``--seconds`` has grown. At the end the file is rewritten without the proofs that later ones made
superfluous. With ``--lines`` only masks of at most so many rows and columns are classified. Obstructions of a smaller rank
(``--known``) are obstructions here too, since a term that meets no line is no term. With ``--upward`` all pairs of which nothing
is known are decided, from the small to the large: more of them, but each knows its sub-masks, and those of one size can be
decided side by side (``--jobs``).
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qeclose.certify import Certified, certify
from qeclose.checker import verify
from qeclose.errors import CertificateError
from qeclose.support import Mask, Support

Types = tuple[int, ...]
Pair = tuple[Types, Types]

OPEN, CLOSED, OBSTRUCTED, GIVEN_UP = 0, 1, -1, 2


def certified(
    rank: int, pair: Pair, seconds: float, sub_masks: bool
) -> tuple[int, Pair, dict[str, Any] | None]:
    """The verdict with a checked certificate, and the part of an ill-posed pair that its obstruction touches.

    From rank 4 on, blocks of up to three terms are looked up in the classification.
    """
    support = support_of(rank, pair)
    deadline = time.monotonic() + seconds
    result = certify(support, deadline=deadline, table=rank > 3, sub_masks=sub_masks)
    if not isinstance(result, Certified) or not holds(result.certificate, rank, pair):
        return GIVEN_UP, pair, None
    if result.obstruction is None:
        return CLOSED, pair, result.certificate
    rows = tuple(sorted(pair[0][i] for i in result.obstruction.rows))
    columns = tuple(sorted(pair[1][j] for j in result.obstruction.columns))
    return OBSTRUCTED, (rows, columns), result.certificate


def holds(certificate: dict[str, Any], rank: int, pair: Pair) -> bool:
    try:
        return verify(certificate, support_of(rank, pair)).complete
    except CertificateError as error:
        print(f"refused: {pair}: {error}", file=sys.stderr)
        return False


def support_of(rank: int, pair: Pair) -> Support:
    rows, columns = pair
    return Support(Mask(rows, rank), Mask(columns, rank))


class Lattice:
    """The pairs of multisets of line types for one rank, the rows' and the columns' numbered alike.

    ``contains[a, b]``: multiset b is part of multiset a. ``longer[s][a]``: the number of a with one more line of type s, or
    that of no multiset, which is ``len(sides)``.
    """

    def __init__(self, rank: int, lines: int) -> None:
        self.rank = rank
        types = range(1, 1 << rank)
        self.sides: list[Types] = [()]
        for s in types:
            self.sides += [
                (*side, *([s] * count))
                for count in range(1, s.bit_count() + 1)
                for side in self.sides
                if len(side) + count <= lines
            ]
        self.number = {side: a for a, side in enumerate(self.sides)}
        counts = np.array([[side.count(s) for s in types] for side in self.sides], dtype=np.int8)
        self.contains = np.array([(counts >= part).all(axis=1) for part in counts]).T
        nothing = len(self.sides)
        self.longer = [
            np.array([self.number.get(tuple(sorted((*side, s))), nothing) for side in self.sides])
            for s in types
        ]
        self.relabelled = [
            {s: sum(1 << order[k] for k in range(rank) if s >> k & 1) for s in types}
            for order in itertools.permutations(range(rank))
        ]

    def orbit(self, pair: Pair) -> set[Pair]:
        """The pair under all orders of the terms, and transposed."""
        moved = (tuple(tuple(sorted(to[s] for s in side)) for side in pair) for to in self.relabelled)
        return {both for rows, columns in moved for both in ((rows, columns), (columns, rows))}

    def canonical(self, pair: Pair) -> Pair:
        return min(self.orbit(pair))

    def below(self, pair: Pair) -> set[Pair]:
        """The pairs with one line less."""
        rows, columns = pair
        return {self.canonical((_without(rows, s), columns)) for s in set(rows)} | {
            self.canonical((rows, _without(columns, s))) for s in set(columns)
        }


def _without(side: Types, line: int) -> Types:
    place = side.index(line)
    return (*side[:place], *side[place + 1 :])


class Census:
    """What is known so far: minimal obstructions, pairs proved closed, pairs given up, and what follows for each pair.

    ``state`` has a row for every multiset of row types and a column for every one of column types; a last row and a last
    column stand for no multiset.
    """

    def __init__(self, lattice: Lattice, seconds: float, output: Path) -> None:
        self.lattice = lattice
        self.seconds = seconds
        self.output = output
        self.certificates: dict[Pair, dict[str, Any]] = {}
        self.minimal: set[Pair] = set()
        self.closed: set[Pair] = set()
        self.undecided: set[Pair] = set()
        size = len(lattice.sides) + 1
        self.state: NDArray[np.int8] = np.full((size, size), CLOSED, dtype=np.int8)
        self.state[1:-1, 1:-1] = OPEN  # without rows or columns a mask is closed
        if output.exists():
            self._load()

    def run(self, budget: float) -> None:
        """Ask about maximal pairs until nothing is left to ask, or ``budget`` seconds have passed."""
        end = time.monotonic() + budget
        while pairs := self.maximal():
            for pair in pairs:
                if time.monotonic() > end:
                    return
                if self._state(pair) == OPEN:
                    self._settle(pair)

    def run_upward(self, budget: float, jobs: int) -> None:
        """Decide all pairs of which nothing is known, those with the fewest lines first."""
        end = time.monotonic() + budget
        sides = self.lattice.sides
        length = np.array([len(side) for side in sides])
        lines = length[:, None] + length[None, :]
        with ProcessPoolExecutor(jobs) as pool:
            for total in range(2, int(lines.max()) + 1):
                found = np.argwhere((self.state[:-1, :-1] == OPEN) & (lines == total))
                pairs = sorted({self.lattice.canonical((sides[a], sides[b])) for a, b in found})
                waiting = iter(pairs)
                running: dict[Future[tuple[int, Pair, dict[str, Any] | None]], Pair] = {}
                while time.monotonic() < end:
                    for pair in itertools.islice(waiting, 2 * jobs - len(running)):
                        running[pool.submit(certified, self.lattice.rank, pair, self.seconds, False)] = pair
                    if not running:
                        break
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        self._note(running.pop(future), *future.result())

    def _note(self, pair: Pair, answer: int, inside: Pair, certificate: dict[str, Any] | None) -> None:
        if answer == OBSTRUCTED and self.lattice.canonical(inside) != pair:
            self._settle(self.lattice.canonical(inside))  # it had been given up
            return
        if certificate is not None:
            self.certificates[pair] = certificate
        self._learnt(pair, answer)

    def maximal(self) -> list[Pair]:
        """The pairs of which nothing is known, while something is of all that have one line more."""
        is_open = self.state == OPEN
        found = is_open[:-1, :-1].copy()
        for longer in self.lattice.longer:
            found &= ~is_open[longer, :-1]
            found &= ~is_open[:-1, longer]
        sides = self.lattice.sides
        return sorted({self.lattice.canonical((sides[a], sides[b])) for a, b in np.argwhere(found)})

    def take(self, file: Path) -> None:
        """Minimal obstructions from a classification of a smaller rank."""
        for text in file.read_text().splitlines():
            line = json.loads(text)
            rows, columns = tuple(line["rows"]), tuple(line["columns"])
            fits = rows in self.lattice.number and columns in self.lattice.number
            if line["verdict"] == "ill-posed" and fits and self._state((rows, columns)) != OBSTRUCTED:
                self._settle(self.lattice.canonical((rows, columns)))

    def counts(self) -> dict[int, int]:
        """How many ordered pairs of types are in each state."""
        values, counts = np.unique(self.state[:-1, :-1], return_counts=True)
        return dict(zip(values.tolist(), counts.tolist(), strict=True))

    def lines(self) -> Iterator[str]:
        """What is known, a JSON object a line: obstructions and proofs that no other one implies, and open pairs."""
        self.minimal = {p for p in self.minimal if not any(self._is_part(q, p) for q in self.minimal - {p})}
        self.closed = {p for p in self.closed if not any(self._is_part(p, q) for q in self.closed - {p})}
        self.undecided = {pair for pair in self.undecided if self._state(pair) == GIVEN_UP}
        for pairs in (self.minimal, self.closed, self.undecided):
            for pair in sorted(pairs):
                yield self._line(pair)

    def _is_part(self, part: Pair, pair: Pair) -> bool:
        number, contains = self.lattice.number, self.lattice.contains
        a, b = (number[side] for side in pair)
        return any(
            contains[a, number[rows]] and contains[b, number[columns]]
            for rows, columns in self.lattice.orbit(part)
        )

    def _line(self, pair: Pair) -> str:
        verdict = (
            "ill-posed" if pair in self.minimal else "well-posed" if pair in self.closed else "undecided"
        )
        line: dict[str, object] = {"verdict": verdict, "rows": pair[0], "columns": pair[1]}
        if verdict == "undecided":
            line["seconds"] = self.seconds
        else:
            line["certificate"] = self.certificates[pair]
        return json.dumps(line) + "\n"

    def _load(self) -> None:
        for text in self.output.read_text().splitlines():
            line = json.loads(text)
            pair = tuple(line["rows"]), tuple(line["columns"])
            if line["verdict"] == "undecided":
                if line["seconds"] >= self.seconds:
                    self._know(pair, GIVEN_UP)
            elif holds(line["certificate"], self.lattice.rank, pair):
                self.certificates[pair] = line["certificate"]
                self._know(pair, OBSTRUCTED if line["verdict"] == "ill-posed" else CLOSED)

    def _state(self, pair: Pair) -> int:
        a, b = (self.lattice.number[side] for side in pair)
        return int(self.state[a, b])

    def _know(self, pair: Pair, state: int) -> None:
        """Note a pair and what follows from it."""
        {OBSTRUCTED: self.minimal, CLOSED: self.closed, GIVEN_UP: self.undecided}[state].add(pair)
        known, contains = self.state[:-1, :-1], self.lattice.contains
        for rows, columns in self.lattice.orbit(pair):
            a, b = self.lattice.number[rows], self.lattice.number[columns]
            if state == GIVEN_UP:
                known[a, b] = known[a, b] or GIVEN_UP
                continue
            one, other = (
                (contains[:, a], contains[:, b]) if state == OBSTRUCTED else (contains[a], contains[b])
            )
            settled = np.ix_(one, other)
            if (known[settled] == -state).any():
                raise SystemExit(f"contradiction: {pair} and what was known before")
            known[settled] = state

    def _settle(self, pair: Pair) -> None:
        answer, inside = self._decide(pair)
        if answer == OBSTRUCTED:
            pair = self._minimised(inside)
        self._learnt(pair, answer)

    def _learnt(self, pair: Pair, answer: int) -> None:
        self._know(pair, answer)
        with self.output.open("a") as file:
            file.write(self._line(pair))
        left = int((self.state == OPEN).sum())
        print(f"{json.loads(self._line(pair))['verdict']}: {pair} ({len(self.minimal)} minimal, {len(self.closed)} closed, "
              f"{len(self.undecided)} given up, {left} ordered pairs open)", file=sys.stderr, flush=True)  # fmt: skip

    def _decide(self, pair: Pair) -> tuple[int, Pair]:
        """The verdict and, for an ill-posed pair, the part of it that its obstruction touches."""
        answer, inside, certificate = certified(self.lattice.rank, pair, self.seconds, True)
        if certificate is not None:
            self.certificates[pair] = certificate
        return answer, self.lattice.canonical(inside)

    def _minimised(self, pair: Pair) -> Pair:
        """A minimal ill-posed pair inside an ill-posed one; undecided parts count as not known to be ill-posed."""
        for smaller in sorted(self.lattice.below(pair)):
            if self._state(smaller) not in (CLOSED, GIVEN_UP):
                answer, inside = self._decide(smaller)
                if answer == OBSTRUCTED:
                    return self._minimised(inside)
        self._decide(pair)  # its own certificate
        return pair


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rank", type=int, choices=(1, 2, 3, 4), default=2)
    parser.add_argument("--lines", type=int, default=10**6, help="the most rows and columns of a mask")
    parser.add_argument("--known", type=Path, help="the output for a smaller rank")
    parser.add_argument("--upward", action="store_true", help="decide small masks first, and all of them")
    parser.add_argument("--jobs", type=int, default=1, help="processes, with --upward")
    parser.add_argument("--seconds", type=float, default=30.0, help="for each mask")
    parser.add_argument("--budget", type=float, default=1e9, help="seconds for everything")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    lattice = Lattice(options.rank, options.lines)
    census = Census(lattice, options.seconds, options.output)
    if options.known is not None:
        census.take(options.known)
    if options.upward:
        census.run_upward(options.budget, options.jobs)
    else:
        census.run(options.budget)
    lines = list(census.lines())
    options.output.write_text("".join(lines))
    counts = census.counts()
    left = counts.get(OPEN, 0) + counts.get(GIVEN_UP, 0)
    print(f"{len(lattice.sides) ** 2} ordered pairs of types: {counts.get(OBSTRUCTED, 0)} ill-posed "
          f"({len(census.minimal)} minimal obstructions), {counts.get(CLOSED, 0)} well-posed "
          f"({len(census.closed)} proofs), {left} undecided")  # fmt: skip


if __name__ == "__main__":
    main()
