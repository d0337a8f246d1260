#!/usr/bin/env python3
"""Measure how many masks per second `qeclose batch` decides, against --jobs and with the cache cold and warm.

    python scripts/throughput.py --masks 2000
    python scripts/throughput.py --masks 10000 --family "random small" --jobs 1 2 --repeat 3

Two families: random small masks (r ≤ 3, m, n ≤ 4), and distinct copies of few masks with rows, columns and terms
permuted, of which the batch decides one each. The first row is the library call: `qeclose.check` in a loop in one
process, without cache and without sharing. All rows come from one run, one after the other; "ratio" is the rate
against that row. "CPU" are the processor seconds of the batch and its workers, which tell more on a busy machine. The last
lines compare cold and warm, and give what a mask costs beside its decision.

With --repeat, everything is done several times, each time with a new cache, and the run with the least CPU is shown.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import qeclose
from qeclose.files import format_many
from qeclose.support import Mask, Support, generate
from qeclose.support.relabelling import Relabelling


@dataclass(frozen=True)
class Row:
    """One measurement: what was run, on how many masks, for how long; seconds on the clock and of processors."""

    family: str
    run: str
    masks: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        return self.masks / self.seconds


def random_small(count: int, seed: int) -> list[Support]:
    """Masks with r ≤ 3 and m, n ≤ 4, every entry inside with probability one half."""
    rng = random.Random(seed)

    def mask(rows: int, columns: int) -> Mask:
        return Mask(tuple(rng.randrange(2**columns) for _ in range(rows)), columns)

    found = []
    for number in range(count):
        m, n, r = rng.randint(1, 4), rng.randint(1, 4), rng.randint(1, 3)
        found.append(Support(mask(m, r), mask(n, r), name=f"random {number}"))
    return found


def copies(count: int, seed: int) -> list[Support]:
    """Permuted and transposed copies of LU, full, arrow and block low-rank masks."""
    rng = random.Random(seed)
    models = [
        generate("lu", "6"),
        generate("full", "8", "6", "3"),
        generate("arrow", "6", "last"),
        generate("block-low-rank", "3", "3", "1"),
    ]
    found = []
    for number in range(count):
        model = models[number % len(models)]
        widths = (model.shape[0], *model.inner, model.shape[1])
        layers = tuple(tuple(rng.sample(range(width), width)) for width in widths)
        moved = Relabelling(layers, rng.random() < 0.5).support(model)
        found.append(moved.labelled(name=f"{model.name} {number}", source=""))
    return found


FAMILIES = {"random small": random_small, "permuted copies": copies}


def library(supports: Sequence[Support], timeout: float) -> tuple[float, float, Counter[str]]:
    """Seconds and CPU seconds that `qeclose.check` takes for all, and the verdicts."""
    qeclose.check(supports[0], method="certify", timeout=timeout)
    start, cpu = time.perf_counter(), time.process_time()
    verdicts: Counter[str] = Counter(
        qeclose.check(s, method="certify", timeout=timeout).verdict for s in supports
    )
    return time.perf_counter() - start, time.process_time() - cpu, verdicts


def batch(file: Path, folder: Path, timeout: float, *options: str) -> tuple[float, float, str]:
    """Seconds and CPU seconds of a whole `qeclose batch`, start-up and JSONL included, and its summary line."""
    limits = ["--method", "certify", "--timeout", str(timeout)]
    command = [sys.executable, "-m", "qeclose", "batch", str(file), "-q", *limits, *options]
    # As it is installed: with its modules compiled.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    start, cpu = time.perf_counter(), _children()
    done = subprocess.run(
        [*command, "--jsonl", str(folder / "out.jsonl")],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    seconds, cpu = time.perf_counter() - start, _children() - cpu
    if done.returncode not in (0, 1, 3):
        raise SystemExit(done.stderr or f"qeclose batch ended with {done.returncode}")
    return seconds, cpu, done.stdout.strip()


def _children() -> float:
    """The CPU seconds of all processes that have been started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(
    family: str, supports: Sequence[Support], jobs: Sequence[int], timeout: float, folder: Path
) -> Iterator[Row]:
    """All rows of a family, each as it is known; ``folder`` is empty."""
    seconds, cpu, verdicts = library(supports, timeout)
    print(f"{family}: {dict(verdicts)}", file=sys.stderr)
    yield Row(family, "library call", len(supports), seconds, cpu)
    file = folder / f"{family}.txt"
    file.write_text(format_many(supports))
    for number in jobs:
        cache = str(folder / f"{family} {number}")
        runs = {"no cache": ["--no-cache"], "cold": ["--cache", cache], "warm": ["--cache", cache]}
        for name, options in runs.items():
            seconds, cpu, summary = batch(file, folder, timeout, "--jobs", str(number), *options)
            print(f"{family}, --jobs {number}, {name}: {summary}", file=sys.stderr)
            yield Row(family, f"batch --jobs {number}, {name}", len(supports), seconds, cpu)


def best(rows: Iterable[Row]) -> list[Row]:
    """Of equal runs, the one with the least CPU, in the order in which they came first."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        known = found.setdefault((row.family, row.run), row)
        if row.cpu < known.cpu:
            found[row.family, row.run] = row
    return list(found.values())


def report(rows: Sequence[Row], markdown: bool) -> Iterator[str]:
    head = ("family", "run", "masks", "seconds", "CPU", "masks/s", "ratio")
    base = {row.family: row.rate for row in rows if row.run == "library call"}
    cells = [
        (
            row.family,
            row.run,
            str(row.masks),
            f"{row.seconds:.2f}",
            f"{row.cpu:.2f}",
            f"{row.rate:.0f}",
            f"{row.rate / base[row.family]:.2f}",
        )
        for row in rows
    ]
    if markdown:
        yield "| " + " | ".join(head) + " |"
        yield "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
        yield from ("| " + " | ".join(row) + " |" for row in cells)
    else:
        widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
        for row in (head, *cells):
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    yield from overheads(rows)


def overheads(rows: Sequence[Row]) -> Iterator[str]:
    """How much faster the warm cache is, and what a mask costs beside its decision."""
    by_run = {(row.family, row.run): row for row in rows}
    for (family, run), row in by_run.items():
        if run.endswith(", warm"):
            cold = by_run[family, run.replace("warm", "cold")]
            yield (
                f"{family}, {run}: cold/warm {cold.seconds / row.seconds:.1f} by the clock, "
                f"{cold.cpu / row.cpu:.1f} by CPU; {row.rate:.0f} masks/s, {1000 * row.cpu / row.masks:.2f} ms CPU a mask"
            )
    for (family, run), row in by_run.items():
        if run == "batch --jobs 1, no cache":
            call = by_run[family, "library call"]
            clock, cpu = (
                1000 * extra / row.masks for extra in (row.seconds - call.seconds, row.cpu - call.cpu)
            )
            yield f"{family}, {run}: {clock:+.2f} ms a mask over the library call, {cpu:+.2f} ms CPU"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--masks", type=int, default=1000, help="masks of each family")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, os.cpu_count() or 1])
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds a mask")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--family", choices=FAMILIES, help="only this one")
    parser.add_argument("--repeat", type=int, default=1, help="times that everything is measured")
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    rows: list[Row] = []
    for _ in range(arguments.repeat):
        for name in [arguments.family] if arguments.family else FAMILIES:
            supports = FAMILIES[name](arguments.masks, arguments.seed)
            with tempfile.TemporaryDirectory() as folder:
                rows += measure(name, supports, arguments.jobs, arguments.timeout, Path(folder))
    print("\n".join(report(best(rows), arguments.markdown)))


if __name__ == "__main__":
    main()
