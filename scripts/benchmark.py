#!/usr/bin/env python3
"""Time every published example with every engine and method, beside the published times.

    python scripts/benchmark.py --timeout 60
    python scripts/benchmark.py --timeout 20 --markdown > table.md

Each run is a process of its own, ``qeclose check --engine E --method M``; peak memory is that of its engine or, for
the method certify, which asks none, of the process itself. "gain" is the time of the plain run (the same engine and
method on the mask as it is; for certify the fastest plain run) divided by the time of this one: a lower bound, marked
with >, where plain runs were only stopped. Most plain runs reach the timeout. The last table is the start-up time of
the command line.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from qeclose.decide.method import variable_count
from qeclose.engine.registry import installed_engines
from qeclose.files.read import read_supports
from qeclose.support.model import Support

SUPPORTS = Path(__file__).resolve().parent.parent / "supports"

PUBLISHED = {
    "full-2x2-r2": "0.0037 s",
    "lu-2": "0.0138 s",
    "full-3x3-r2": "stopped at 2112 s",
    "lu-3": "stopped at 3202 s",
}
METHODS = {
    "sentence": ("--method", "sentence"),
    "presolve, sentence": ("--method", "sentence", "--presolve"),
    "staged": ("--method", "staged"),
    "presolve, staged": ("--method", "staged", "--presolve"),
}
"""What is compared of each engine: a name, and what is put on the command line."""

PLAIN = {"presolve, sentence": "sentence", "presolve, staged": "staged"}
"""What a method with presolve is compared with."""

NO_ENGINE = "none"

STARTS = {
    "python -c pass": ("-c", "pass"),
    "python -c 'import click'": ("-c", "import click"),
    "qeclose --version": ("-m", "qeclose", "--version"),
    "qeclose --help": ("-m", "qeclose", "--help"),
    "qeclose check supports/lu-2.txt": ("-m", "qeclose", "check", str(SUPPORTS / "lu-2.txt")),
}


@dataclass(frozen=True)
class Result:
    """One run: what was asked of whom, and what came of it."""

    case: str
    engine: str
    method: str
    variables: str
    verdict: str
    seconds: float
    peak_mb: float


def formula_size(support: Support, method: str) -> str:
    """The number of variables of the question a plain method asks first; what presolve leaves varies."""
    once = variable_count(support)
    m, n = support.shape
    return {"sentence": str(2 * once - m * n + 1), "staged": str(once)}.get(method, "")


def measured(case: str, engine: str, method: str, timeout: float, memory_mb: int) -> Result:
    """Run one check as a process of its own."""
    path = SUPPORTS / f"{case}.txt"
    limits = ("--timeout", str(timeout), "--memory", str(memory_mb), "--format", "json", "-q")
    how = ("--method", "certify") if engine == NO_ENGINE else ("--engine", engine, *METHODS[method])
    command = [sys.executable, "-m", "qeclose", "check", str(path), *how, *limits]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with _PeakMemory(process.pid, itself=engine == NO_ENGINE) as memory:
        output, _ = process.communicate()
    size = formula_size(read_supports(str(path))[0], method)
    if process.returncode == 2:
        return Result(case, engine, method, size, "no means", 0.0, 0.0)
    found = json.loads(output)
    verdict = found["verdict"] if process.returncode != 4 else "failed"
    return Result(case, engine, method, size, verdict, found["seconds"], memory.peak_mb)


class _PeakMemory(threading.Thread):
    """Samples the resident memory of the engine processes below ``pid``, or of ``pid`` itself, while entered."""

    def __init__(self, pid: int, *, itself: bool) -> None:
        super().__init__(daemon=True)
        self.peak_mb = 0.0
        self._itself = itself
        self._parent = psutil.Process(pid)
        self._done = threading.Event()

    def __enter__(self) -> _PeakMemory:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self.join()

    def run(self) -> None:
        while not self._done.wait(0.02):
            try:
                if self._itself:
                    held = self._parent.memory_info().rss
                else:
                    held = sum(map(_engine_bytes, self._parent.children(recursive=True)))
            except psutil.Error:
                return
            self.peak_mb = max(self.peak_mb, held / 2**20)


def _engine_bytes(process: psutil.Process) -> int:
    try:
        # qeclose's own guard processes are Python; no engine is.
        return 0 if process.name().startswith("python") else process.memory_info().rss
    except psutil.Error:
        return 0


def rows(results: Sequence[Result], timeout: float) -> Iterator[tuple[str, ...]]:
    """The table's rows, its head first."""
    yield (
        "example", "published", "method", "engine", "variables", "verdict", "seconds", "MB", "to fastest", "gain"
    )  # fmt: skip
    for case, published in PUBLISHED.items():
        runs = [result for result in results if result.case == case]
        fastest = min((run.seconds for run in runs if _solved(run)), default=0.0)
        for run in runs:
            ratio = f"{run.seconds / fastest:.1f}" if _solved(run) and fastest else ""
            seconds = f"{run.seconds:.2f}" if run.seconds else ""
            peak = f"{run.peak_mb:.0f}" if run.peak_mb else ""
            yield (
                case, published, run.method, run.engine, run.variables, run.verdict, seconds, peak, ratio,
                _gain(run, runs, timeout),
            )  # fmt: skip


def _solved(run: Result) -> bool:
    return run.verdict in ("well-posed", "ill-posed")


def _gain(run: Result, runs: Sequence[Result], timeout: float) -> str:
    """How many times as long the plain run took."""
    if not _solved(run) or not run.seconds or run.method in PLAIN.values():
        return ""
    plain = [
        other
        for other in runs
        if other.method == PLAIN.get(run.method, other.method)
        and other.method in PLAIN.values()
        and run.engine in (other.engine, NO_ENGINE)
    ]
    solved = [other.seconds for other in plain if _solved(other)]
    if solved:
        return f"{min(solved) / run.seconds:.1f}"
    stopped = any(other.verdict == "undecided" and other.seconds >= 0.9 * timeout for other in plain)
    return f">{timeout / run.seconds:.1f}" if stopped else ""


def start_rows(repeat: int) -> Iterator[tuple[str, ...]]:
    """The fastest of ``repeat`` starts of each command, as a ratio to a bare interpreter's."""
    yield "command", "seconds", "to python -c pass"
    bare = 0.0
    for name, arguments in STARTS.items():
        seconds = min(_wall_time([sys.executable, *arguments]) for _ in range(repeat))
        bare = bare or seconds
        yield name, f"{seconds:.3f}", f"{seconds / bare:.1f}"


def _wall_time(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def table(lines: Sequence[tuple[str, ...]], *, markdown: bool) -> str:
    """The rows as aligned text or as a Markdown table."""
    if markdown:
        head, *body = ["| " + " | ".join(line) + " |" for line in lines]
        return "\n".join([head, "|" + " --- |" * len(lines[0]), *body])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for each run (60)")
    parser.add_argument("--memory", type=int, default=4096, help="megabytes for each engine (4096)")
    parser.add_argument("--engine", action="append", help="only this engine (repeatable)")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    options = parser.parse_args()
    # Yices decides no alternating quantifiers and eliminates none: it has no part in these methods.
    engines = options.engine or [engine.name for engine in installed_engines() if engine.name != "yices"]
    results = []
    for case in PUBLISHED:
        results.append(measured(case, NO_ENGINE, "certify", options.timeout, options.memory))
        for method in METHODS:
            for engine in engines:
                print(f"{case} {method} {engine}", file=sys.stderr)
                results.append(measured(case, engine, method, options.timeout, options.memory))
    print(table(list(rows(results, options.timeout)), markdown=options.markdown))
    print()
    print(table(list(start_rows(10)), markdown=options.markdown))


if __name__ == "__main__":
    main()
