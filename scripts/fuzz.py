#!/usr/bin/env python3
"""Feed every reader, every parser of engines' answers, certificates, manifests, journals and cache entries with broken bytes.

    python scripts/fuzz.py all --seconds 1800
    python scripts/fuzz.py text mtx --runs 2000 --seed 1
    python scripts/fuzz.py --list

Each target is driven by atheris (coverage-guided; `pip install atheris`) in a process of its own, or by hypothesis where atheris
is not installed. The inputs begin with those in tests/fuzz/corpus. A finding is an exception that no caller expects, a message
of several lines, an input that takes more than 10 s of processor time, or a wrong result (scripts/fuzzing/targets.py).
Findings are saved; the exit status is 1 if there are any. With --runs and a --seed the run is deterministic.
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).parent))

from fuzzing.changes import changed_json, edited
from fuzzing.targets import TARGETS

CORPUS = Path(__file__).parents[1] / "tests" / "fuzz" / "corpus"
_SLOW_SECONDS = 10.0
_HANG_SECONDS = 600
"""By the wall clock, which libFuzzer heeds; a loaded machine is slow."""
_MEMORY_MB = 4000
_INTERRUPTED = 72
"""libFuzzer's status after a signal that asked it to stop; what it had found until then counts."""
_LONGEST = 8192


@dataclass
class Session:
    """The run of one target: what was tried, what was found, each kind once."""

    name: str
    findings: Path
    executions: int = 0
    found: dict[str, str] = field(default_factory=dict)
    start: float = field(default_factory=time.monotonic)
    status: Path | None = None
    processor: float = field(default_factory=time.process_time)
    _saved: float = 0.0

    def one(self, data: bytes) -> None:
        """Run the target on one input, and note what is wrong."""
        self.executions += 1
        before = time.process_time()
        try:
            TARGETS[self.name].run(data)
        except Exception as error:
            self.note(data, kind_of(error), traceback.format_exc())
        spent = time.process_time() - before
        if spent > _SLOW_SECONDS:
            self.note(data, "slow", f"{spent:.0f} s of processor time")
        if self.status is not None and time.monotonic() - self._saved > 0.2:
            self.save()

    def note(self, data: bytes, kind: str, text: str) -> None:
        if kind in self.found:
            return
        self.findings.mkdir(parents=True, exist_ok=True)
        path = self.findings / f"{self.name}-{len(self.found)}"
        path.write_bytes(data)
        path.with_suffix(".txt").write_text(f"{kind}\n{text}", errors="replace")
        self.found[kind] = str(path)
        self.save()

    def save(self) -> None:
        self._saved = time.monotonic()
        if self.status is not None:
            beside = self.status.with_suffix(".new")
            beside.write_text(json.dumps(self.summary()))
            beside.replace(self.status)

    def summary(self) -> dict[str, Any]:
        seconds = round(time.monotonic() - self.start, 1)
        processor = round(time.process_time() - self.processor, 1)
        return {
            "target": self.name,
            "executions": self.executions,
            "seconds": seconds,
            "processor_seconds": processor,
            "found": self.found,
        }


def kind_of(error: BaseException) -> str:
    """The type of an exception and where it was raised, the same for inputs that show the same fault."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "qeclose" in f.filename]
    last = frames[-1] if frames else None
    place = f"{Path(last.filename).name}:{last.name}" if last else "?"
    return f"{type(error).__name__} in {place}"


def seeds(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))] or [b""]


def by_hypothesis(session: Session, seconds: float, runs: int, seed: int) -> None:
    """Random edits of the corpus, the same for the same seed."""
    from hypothesis import HealthCheck, given, settings
    from hypothesis import seed as seeded

    target = TARGETS[session.name]
    strategy = edited(seeds(session.name), target.words, is_json=target.json)
    end, batch = time.monotonic() + seconds, 0
    while time.monotonic() < end and session.executions < runs:

        @seeded(seed + 1_000_003 * batch)
        @settings(
            max_examples=min(500, runs - session.executions),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def attempt(data: bytes) -> None:
            if time.monotonic() < end:
                session.one(data)

        attempt()
        batch += 1
    session.save()


def by_atheris(session: Session, seconds: float, runs: int, seed: int) -> None:
    """Coverage-guided, by libFuzzer; ends this process."""
    import resource

    import atheris

    resource.setrlimit(resource.RLIMIT_AS, (3 * _MEMORY_MB * 2**20,) * 2)
    target = TARGETS[session.name]

    def mutator(data: bytes, longest: int, number: int) -> bytes:
        rng = random.Random(number)
        changed = changed_json(data, rng) if rng.random() < 0.6 else None
        return atheris.Mutate(data, longest) if changed is None or len(changed) > longest else changed

    with tempfile.TemporaryDirectory(prefix="fuzz-corpus-") as fresh, atheris.instrument_imports(["qeclose"]):
        # Loads whatever is needed, so that no input is blamed for it.
        for data in seeds(session.name):
            session.one(data)
        words = Path(fresh).with_suffix(".words")
        escaped = ("".join(rf"\x{byte:02x}" for byte in word) for word in target.words)
        words.write_text("".join(f'"{word}"\n' for word in escaped))
        session.findings.mkdir(parents=True, exist_ok=True)
        options = [
            f"-max_total_time={max(1, round(seconds))}", f"-runs={runs}", f"-seed={seed}",
            *([f"-dict={words}"] if target.words else []),
            f"-timeout={_HANG_SECONDS}", f"-rss_limit_mb={_MEMORY_MB}", f"-max_len={_LONGEST}",
            f"-artifact_prefix={session.findings}/{session.name}-",
        ]  # fmt: skip
        corpus = CORPUS / session.name
        atheris.Setup(
            [sys.argv[0], *options, fresh, *([str(corpus)] if corpus.is_dir() else [])],
            session.one,
            **({"custom_mutator": mutator} if target.json else {}),
        )
        atheris.Fuzz()


def in_a_process(
    name: str, driver: str, seconds: float, runs: int, seed: int, findings: Path
) -> dict[str, Any]:
    """Fuzz one target in a process of its own; what it did."""
    with tempfile.TemporaryDirectory(prefix="fuzz-run-") as folder:
        status, log = Path(folder) / "status.json", Path(folder) / "log"
        words = [sys.executable, __file__, name, "--seconds", str(seconds), "--runs", str(runs)]
        words += [
            "--seed",
            str(seed),
            "--findings",
            str(findings),
            "--driver",
            driver,
            "--status",
            str(status),
        ]
        with log.open("wb") as output:
            ended = subprocess.run(
                words,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                env={**os.environ, "TMPDIR": folder},
            )
        done: dict[str, Any] = {
            "target": name,
            "executions": 0,
            "seconds": 0.0,
            "processor_seconds": 0.0,
            "found": {},
        }
        if status.exists():
            done = json.loads(status.read_text())
        # libFuzzer ends with other statuses than 0 and 1 when an input hangs or takes too much memory.
        if ended.returncode == _INTERRUPTED:
            done["interrupted"] = True
        elif ended.returncode not in (0, 1) or (ended.returncode == 1 and not done["found"]):
            tail = log.read_text(errors="replace")[-1500:]
            done["found"][f"the process ended with {ended.returncode}"] = tail
        return done


@click.command(help=__doc__)
@click.argument("names", nargs=-1, metavar="TARGET...|all")
@click.option("--seconds", type=float, default=60.0, show_default=True, help="For each target.")
@click.option("--runs", type=int, default=10**12, help="At most so many inputs for each target.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--driver", type=click.Choice(["atheris", "hypothesis"]), help="By default atheris if it is installed."
)
@click.option("--jobs", type=int, default=len(os.sched_getaffinity(0)), show_default=True)
@click.option("--findings", type=click.Path(path_type=Path), default=Path("fuzz-findings"), show_default=True)
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write what was done, as JSON.")
@click.option("--list", "listed", is_flag=True, help="List the targets.")
@click.option("--status", type=click.Path(path_type=Path), hidden=True)
def command(
    names: tuple[str, ...],
    seconds: float,
    runs: int,
    seed: int,
    driver: str | None,
    jobs: int,
    findings: Path,
    file: Path | None,
    listed: bool,
    status: Path | None,
) -> None:
    if listed:
        click.echo("\n".join(TARGETS))
        return
    unknown = set(names) - {"all", *TARGETS}
    if unknown or not names:
        raise click.UsageError(f"the targets are all, {', '.join(TARGETS)}")
    if driver is None:
        driver = "atheris" if importlib.util.find_spec("atheris") else "hypothesis"
    if status is not None:
        session = Session(names[0], findings, status=status)
        drive: Callable[..., None] = by_atheris if driver == "atheris" else by_hypothesis
        drive(session, seconds, runs, seed)
        sys.exit(bool(session.found))
    wanted = list(TARGETS) if "all" in names else list(dict.fromkeys(names))
    click.echo(f"by {driver}, at most {seconds:g} s each, seed {seed}")
    click.echo(f"{'target':20} {'seconds':>8} {'of CPU':>8} {'inputs':>10}  found")
    results = []
    with ThreadPoolExecutor(jobs) as pool:
        for done in pool.map(
            lambda n: in_a_process(n, driver, seconds, runs, seed, findings.absolute()), wanted
        ):
            results.append(done)
            found = "; ".join(f"{kind} ({path})" for kind, path in done["found"].items()) or "nothing"
            click.echo(
                f"{done['target']:20} {done['seconds']:8.1f} {done['processor_seconds']:8.1f} {done['executions']:10,}  {found}"
            )
    total = sum(done["executions"] for done in results)
    bad = sum(len(done["found"]) for done in results)
    click.echo(f"{len(results)} targets, {total:,} inputs, {bad} findings")
    if file is not None:
        file.write_text(json.dumps({"driver": driver, "seed": seed, "results": results}, indent=1) + "\n")
    sys.exit(bool(bad))


if __name__ == "__main__":
    command()
