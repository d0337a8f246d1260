#!/usr/bin/env python3
"""How time and memory grow with the size of structured and random masks: a Markdown table for each family.

    python scripts/scaling.py
    python scripts/scaling.py --family lu --family hodlr --timeout 120

Every size doubles the one before. A run is a process of its own that builds the mask, searches for a certificate and
checks it. Seconds are processor time (there is one thread), which other work on the machine changes less than the time
on the clock. Peak memory is the highest resident memory of the process, and "added" what of it search and check added
to the interpreter with the mask built. Exponents are slopes of least-squares lines through the logarithms of three
points or more, of the seconds of search and check together against the nonzeros of I and J, and against those of I, J
and the product's support; decisions that took less than 10 ms are left out, for start-up effects would be all one sees.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import psutil

from qeclose.certify import Certified, certify
from qeclose.checker import verify
from qeclose.problem import Problem
from qeclose.support import Support, families

SHORTEST = 0.01
WARM_UP_SECONDS = 5.0


@dataclass(frozen=True)
class Series:
    """A family with one parameter, and its values from small to large."""

    build: Callable[[int], Support]
    sizes: tuple[int, ...]


def _butterfly_pair(size: int) -> Support:
    return families.butterfly_pair(size, (size.bit_length() - 1) // 2)


def _random(percent: float) -> Callable[[int], Support]:
    return lambda n: families.random_support(n, n, 3 * n // 10, percent / 100, seed=0)


def _pruned(percent: float) -> Callable[[int], Support]:
    return lambda n: families.pruned_network(10, 300 * n // 784, n, percent / 100, seed=0)


PERCENT = (0.1, 1, 5, 10, 30, 50)
"""Densities; 1000 is the size of which the project's tasks speak."""

FAMILIES = {
    "lu": Series(families.lu, (125, 250, 500, 1000, 2000)),
    "butterfly-pair": Series(_butterfly_pair, (256, 512, 1024, 2048, 4096)),
    "hodlr (leaf 16, rank 2)": Series(
        lambda n: families.hodlr((n // 16).bit_length() - 1, 16, 2), (256, 512, 1024, 2048, 4096)
    ),
    "block-low-rank (blocks of 16, rank 2)": Series(
        lambda n: families.block_low_rank(n // 16, 16, 2), (64, 128, 256, 512)
    ),
    **{
        f"random {percent} %, r = 0.3 n": Series(_random(percent), (250, 500, 1000, 2000))
        for percent in PERCENT
    },
    **{
        f"pruned network ({percent} % kept, n : r : 10)": Series(_pruned(percent), (196, 392, 784, 1568))
        for percent in (5, 20)
    },
}


@dataclass(frozen=True)
class Run:
    """One decision: nonzeros of the factors and of the product's support, what came of it, and what it took."""

    size: int
    factors: int
    product: int
    verdict: str
    search: float
    check: float
    peak_mb: float
    added_mb: float

    @property
    def seconds(self) -> float:
        return self.search + self.check

    @property
    def reliable(self) -> bool:
        return self.verdict in ("well-posed", "ill-posed") and self.seconds >= SHORTEST


def decide(name: str, size: int, timeout: float) -> Run:
    """Build a mask, certify it and check the certificate, in this process."""
    series = FAMILIES[name]
    support = series.build(size)
    # What is imported on first use is no matter of scale.
    _settled(series.build(series.sizes[0]), WARM_UP_SECONDS)
    process = psutil.Process()
    before = process.memory_info().rss
    verdict, search, check = _settled(support, timeout)
    peak = _peak_bytes()
    product = sum(columns.bit_count() for columns in Problem.of(support).rows.values())
    factors = sum(mask.nnz for mask in support.factors)
    return Run(size, factors, product, verdict, search, check, peak / 2**20, max(0, peak - before) / 2**20)


def _settled(support: Support, timeout: float) -> tuple[str, float, float]:
    """The verdict, and the seconds of search and check."""
    start = time.process_time()
    result = certify(support, deadline=time.monotonic() + timeout)
    between = time.process_time()
    if not isinstance(result, Certified):
        return "undecided", between - start, 0.0
    verify(result.certificate, support)
    return "well-posed" if result.closed else "ill-posed", between - start, time.process_time() - between


def _peak_bytes() -> int:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def measured(name: str, size: int, timeout: float) -> Run | None:
    """The same in a process of its own; None if that process failed or did not end."""
    command = [sys.executable, __file__, "--timeout", str(timeout), "--one", name, str(size)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=4 * timeout + 60, check=False)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return None
    return Run(**json.loads(done.stdout))


def exponent(points: Sequence[tuple[float, float]]) -> str:
    """The slope of the least-squares line through the logarithms of the points; "" of fewer than three."""
    if len(points) < 3:
        return ""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mean_x = sum(x for x, _ in logs) / len(logs)
    mean_y = sum(y for _, y in logs) / len(logs)
    spread = sum((x - mean_x) ** 2 for x, _ in logs)
    return f"{sum((x - mean_x) * (y - mean_y) for x, y in logs) / spread:.2f}"


def table(name: str, runs: Sequence[Run]) -> Iterator[str]:
    """The Markdown table of one family, and its exponents."""
    yield f"### {name}\n"
    yield "| size | nonzeros of I, J | of the product | verdict | search s | check s | peak MB | added MB |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for run in runs:
        yield (
            f"| {run.size} | {run.factors} | {run.product} | {run.verdict} | {run.search:.3f} "
            f"| {run.check:.3f} | {run.peak_mb:.0f} | {run.added_mb:.0f} |"
        )
    reliable = [run for run in runs if run.reliable]
    by_factors = [(run.factors, run.seconds) for run in reliable]
    by_all = [(run.factors + run.product, run.seconds) for run in reliable]
    if exponent(by_all):
        yield (
            f"\nexponent {exponent(by_factors)} in the nonzeros of I and J, {exponent(by_all)} with those of the "
            f"product; {exponent(by_factors[-3:])} and {exponent(by_all[-3:])} over the last three sizes\n"
        )
    else:
        yield f"\ntoo few decisions above {SHORTEST:g} s for an exponent\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for each decision (60)")
    parser.add_argument("--family", action="append", help="only families that begin so (repeatable)")
    parser.add_argument("--one", nargs=2, metavar=("NAME", "SIZE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        name, size = options.one
        print(json.dumps(asdict(decide(name, int(size), options.timeout))))
        return
    for name, series in FAMILIES.items():
        if options.family and not any(name.startswith(prefix) for prefix in options.family):
            continue
        runs = []
        for size in series.sizes:
            print(f"{name} {size}", file=sys.stderr)
            run = measured(name, size, options.timeout)
            if run is None:
                break
            runs.append(run)
        print("\n".join(table(name, runs)), flush=True)


if __name__ == "__main__":
    main()
