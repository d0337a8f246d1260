"""Second opinions on the certificates of the table, or of all classes of three terms, as JSON lines and a summary.

    python scripts/second_opinion.py --second z3 --output opinions.jsonl            the 107 entries of the table
    python scripts/second_opinion.py --second z3 --second cvc5 --classes --output classes.jsonl

What the output holds already is not asked again. Exit status 1 if an engine contradicts a certificate.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from qeclose.attest import second_opinion
from qeclose.attest.second import Said
from qeclose.certify import Certified, certify
from qeclose.checker import verify
from qeclose.engine.protocol import Engine, Limits
from qeclose.engine.registry import find_engine
from qeclose.proof import from_json
from qeclose.proof.certificate import sign
from qeclose.support import Mask, Support
from qeclose.table.entries import RANKS, entries

SAID: tuple[Said, ...] = ("confirmed", "open", "contradicted")


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, and print how many statements ended how."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--second", action="append", required=True, metavar="ENGINE")
    parser.add_argument("--classes", action="store_true", help="the classes of three terms, not the table")
    parser.add_argument("--each", type=float, default=10.0, help="seconds for one question to one engine")
    parser.add_argument("--seconds", type=float, default=600.0, help="seconds for one certificate")
    parser.add_argument("--every", type=int, default=1, help="of every so many certificates one")
    parser.add_argument("--budget", type=float, default=float("inf"), help="seconds for all of it")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    engines = [find_engine(name) for name in dict.fromkeys(options.second)]
    lines = (
        [json.loads(line) for line in options.output.read_text().splitlines()]
        if options.output.exists()
        else []
    )
    known = {line["name"] for line in lines}
    until = time.monotonic() + options.budget
    with options.output.open("a") as output:
        for number, (name, certificate, support) in enumerate(certificates(classes=options.classes)):
            if number % options.every or name in known or time.monotonic() > until:
                continue
            line = asked(name, certificate, support, engines, Limits(options.seconds, 2000), options.each)
            lines.append(line)
            print(json.dumps(line), file=output, flush=True)
    return summary(lines)


def certificates(*, classes: bool) -> Iterator[tuple[str, Any, Support]]:
    """Names, certificates and supports: those of the table, or of a search for each class."""
    if not classes:
        for rank in RANKS:
            for number, entry in enumerate(entries(rank)):
                claim = "well-posed" if entry.closed else "ill-posed"
                yield (
                    f"rank {rank} entry {number}",
                    sign(entry.support, claim, from_json(entry.proof)),
                    entry.support,
                )
        return
    for number, support in enumerate(classes_of_three_terms()):
        result = certify(support, deadline=time.monotonic() + 60, table=False)
        if isinstance(result, Certified):
            yield f"class {number}", result.certificate, support


def classes_of_three_terms() -> list[Support]:
    """A support for each class of masks of three terms and at most three rows and columns, with no type S more than |S| times."""
    orders = list(itertools.permutations(range(3)))
    multisets = [
        lines
        for length in range(1, 4)
        for lines in itertools.combinations_with_replacement(range(1, 8), length)
        if all(lines.count(kind) <= kind.bit_count() for kind in lines)
    ]
    images = {lines: [_in_order(lines, order) for order in orders] for lines in multisets}
    found = {
        min(min((x, y), (y, x)) for x, y in zip(images[rows], images[columns], strict=True))
        for rows, columns in itertools.product(multisets, repeat=2)
    }
    return [Support(Mask(rows, 3), Mask(columns, 3)) for rows, columns in sorted(found)]


def _in_order(lines: tuple[int, ...], order: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(sum(1 << order[k] for k in range(3) if kind >> k & 1) for kind in lines))


def asked(
    name: str, certificate: Any, support: Support, engines: Sequence[Engine], limits: Limits, each: float
) -> dict[str, Any]:
    """What the engines say to one certificate, which the checker accepts."""
    start = time.monotonic()
    claim = verify(certificate, support).claim
    found = second_opinion(certificate, support, engines, limits, each=each)
    left = [opinion for opinion in found.opinions if opinion.said != "confirmed"]
    return {
        "name": name,
        "claim": claim,
        **{said: found.count(said) for said in SAID},
        "left": [[opinion.said, opinion.path, opinion.statement, *opinion.notes] for opinion in left],
        "seconds": round(time.monotonic() - start, 2),
    }


def summary(lines: Sequence[dict[str, Any]]) -> int:
    """Print the sums; 1 if anything is contradicted."""
    total = Counter({said: sum(line[said] for line in lines) for said in SAID})
    whole = sum(not line["open"] and not line["contradicted"] for line in lines)
    print(f"{len(lines)} certificates, {whole} of them without an open statement; statements: ", end="")
    print(
        ", ".join(f"{total[said]} {said}" for said in SAID),
        f"in {sum(line['seconds'] for line in lines):.0f} s",
    )
    return 1 if total["contradicted"] else 0


if __name__ == "__main__":
    sys.exit(main())
