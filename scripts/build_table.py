#!/usr/bin/env python3
"""Put the classification that the census found into the package.

    python scripts/census.py --rank 1 --output census-1.jsonl        # likewise ranks 2 and 3
    python scripts/build_table.py census-1.jsonl census-2.jsonl census-3.jsonl

Of every file the minimal ill-posed and the maximal well-posed pairs are kept. For a proof that the checker does not accept
another one is searched for; a pair without one is left out, and the exit status is then 1. A well-posed pair that contains an
ill-posed one ends everything. The rank is the number of terms of the file's certificates. What the table does not have,
the package searches for. Writes qeclose/table/entries.jsonl.gz.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from qeclose.certify import Certified, certify
from qeclose.checker import verify
from qeclose.errors import CertificateError
from qeclose.proof import from_json
from qeclose.proof.certificate import sign
from qeclose.table.entries import DATA, Entry, written
from qeclose.table.types import contains, views

SECONDS = 60
"""For each proof that has to be searched for again."""


def read(path: Path) -> Iterator[Entry]:
    """The decided pairs of a census file that have both rows and columns."""
    for text in path.read_text().splitlines():
        line = json.loads(text)
        if line["verdict"] == "undecided" or not (line["rows"] and line["columns"]):
            continue
        certificate = line["certificate"]
        rank = len(certificate["mask"]["factors"][1])
        closed = line["verdict"] == "well-posed"
        yield Entry(rank, tuple(line["rows"]), tuple(line["columns"]), closed, certificate["proof"])


def problem(entry: Entry) -> str:
    """Why the entry's proof does not prove what it says; "" if it does, without an engine's word."""
    claim = "well-posed" if entry.closed else "ill-posed"
    try:
        verification = verify(sign(entry.support, claim, from_json(entry.proof)), entry.support)
    except CertificateError as error:
        return str(error)
    return "it rests on an engine's word" if verification.words else ""


def proved_anew(entry: Entry) -> Entry | None:
    """The entry with a proof that the search finds now, if that says the same and is accepted."""
    found = certify(entry.support, deadline=time.monotonic() + SECONDS, table=False)
    if not isinstance(found, Certified) or found.closed != entry.closed:
        return None
    proved = replace(entry, proof=found.certificate["proof"])
    return None if problem(proved) else proved


def frontier(entries: list[Entry]) -> list[Entry]:
    """The entries of one rank that no other one implies. Exits if a closed pair contains an obstruction."""
    orbits = [[view for view, *_ in views(entry.rows, entry.columns, entry.rank)] for entry in entries]

    def inside(small: int, large: int) -> bool:
        rank = entries[small].rank
        return any(contains(orbits[large][0], view, rank) for view in orbits[small])

    def implied(one: int, other: int) -> bool:
        """Whether entry ``one`` says nothing that ``other`` does not say."""
        if entries[one].closed != entries[other].closed or one == other:
            return False
        small, large = (one, other) if entries[one].closed else (other, one)
        # Of two equal ones the first stays.
        return inside(small, large) and (other < one or not inside(large, small))

    numbers = range(len(entries))
    for bad in (n for n in numbers if not entries[n].closed):
        for good in (n for n in numbers if entries[n].closed):
            if inside(bad, good):
                sys.exit(
                    f"contradiction: {entries[bad]} is ill-posed and inside {entries[good]}, which is not"
                )
    return [entries[one] for one in numbers if not any(implied(one, other) for other in numbers)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("census", type=Path, nargs="+", help="files of scripts/census.py")
    parser.add_argument("--output", type=Path, default=DATA)
    options = parser.parse_args()
    by_rank: dict[int, list[Entry]] = {}
    refused = 0
    for path in options.census:
        for entry in read(path):
            kept: Entry | None = entry
            if why := problem(entry):
                kept = proved_anew(entry)
                outcome = "proved anew" if kept else "left out"
                refused += kept is None
                print(f"{outcome}: rows {entry.rows}, columns {entry.columns}: {why}", file=sys.stderr)
            if kept:
                by_rank.setdefault(kept.rank, []).append(kept)
    table = [entry for _, entries in sorted(by_rank.items()) for entry in frontier(entries)]
    options.output.write_bytes(written(table))
    for rank, count in sorted(Counter((entry.rank, entry.closed) for entry in table).items()):
        print(f"rank {rank[0]}: {count} {'maximal well-posed' if rank[1] else 'minimal ill-posed'} pairs")
    print(f"{options.output}: {options.output.stat().st_size} bytes")
    sys.exit(refused > 0)


if __name__ == "__main__":
    main()
