#!/usr/bin/env python3
"""One table: rows of examples, every engine by every method that asks it, beside the formula of the paper's authors.

    python scripts/benchmark.py --seconds 60
    python scripts/benchmark.py --rows lu-2 --rows lu-3 --engines z3 --seconds 20
    python scripts/benchmark.py --journal bench.jsonl        goes on where an earlier run stopped
    python scripts/benchmark.py --formulas 7 --seconds 5     the authors' formula and our encodings by Z3 alone

Each cell is a process of its own, ``qeclose check --engine E --method M``, so that nothing is looked up: an engine that is named
decides by its own work. A cell shows the seconds of the whole check and what was asked (for the sentence its encoding), or why
there is no answer. The column *authors* is a faithful rewriting of the authors' formula (``authors_formula``), put to the engine
alone, for the solvers that read SMT-LIB with quantifiers.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from statistics import median
from typing import Any

from qeclose.decide.methods.sentence import PREFERRED
from qeclose.engine.discovery import command_of
from qeclose.engine.registry import ENGINE_NAMES, installed_engines
from qeclose.engine.smt import SmtSolver
from qeclose.files import read_supports
from qeclose.formula.encodings import ENCODINGS, encoded_sentence
from qeclose.support import Support

SUPPORTS = Path(__file__).resolve().parent.parent / "supports"

ROWS = {
    "full-2x2-r2": "0.0037 s",
    "lu-2": "0.0138 s",
    "full-3x3-r2": "stopped at 2112 s",
    "lu-3": "stopped at 3202 s",
    "lu-4": "",
    "arrow-3": "",
    "full-2x2-r1": "",
    "full-2x3-r1": "",
    "fsmf-4x5-r4": "",
    "butterfly-4": "",
    "hodlr-1-1-r1": "",
    "full-4x4-r3": "",
}
"""The examples, with the published time where there is one."""

MADE = {
    "arrow-3": ("arrow", "3"),
    "full-2x2-r1": ("full", "2", "2", "1"),
    "full-2x3-r1": ("full", "2", "3", "1"),
    "full-4x4-r3": ("full", "4", "4", "3"),
}
"""Rows that are generated, not read from ``supports/``."""

STARTS = {
    "python -c pass": ("-c", "pass"),
    "python -c 'import click'": ("-c", "import click"),
    "qeclose --version": ("-m", "qeclose", "--version"),
    "qeclose --help": ("-m", "qeclose", "--help"),
    "qeclose check supports/lu-2.txt": ("-m", "qeclose", "check", str(SUPPORTS / "lu-2.txt")),
}

METHODS = ("sentence", "staged", "existential")
AUTHORS = "authors"


@dataclass(frozen=True)
class Cell:
    """What one run asks: ``method`` is one of METHODS or AUTHORS."""

    row: str
    engine: str
    method: str
    presolve: bool

    @property
    def key(self) -> str:
        return " ".join((self.row, self.engine, self.method, "presolve" if self.presolve else "plain"))


def cells(rows: Sequence[str], engines: Sequence[str]) -> Iterator[Cell]:
    """All runs of the table, row by row."""
    for row in rows:
        for engine in engines:
            for presolve in (False, True):
                for method in METHODS:
                    yield Cell(row, engine, method, presolve)
            if engine in ("z3", "cvc5"):
                yield Cell(row, engine, AUTHORS, False)


def mask_file(row: str, folder: Path) -> Path:
    """The mask file of a row; made in ``folder`` if there is none among the supports."""
    kept = SUPPORTS / f"{row}.txt"
    if kept.exists():
        return kept
    made = folder / f"{row}.txt"
    command = [sys.executable, "-m", "qeclose", "generate", *MADE[row], "-o", str(made)]
    if not made.exists():
        subprocess.run(command, check=True)
    return made


def measured(cell: Cell, path: Path, seconds: float, memory_mb: int) -> dict[str, Any]:
    """The verdict, the seconds, those of the processor, and the question of one run."""
    before = _processor_time()
    if cell.method == AUTHORS:
        found = measured_authors(cell, read_supports(str(path))[0], seconds)
    else:
        found = measured_check(cell, path, seconds, memory_mb)
    return {**found, "cpu": round(_processor_time() - before, 3)}


def _processor_time() -> float:
    """Of all processes that were started here and have ended, theirs included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured_check(cell: Cell, path: Path, seconds: float, memory_mb: int) -> dict[str, Any]:
    """The same by ``qeclose check``, in a process of its own."""
    command = [
        sys.executable, "-m", "qeclose", "check", str(path), "--engine", cell.engine, "--method", cell.method,
        "--presolve" if cell.presolve else "--no-presolve", "--timeout", str(seconds), "--memory", str(memory_mb),
        "--format", "json", "-q",
    ]  # fmt: skip
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    if not ended.stdout.strip():
        return {"verdict": "no means" if ended.returncode == 2 else "failed", "seconds": 0.0, "asked": ""}
    found = json.loads(ended.stdout)
    asked = {run["question"] or run["answer"]: None for run in found["engines"]}
    return {
        "verdict": found["verdict"] if ended.returncode != 4 else "failed",
        "seconds": found["seconds"],
        "asked": ", ".join(asked) if found["verdict"] != "undecided" else "",
        "reason": found["reason"],
    }


def measured_authors(cell: Cell, support: Support, seconds: float) -> dict[str, Any]:
    """The engine alone on the authors' formula: sat is ill-posed, unsat well-posed."""
    (engine,) = (engine for engine in installed_engines() if engine.name == cell.engine)
    flags = {"z3": ["-in", "-smt2"], "cvc5": ["--lang", "smt2"]}[cell.engine]
    program, first = command_of(engine.path)
    start = time.perf_counter()
    try:
        ended = subprocess.run(
            [str(program), *first, *flags], input=authors_formula(support), stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, timeout=seconds, check=False,
        )  # fmt: skip
        said = ended.stdout.strip().partition("\n")[0]
    except subprocess.TimeoutExpired:
        said = "timeout"
    verdict = {"sat": "ill-posed", "unsat": "well-posed"}.get(said, "undecided")
    return {"verdict": verdict, "seconds": round(time.perf_counter() - start, 3), "asked": ""}


def authors_formula(support: Support) -> str:
    """The sentence as the paper's own program writes it, as an SMT-LIB script.

    Variables for all entries of both factors, those outside the supports 0 by equations; A is free. First ∀X₁Y₁: if these
    equations hold, some entry of X₁Y₁ᵀ is not that of A; then ∀ε∃X₂Y₂: the equations, and ε ≤ 0 or every entry of
    X₂Y₂ᵀ − A lies between −ε and ε.
    """
    first, second = (mask.to_lists() for mask in support.factors)
    m, r, n = len(first), len(second), len(second[0])
    places = [(i, j) for i in range(m) for j in range(n)]

    def factor_names(copy: int) -> list[str]:
        left = [f"x{copy}_{i}_{k}" for i in range(m) for k in range(r)]
        return left + [f"y{copy}_{j}_{k}" for j in range(n) for k in range(r)]

    def outside(copy: int) -> str:
        left = [f"(= x{copy}_{i}_{k} 0)" for i in range(m) for k in range(r) if not first[i][k]]
        right = [f"(= y{copy}_{j}_{k} 0)" for j in range(n) for k in range(r) if not second[k][j]]
        return f"(and true {' '.join(left + right)})"

    def product(copy: int, i: int, j: int) -> str:
        return f"(+ 0 {' '.join(f'(* x{copy}_{i}_{k} y{copy}_{j}_{k})' for k in range(r))})"

    def bound(names: list[str]) -> str:
        return " ".join(f"({name} Real)" for name in names)

    differs = " ".join(f"(not (= {product(1, i, j)} a_{i}_{j}))" for i, j in places)
    above = " ".join(f"(< (- {product(2, i, j)} a_{i}_{j}) eps)" for i, j in places)
    below = " ".join(f"(< (- a_{i}_{j} {product(2, i, j)}) eps)" for i, j in places)
    lines = ["(set-logic NRA)", *(f"(declare-fun a_{i}_{j} () Real)" for i, j in places)]
    lines.append(f"(assert (forall ({bound(factor_names(1))}) (=> {outside(1)} (or {differs}))))")
    near = f"(and {outside(2)} (or (<= eps 0) (and {above} {below})))"
    lines.append(f"(assert (forall ((eps Real)) (exists ({bound(factor_names(2))}) {near})))")
    return "\n".join([*lines, "(check-sat)", ""])


def shown(result: Mapping[str, Any] | None, clock: str) -> str:
    """A cell of the table: seconds and question, or a dash and why."""
    if result is None:
        return ""
    if result["verdict"] in ("well-posed", "ill-posed"):
        asked = f" {result['asked']}" if result["asked"] else ""
        return f"{result[clock]:.2f}{asked}"
    return "–" if result["verdict"] == "undecided" else str(result["verdict"])


def table(
    rows: Sequence[str], engines: Sequence[str], results: Mapping[str, Mapping[str, Any]], clock: str
) -> str:
    """The whole table in Markdown, one line an example and engine."""
    heads = [
        "example",
        "verdict",
        "published",
        "engine",
        *METHODS,
        *(f"presolve, {m}" for m in METHODS),
        AUTHORS,
    ]
    lines = [heads, ["---"] * len(heads)]
    for row in rows:
        of_row = [result for key, result in results.items() if key.split(" ")[0] == row]
        said = {r["verdict"] for r in of_row} & {"well-posed", "ill-posed"}
        for engine in engines:
            runs = [
                shown(results.get(Cell(row, engine, method, presolve).key), clock)
                for presolve in (False, True)
                for method in METHODS
            ]
            authors = shown(results.get(Cell(row, engine, AUTHORS, False).key), clock)
            lines.append([row, " AND ".join(sorted(said)) or "–", ROWS[row], engine, *runs, authors])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def formulas(rows: Sequence[str], repeat: int, seconds: float) -> Iterator[str]:
    """Z3 alone, in processor seconds: the authors' formula and our encodings in turn, medians, and the first one's ratio.

    The ratio is the median of those of neighbouring runs.
    """
    (engine,) = (engine for engine in installed_engines() if engine.name == "z3")
    assert isinstance(engine, SmtSolver)
    names = PREFERRED["z3"]
    yield f"| example | {AUTHORS} | {names[0]} | ratio | {' | '.join(names[1:])} |"
    yield "| --- " * (len(names) + 3) + "|"
    with tempfile.TemporaryDirectory() as folder:
        for row in rows:
            support = read_supports(str(mask_file(row, Path(folder))))[0]
            scripts = [authors_formula(support)]
            scripts += [engine.script(encoded_sentence(support, ENCODINGS[name])) for name in names]
            runs = [[_answered(engine.path, script, seconds) for script in scripts] for _ in range(repeat)]
            authors, *ours = zip(*runs, strict=True)
            ratios = [b / a for a, b in zip(authors, ours[0], strict=True)]
            ratio = f"{median(ratios):.2f}" if inf not in (*authors, *ours[0]) else ""
            first, *others = ("–" if inf in times else f"{median(times):.3f}" for times in ours)
            authors_time = "–" if inf in authors else f"{median(authors):.3f}"
            yield f"| {row} | {authors_time} | {first} | {ratio} | {' | '.join(others)} |"


def _answered(program: Path, script: str, seconds: float) -> float:
    """The processor seconds until Z3 says sat or unsat; infinite if it does not within so many by the clock."""
    before = _processor_time()
    words = [str(program), "-in", "-smt2", f"-T:{max(round(seconds), 1)}"]
    said = subprocess.run(words, input=script, capture_output=True, text=True, check=False).stdout
    return _processor_time() - before if said.startswith(("sat", "unsat")) else inf


def starts(repeat: int) -> str:
    """The fastest of ``repeat`` starts of each command, as a ratio to a bare interpreter's."""
    lines = [["command", "seconds", "to python -c pass"], ["---"] * 3]
    bare = 0.0
    for name, arguments in STARTS.items():
        seconds = min(_wall_time([sys.executable, *arguments]) for _ in range(repeat))
        bare = bare or seconds
        lines.append([name, f"{seconds:.3f}", f"{seconds / bare:.1f}"])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _wall_time(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def kept(journal: Path | None) -> dict[str, dict[str, Any]]:
    """What an earlier run with this journal found."""
    if journal is None or not journal.exists():
        return {}
    lines = map(json.loads, journal.read_text(encoding="utf-8").splitlines())
    return {line.pop("cell"): line for line in lines}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="limit of each run (60)")
    parser.add_argument("--memory", type=int, default=4096, help="megabytes for each engine (4096)")
    parser.add_argument("--rows", action="append", choices=ROWS, help="only this example (repeatable)")
    parser.add_argument("--engines", action="append", choices=ENGINE_NAMES, help="only this one (repeatable)")
    parser.add_argument("--journal", type=Path, help="keep results there, and do not run again what is in it")
    parser.add_argument(
        "--starts", action="store_true", help="measure the start of the command line, nothing else"
    )
    parser.add_argument(
        "--formulas", type=int, metavar="N",
        help="the authors' formula and our encodings by Z3 alone, N times in turn, nothing else",
    )  # fmt: skip
    parser.add_argument("--print", action="store_true", help="run nothing, show what is in the journal")
    parser.add_argument(
        "--clock", choices=("seconds", "cpu"), default="seconds",
        help="show seconds on the clock, or of the processor, which a busy machine stretches less",
    )  # fmt: skip
    options = parser.parse_args()
    if options.starts:
        print(starts(10))
        return
    rows = options.rows or list(ROWS)
    if options.formulas:
        for line in formulas(rows, options.formulas, options.seconds):
            print(line, flush=True)
        return
    engines = options.engines or [engine.name for engine in installed_engines()]
    results = kept(options.journal)
    with tempfile.TemporaryDirectory() as folder:
        for cell in cells(rows, engines):
            if options.print or cell.key in results:
                continue
            print(cell.key, file=sys.stderr)
            path = mask_file(cell.row, Path(folder))
            results[cell.key] = measured(cell, path, options.seconds, options.memory)
            if options.journal is not None:
                with options.journal.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps({"cell": cell.key, **results[cell.key]}) + "\n")
    print(table(rows, engines, results, options.clock))


if __name__ == "__main__":
    main()
