#!/usr/bin/env python3
"""Classify all masks of rank r, of every size at once.

    python scripts/census.py --rank 2 --output census-2.jsonl
    python scripts/census.py --rank 3 --seconds 200 --output census-3.jsonl
    python scripts/census.py --rank 4 --lines 4 --known census-3.jsonl --output census-4.jsonl

By twin capping (R3) a mask of rank r is decided by the multiset of the types of its rows and that of its columns, a type S
(the set of terms a line meets) counted at most |S| times: finitely many pairs. Adding lines keeps a mask ill-posed (R2), so
the classification is given by the minimal ill-posed and the maximal well-posed pairs. They are found by dualization: a
maximal pair that contains no known obstruction is decided; if it is ill-posed, lines are taken away as long as it stays so,
which gives a new minimal obstruction; if it is well-posed, everything below it is settled. Pairs are taken up to the order of
the terms and transposition. Each line of the output is a JSON object with the pair and its certificate; masks that could
not be decided in time are listed too, and what is below them is asked on its own.

The checker accepts every certificate, or the mask counts as undecided.

Lines are written as they are found, and a run with the same output goes on where the last one stopped: undecided pairs are
asked again if ``--seconds`` has grown. At the end the file is rewritten without the proofs that later ones made
superfluous. With ``--lines`` only masks of at most so many rows and columns are classified. Obstructions of a smaller rank
(``--known``) are obstructions here too, since a term that meets no line is no term.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qeclose.certify import Certified, certify
from qeclose.checker import verify
from qeclose.errors import CertificateError
from qeclose.support import Mask, Support

Types = tuple[int, ...]
Pair = tuple[Types, Types]


class Lattice:
    """The pairs of capped multisets of line types for one rank, up to symmetry, ordered by inclusion."""

    def __init__(self, rank: int, lines: int) -> None:
        self.rank = rank
        self.lines = lines
        self.types = range(1, 1 << rank)
        permutations = itertools.permutations(range(rank))
        self.relabelled = [
            {s: sum(1 << p[k] for k in range(rank) if s >> k & 1) for s in self.types} for p in permutations
        ]
        self._canonical: dict[Pair, Pair] = {}

    def canonical(self, pair: Pair) -> Pair:
        known = self._canonical.get(pair)
        if known is None:
            known = self._canonical[pair] = min(self.orbit(pair))
        return known

    def orbit(self, pair: Pair) -> set[Pair]:
        """The pair under all orders of the terms, and transposed."""
        moved = (tuple(tuple(sorted(to[s] for s in side)) for side in pair) for to in self.relabelled)
        return {both for rows, columns in moved for both in ((rows, columns), (columns, rows))}

    def below(self, pair: Pair) -> Iterator[Pair]:
        """The pairs with one line less."""
        for place, side in enumerate(pair):
            for s in set(side):
                rest = list(side)
                rest.remove(s)
                yield self._with(pair, place, tuple(rest))

    def above(self, pair: Pair) -> Iterator[Pair]:
        """The pairs with one line more."""
        for place, side in enumerate(pair):
            if len(side) == self.lines:
                continue
            for s in self.types:
                if side.count(s) < s.bit_count():
                    yield self._with(pair, place, tuple(sorted((*side, s))))

    def _with(self, pair: Pair, place: int, side: Types) -> Pair:
        return self.canonical((side, pair[1]) if place == 0 else (pair[0], side))

    def contains(self, pair: Pair, part: Pair) -> bool:
        """Whether lines can be taken away from the pair so that the other one, in some order of its terms, is left."""
        have = [Counter(side) for side in pair]
        return any(
            all(Counter(side) <= mine for side, mine in zip(image, have, strict=True))
            for image in self.orbit(part)
        )

    def support(self, pair: Pair) -> Support:
        rows, columns = pair
        return Support(Mask(rows, self.rank), Mask(columns, self.rank))


class Census:
    """What is known so far: minimal obstructions, pairs proved closed, and pairs left undecided."""

    def __init__(self, lattice: Lattice, seconds: float, output: Path) -> None:
        self.lattice = lattice
        self.seconds = seconds
        self.output = output
        self.certificates: dict[Pair, dict[str, Any]] = {}
        self.minimal: set[Pair] = set()
        self.closed: set[Pair] = set()
        self.undecided: set[Pair] = set()
        if output.exists():
            self._load()

    def _load(self) -> None:
        known = {"ill-posed": self.minimal, "well-posed": self.closed}
        for text in self.output.read_text().splitlines():
            line = json.loads(text)
            pair = tuple(line["rows"]), tuple(line["columns"])
            if line["verdict"] == "undecided":
                if line["seconds"] >= self.seconds:
                    self.undecided.add(pair)
            elif not all(pair) or self._holds(line["certificate"], pair):
                known[line["verdict"]].add(pair)
                self.certificates[pair] = line["certificate"]

    def take(self, file: Path) -> None:
        """Minimal obstructions from a classification of a smaller rank."""
        for text in file.read_text().splitlines():
            line = json.loads(text)
            pair = self.lattice.canonical((tuple(line["rows"]), tuple(line["columns"])))
            fits = all(len(side) <= self.lattice.lines for side in pair)
            if line["verdict"] == "ill-posed" and fits and pair not in self.minimal:
                self._settle(pair)

    def lines(self) -> Iterator[str]:
        """What is known, a JSON object a line: obstructions and proofs that no other one implies, and open pairs."""
        self.minimal = {pair for pair in self.minimal if not self._strictly_below(pair) & self.minimal}
        below = set().union(*map(self._strictly_below, self.closed))
        self.closed -= below
        self.undecided &= self.unobstructed() - below
        for pairs in (self.minimal, self.closed, self.undecided):
            for pair in sorted(pairs):
                yield self._line(pair)

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

    def _strictly_below(self, pair: Pair) -> set[Pair]:
        return self._down(set(self.lattice.below(pair)))

    def run(self, budget: float) -> None:
        """Ask about maximal pairs until nothing is left to ask, or ``budget`` seconds have passed."""
        end = time.monotonic() + budget
        while time.monotonic() < end:
            open_pairs = self.unsettled()
            top = [
                pair for pair in open_pairs if not any(up in open_pairs for up in self.lattice.above(pair))
            ]
            if not top:
                return
            known = set(self.minimal)
            for pair in top:
                if time.monotonic() > end:
                    return
                if not any(self.lattice.contains(pair, new) for new in self.minimal - known):
                    self._settle(pair)

    def unobstructed(self) -> set[Pair]:
        """The pairs that contain no known obstruction."""
        found: set[Pair] = set()
        level = {self.lattice.canonical(((), ()))}
        while level:
            found |= level
            candidates = {up for pair in level for up in self.lattice.above(pair)}
            level = {
                pair
                for pair in candidates
                if pair not in self.minimal and all(down in found for down in self.lattice.below(pair))
            }
        return found

    def unsettled(self) -> set[Pair]:
        """The unobstructed pairs that are neither below a closed one nor given up."""
        return self.unobstructed() - self._down(self.closed) - self.undecided

    def _down(self, pairs: set[Pair]) -> set[Pair]:
        found: set[Pair] = set()
        stack = list(pairs)
        while stack:
            pair = stack.pop()
            if pair not in found:
                found.add(pair)
                stack.extend(self.lattice.below(pair))
        return found

    def _settle(self, pair: Pair) -> str:
        answer, inside = self._decide(pair)
        if answer == "well-posed":
            self.closed.add(pair)
        elif answer == "ill-posed":
            pair = self._minimised(inside or pair)
            self.minimal.add(pair)
        else:
            self.undecided.add(pair)
        with self.output.open("a") as file:
            file.write(self._line(pair))
        print(f"{answer}: {pair} ({len(self.minimal)} minimal, {len(self.closed)} closed, "
              f"{len(self.undecided)} left)", file=sys.stderr, flush=True)  # fmt: skip
        return answer

    def _decide(self, pair: Pair) -> tuple[str, Pair | None]:
        """The verdict and, for an ill-posed pair, the part of it that its obstruction touches."""
        if not all(pair):
            self.certificates[pair] = {}
            return "well-posed", None
        support = self.lattice.support(pair)
        result = certify(support, deadline=time.monotonic() + self.seconds, table=False)
        if not isinstance(result, Certified) or not self._holds(result.certificate, pair):
            return "undecided", None
        self.certificates[pair] = result.certificate
        if result.obstruction is None:
            return "well-posed", None
        rows = tuple(sorted(pair[0][i] for i in result.obstruction.rows))
        columns = tuple(sorted(pair[1][j] for j in result.obstruction.columns))
        return "ill-posed", self.lattice.canonical((rows, columns))

    def _holds(self, certificate: dict[str, Any], pair: Pair) -> bool:
        try:
            return verify(certificate, self.lattice.support(pair)).complete
        except CertificateError as error:
            print(f"refused: {pair}: {error}", file=sys.stderr)
            return False

    def _minimised(self, pair: Pair) -> Pair:
        """A minimal ill-posed pair inside an ill-posed one; undecided parts count as not known to be ill-posed."""
        for smaller in sorted(set(self.lattice.below(pair))):
            if all(smaller) and self._decide(smaller)[0] == "ill-posed":
                return self._minimised(smaller)
        self._decide(pair)  # its own certificate
        return pair


def ordered(lattice: Lattice, pairs: set[Pair]) -> int:
    """How many ordered pairs of types the classes stand for."""
    return sum(len(lattice.orbit(pair)) for pair in pairs)


def ordered_sides(lattice: Lattice) -> int:
    """How many multisets of types there are for the rows, or for the columns."""
    by_size = [1]
    for s in lattice.types:
        longer = [0] * (len(by_size) + s.bit_count())
        for size, count in enumerate(by_size):
            for extra in range(s.bit_count() + 1):
                longer[size + extra] += count
        by_size = longer
    return sum(by_size[: lattice.lines + 1])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rank", type=int, choices=(1, 2, 3, 4), default=2)
    parser.add_argument("--lines", type=int, default=10**6, help="the most rows and columns of a mask")
    parser.add_argument("--known", type=Path, help="the output for a smaller rank")
    parser.add_argument("--seconds", type=float, default=30.0, help="for each mask")
    parser.add_argument("--budget", type=float, default=1e9, help="seconds for everything")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    lattice = Lattice(options.rank, options.lines)
    census = Census(lattice, options.seconds, options.output)
    if options.known is not None:
        census.take(options.known)
    census.run(options.budget)
    lines = list(census.lines())
    options.output.write_text("".join(lines))
    free = census.unobstructed()
    everything = ordered_sides(lattice)
    closed = free & census._down(census.closed)
    print(f"{everything**2} ordered pairs of types: {everything**2 - ordered(lattice, free)} ill-posed "
          f"({len(census.minimal)} minimal obstructions), {ordered(lattice, closed)} well-posed "
          f"({len(census.closed)} proofs), {ordered(lattice, free - closed)} undecided")  # fmt: skip


if __name__ == "__main__":
    main()
