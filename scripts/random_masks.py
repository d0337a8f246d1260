#!/usr/bin/env python3
"""How many random masks are decided with a certificate in a given time on one core, for each rank and density.

    python scripts/random_masks.py --count 1000 --left undecided.txt
    python scripts/random_masks.py --count 70 --ranks 5 --size 4:6 --densities 0.7 0.8 --seconds 10 --seed 3

Mask number k has rank and density number k of the list of all pairs of them, round and round; m and n are drawn from
``--size LOW:HIGH``, each entry of I and J is inside with the chance of the density. Each mask is decided by theorems alone
(``qeclose.certify``) and its certificate is verified by ``qeclose.checker``; one that is refused ends the run. A mask counts
as decided only if decision and verification together took no longer than ``--seconds``. ``--clock cpu`` counts processor
time, in the limit too: on an idle core that is the same as wall-clock time, on a busy machine it is what one core would
need. ``--left`` writes the undecided masks to a mask file, ``--log`` one line of JSON for each mask as it is done.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from qeclose import checker
from qeclose.certify import Certified, certify
from qeclose.files import format_many, format_support, parse_one
from qeclose.support import Support, families


@dataclass(frozen=True)
class Result:
    """One mask and what came of it, and the seconds that took by the clock of the run."""

    name: str
    rank: int
    density: float
    verdict: str
    kinds: tuple[str, ...]
    seconds: float
    mask: str


@dataclass(frozen=True)
class Task:
    rank: int
    density: float
    rows: int
    columns: int
    seed: int
    seconds: float

    @property
    def support(self) -> Support:
        return families.random_support(self.rows, self.columns, self.rank, self.density, self.seed)


def tasks(options: argparse.Namespace) -> list[Task]:
    """The masks of a run: fixed by ranks, densities, sizes and seed, a larger count only adds to them."""
    low, high = map(int, options.size.split(":"))
    rng = random.Random(options.seed)
    pairs = [(rank, density) for density in options.densities for rank in options.ranks]
    return [
        Task(
            *pairs[k % len(pairs)],
            rng.randint(low, high),
            rng.randint(low, high),
            rng.getrandbits(32),
            options.seconds,
        )
        for k in range(options.count)
    ]


def tell_time_by(clock: str) -> None:
    """Deadlines are values of ``time.monotonic``: on the processor's clock it is what that clock says."""
    if clock == "cpu":
        time.monotonic = time.process_time


def decide(task: Task) -> Result:
    """Certify one mask and verify the certificate. Raises ``checker``'s refusal if it is not accepted."""
    support = task.support
    start = time.monotonic()
    result = certify(support, deadline=start + task.seconds)
    verdict = "undecided"
    kinds: tuple[str, ...] = ()
    if isinstance(result, Certified):
        claim = "well-posed" if result.closed else "ill-posed"
        verification = checker.verify(json.loads(json.dumps(result.certificate)), support)
        if verification.claim != claim or verification.words:
            raise SystemExit(f"{support.name}: the checker does not accept the certificate")
        if time.monotonic() - start <= task.seconds:
            verdict, kinds = claim, result.kinds or ("presolve",)
    seconds = time.monotonic() - start
    return Result(support.name, task.rank, task.density, verdict, kinds, seconds, format_support(support))


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def row(label: str, results: Sequence[Result]) -> str:
    """A line of the Markdown table: times are those of decided masks and of undecided ones together."""
    count = [
        sum(r.verdict == verdict for r in results) for verdict in ("well-posed", "ill-posed", "undecided")
    ]
    decided = 100 * (1 - count[2] / len(results))
    seconds = [r.seconds for r in results]
    return (
        f"| {label} | {len(results)} | {decided:.1f} % | {count[0]} | {count[1]} | {count[2]} "
        f"| {quantile(seconds, 0.5):.2f} | {quantile(seconds, 0.95):.2f} |"
    )


def table(results: Sequence[Result]) -> str:
    """Decided fractions, verdicts and times for each rank and density, and for all together."""
    lines = [
        "| masks | count | decided | well-posed | ill-posed | undecided | median s | 95 % s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for rank, density in sorted({(r.rank, r.density) for r in results}):
        here = [r for r in results if (r.rank, r.density) == (rank, density)]
        lines.append(row(f"r = {rank}, density {density:g}", here))
    return "\n".join([*lines, row("all", results)])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=100, help="masks in all (100)")
    parser.add_argument("--ranks", type=int, nargs="+", default=[4, 5], metavar="R", help="ranks (4 5)")
    parser.add_argument("--size", default="2:6", metavar="LOW:HIGH", help="range of m and of n (2:6)")
    parser.add_argument(
        "--densities", type=float, nargs="+", default=[0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], metavar="P",
        help="chances of an entry to be inside (0.2 to 0.8 in steps of 0.1)",
    )  # fmt: skip
    parser.add_argument("--seconds", type=float, default=10.0, help="time for each mask (10)")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="how time is told (wall)")
    parser.add_argument("--seed", type=int, default=0, help="which masks are drawn (0)")
    parser.add_argument("--jobs", type=int, default=1, help="masks at a time (1)")
    parser.add_argument("--left", type=Path, metavar="FILE", help="write the undecided masks here")
    parser.add_argument("--log", type=Path, metavar="FILE", help="write a line of JSON for each mask here")
    options = parser.parse_args()
    results: list[Result] = []
    with (
        multiprocessing.Pool(options.jobs, tell_time_by, (options.clock,)) as pool,
        (options.log or Path("/dev/null")).open("w") as log,
    ):
        for result in pool.imap(decide, tasks(options)):
            results.append(result)
            print(json.dumps(asdict(result)), file=log, flush=True)
            if result.verdict == "undecided" or result.seconds > options.seconds / 2:
                print(
                    f"{len(results)} {result.name} {result.verdict} {result.seconds:.1f} s",
                    file=sys.stderr,
                    flush=True,
                )
    print(table(results))
    left = [r for r in results if r.verdict == "undecided"]
    if options.left:
        options.left.write_text(format_many(parse_one(r.mask) for r in left) if left else "# none\n")


if __name__ == "__main__":
    main()
