#!/usr/bin/env python3
"""Mutation testing of qeclose/checker: small changes of its code, a sample of them, each given to the tests of the checker.

    python scripts/mutants.py [--sample 200] [--seed 1] [--jobs 2] [--only MODULE] [--json FILE]

The changes are mutmut's (`pip install mutmut`); those of the words of messages are left out. A mutant is killed if a fast test
of the checker (and, for some modules, of chains, unions or networks) fails with it, or runs for minutes. Survivors are
listed with the change. One process is loaded and forked for each mutant, so that only the tests themselves take time.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import json
import os
import random
import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import unified_diff
from importlib.machinery import ModuleSpec
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import click

ROOT = Path(__file__).parents[1]
CHECKER = ROOT / "qeclose" / "checker"
_TESTS = (
    "well_posed_rules", "curve_certificates", "proof_trees", "tree_moves", "padded_refutations", "parts_of_masks",
    "hostile_certificates", "checker_polynomials", "mutated_certificates", "engine_words", "checker_soundness",
)  # fmt: skip
# Tests of other rooms that are about one module of the checker.
_MORE = {
    "chain": ["tests/chains/test_chain_certificates.py"],
    "products": ["tests/chains/test_chain_certificates.py"],
    "union": ["tests/chains/test_union_certificates.py"],
    "union_closed": ["tests/chains/test_union_certificates.py"],
    "bounds": ["tests/chains/test_union_certificates.py"],
    "restriction": ["tests/chains/test_union_certificates.py"],
    "dataset": ["tests/networks/test_relu_data_sets.py"],
}
_LEFT_OUT = {"__init__", "questions", "loading"}
"""What asks engines and reads files: no part of the proof is checked there."""
_PROCESSOR_SECONDS = 150


@dataclass(frozen=True)
class Mutant:
    module: str
    line: int
    change: str
    source: str


def sampled(paths: Sequence[Path], number: int, rng: random.Random) -> tuple[list[Mutant], int]:
    """A random sample of the changes that mutmut makes, but for those of texts; and of how many."""
    import libcst as cst
    from mutmut.mutation.file_mutation import create_mutations

    texts = cst.SimpleString | cst.FormattedString | cst.ConcatenatedString
    every: list[tuple[Path, cst.Module, Any]] = []
    for path in paths:
        module, mutations, *_ = create_mutations(str(path), path.read_text("utf-8"))
        every += [(path, module, one) for one in mutations if not isinstance(one.original_node, texts)]
    order = rng.sample(every, len(every))
    made = (mutant for one in order if (mutant := _mutant(*one)) is not None)
    return list(islice(made, number)), len(every)


def _mutant(path: Path, module: Any, mutation: Any) -> Mutant | None:
    """None for a change that changes nothing, or a message only."""
    from mutmut.mutation.file_mutation import deep_replace

    changed = deep_replace(module, mutation.original_node, mutation.mutated_node).code
    difference = list(unified_diff(module.code.splitlines(), changed.splitlines(), n=0, lineterm=""))
    if not difference:
        return None
    line = int(difference[2].split()[1].lstrip("-").split(",")[0])
    pieces = [text.strip() for text in difference[3:]]
    if all(".error(" in text for text in pieces):
        return None
    return Mutant(path.stem, line, "  ".join(pieces), changed)


class Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from another source."""

    def __init__(self, name: str, source: str, path: Path) -> None:
        self.name, self.source, self.path = name, source, path

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, str(self.path), "exec"), module.__dict__)  # noqa: S102


def tests_of(module: str) -> list[str]:
    return [*_MORE.get(module, ()), *(f"tests/checker/test_{name}.py" for name in _TESTS)]


def verdict_of(mutant: Mutant | None) -> str:
    """Run the tests in a fork: ``killed``, ``killed (time)`` or ``survived``."""
    pid = os.fork()
    if pid == 0:
        _tested(mutant)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return "killed (time)"
    return "survived" if os.waitstatus_to_exitcode(status) == 0 else "killed"


def _tested(mutant: Mutant | None) -> None:
    code: int = 1
    try:
        import pytest

        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_SECONDS, _PROCESSOR_SECONDS + 5))
        module = mutant.module if mutant else "verify"
        if mutant is not None:
            path = CHECKER / f"{mutant.module}.py"
            sys.meta_path.insert(0, Instead(f"qeclose.checker.{mutant.module}", mutant.source, path))
        words = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header"]
        code = int(pytest.main([*words, *tests_of(module)]))
    finally:
        os._exit(code)


def load() -> None:
    """Load all that the tests need, without the checker, which each fork loads for itself."""
    import _pytest.assertion.rewrite
    import flint
    import hypothesis
    import numpy
    import scipy.optimize
    import sympy

    import qeclose.certify
    import qeclose.decide.strategy
    import qeclose.formula.builders

    del _pytest, flint, hypothesis, numpy, scipy, sympy, qeclose
    for name in [name for name in sys.modules if name.startswith("qeclose.checker")]:
        del sys.modules[name]
    # Whoever holds functions of the checker by name must load them again.
    for name, module in list(sys.modules.items()):
        if name.startswith("qeclose") and any(
            getattr(value, "__module__", "").startswith("qeclose.checker")
            for value in vars(module).values()
            if callable(value)
        ):
            del sys.modules[name]


@click.command(help=__doc__)
@click.option("--sample", type=int, default=200, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--jobs", type=int, default=len(os.sched_getaffinity(0)), show_default=True)
@click.option("--only", default="", help="Only this module.")
@click.option("--seconds", type=float, default=float("inf"), help="Begin no mutant after that time.")
@click.option("--json", "file", type=click.Path(path_type=Path))
def command(sample: int, seed: int, jobs: int, only: str, seconds: float, file: Path | None) -> None:
    os.chdir(ROOT)  # where mutmut finds its section of pyproject.toml, and pytest the tests
    paths = [p for p in sorted(CHECKER.glob("*.py")) if p.stem not in _LEFT_OUT and only in ("", p.stem)]
    chosen, total = sampled(paths, sample, random.Random(seed))
    click.echo(f"{total} mutants of {len(paths)} modules, {len(chosen)} sampled by seed {seed}")
    load()
    if verdict_of(None) != "survived":
        raise click.ClickException("the tests fail without any mutant")
    end = time.monotonic() + seconds
    rows: list[dict[str, Any]] = []
    with ThreadPoolExecutor(jobs) as pool:
        work = pool.map(lambda one: verdict_of(one) if time.monotonic() < end else "", chosen)
        for mutant, verdict in zip(chosen, work, strict=True):
            if not verdict:
                continue
            rows.append(
                {"module": mutant.module, "line": mutant.line, "change": mutant.change, "verdict": verdict}
            )
            if verdict == "survived":
                click.echo(f"survived  {mutant.module}.py:{mutant.line}  {mutant.change}")
            if file is not None:
                file.write_text(json.dumps(rows, indent=1) + "\n")
    lived = sum(row["verdict"] == "survived" for row in rows)
    click.echo(f"{len(rows)} mutants tried, {len(rows) - lived} killed, {lived} survived")


if __name__ == "__main__":
    command()
