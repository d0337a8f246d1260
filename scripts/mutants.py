#!/usr/bin/env python3
"""Mutation testing of qeclose/checker: small changes of its code, a sample of them, each given to the tests of the checker.

    python scripts/mutants.py [--sample 200] [--seed 1] [--jobs 2] [--only MODULE] [--json FILE]

The changes are mutmut's (`pip install mutmut`); those of the words of messages are left out. The tests are those of the gate
``.ci/checker-coverage``: first the ones that run through the changed line, the quickest first; what survives these is given
to all of them. A mutant is killed if a test fails with it, or takes many times as long. Survivors are listed with the
change. One process is loaded and forked for each mutant, so that only the tests themselves take time. A second run with
the same FILE goes on where the first stopped.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
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
TESTS = "@tests/checker/gate.txt"
_LEFT_OUT = {"__init__", "questions", "loading"}
"""What asks engines and reads files: no part of the proof is checked there."""


@dataclass(frozen=True)
class Mutant:
    module: str
    line: int
    change: str
    source: str

    @property
    def key(self) -> str:
        return f"{self.module}.py:{self.line}  {self.change}"


@dataclass(frozen=True)
class Covering:
    """What each test costs in seconds, and which tests run through a line (of a module, by its number)."""

    seconds: Mapping[str, float]
    through: Mapping[str, Mapping[int, Sequence[str]]]

    def tests(self, mutant: Mutant) -> list[str]:
        """The tests of its line, the quickest first; none if it runs when the module is loaded, or never."""
        found = self.through.get(mutant.module, {}).get(mutant.line, ())
        return [] if "" in found else sorted(found, key=self.seconds.__getitem__)

    def limit(self, tests: Sequence[str]) -> int:
        """Processor seconds after which a mutant is thought to run for ever."""
        return 30 + round(4 * sum(self.seconds[test] for test in tests or self.seconds))


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


def in_a_fork(tests: Sequence[str], limit: int, mutant: Mutant | None, plugin: object = None) -> int | None:
    """The exit status of pytest with this mutant in the place of its module; None if it took too long."""
    pid = os.fork()
    if pid == 0:
        _tested(tests, limit, mutant, plugin)
    _, status = os.waitpid(pid, 0)
    return None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def _tested(tests: Sequence[str], limit: int, mutant: Mutant | None, plugin: object) -> None:
    code: int = 1
    try:
        import pytest

        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        if mutant is not None:
            path = CHECKER / f"{mutant.module}.py"
            sys.meta_path.insert(0, Instead(f"qeclose.checker.{mutant.module}", mutant.source, path))
        words = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header"]
        code = int(pytest.main([*words, *(tests or [TESTS])], plugins=[plugin] if plugin else None))
    finally:
        os._exit(code)


class Watching:
    """A plugin of pytest that notes the seconds of each test and the lines it runs through."""

    def __init__(self, file: Path) -> None:
        from coverage import Coverage

        self.file = file
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.coverage = Coverage(data_file=None, config_file=False, source=[str(CHECKER)])
        self.coverage.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.coverage.switch_context(nodeid.partition("[")[0])

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid.partition("[")[0]] += report.duration

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        data = self.coverage.get_data()
        through = {Path(name).stem: data.contexts_by_lineno(name) for name in data.measured_files()}
        self.file.write_text(json.dumps({"seconds": self.seconds, "through": through}), "utf-8")


def covering() -> Covering:
    """Run all tests once, without any mutant."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "covering.json")
        # Made in the fork: the modules that it watches are loaded there.
        code = in_a_fork([], 3600, None, _Later(lambda: Watching(file)))
        if code != 0:
            raise click.ClickException("the tests fail without any mutant")
        found = json.loads(file.read_text("utf-8"))
    through = {
        module: {int(line): tests for line, tests in lines.items()}
        for module, lines in found["through"].items()
    }
    return Covering(found["seconds"], through)


class _Later:
    """Registers the plugin that it makes when pytest is configured."""

    def __init__(self, make: Callable[[], object]) -> None:
        self.make = make

    def pytest_configure(self, config: Any) -> None:
        config.pluginmanager.register(self.make())


def verdict_of(mutant: Mutant, covering: Covering) -> str:
    """``killed``, ``killed (time)`` or ``survived``."""
    tests = covering.tests(mutant)
    for some in [tests, []] if tests else [[]]:
        code = in_a_fork(some, covering.limit(some), mutant)
        if code != 0:
            return "killed" if code is not None else "killed (time)"
    return "survived"


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
    done: dict[str, str] = json.loads(file.read_text("utf-8")) if file and file.exists() else {}
    load()
    covered = covering()
    end = time.monotonic() + seconds

    def tried(mutant: Mutant) -> str:
        if mutant.key in done or time.monotonic() > end:
            return done.get(mutant.key, "")
        return verdict_of(mutant, covered)

    with ThreadPoolExecutor(jobs) as pool:
        for mutant, verdict in zip(chosen, pool.map(tried, chosen), strict=True):
            if verdict:
                done[mutant.key] = verdict
            if verdict == "survived":
                click.echo(f"survived  {mutant.key}")
            if file is not None:
                file.write_text(json.dumps(done, indent=1) + "\n", "utf-8")
    tried_of = [done[mutant.key] for mutant in chosen if mutant.key in done]
    lived = tried_of.count("survived")
    click.echo(f"{len(tried_of)} mutants tried, {len(tried_of) - lived} killed, {lived} survived")


if __name__ == "__main__":
    command()
