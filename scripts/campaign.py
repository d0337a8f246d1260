#!/usr/bin/env python3
"""Attack qeclose from all sides, count what was compared, and save every disagreement with a command that shows it.

    python scripts/campaign.py --seconds 60 --seed 1 --json campaign.json

Parts: ``differential`` (the same question in other words, by other methods, by engines), ``truth`` (frontier points
found without qeclose), ``certificates`` (mutants and forgeries), ``proof-search`` (proofs of ill-posed masks),
``readers`` (every format and spelling), ``relu`` (data sets without an optimum), ``locate`` (matrices inside, on and
outside), ``fit`` (losses and their lower bounds), ``chances`` (exact probabilities against enumeration), ``missing``
(entries of A that are not observed).

Trial N of a part is determined by the seed, the part and N. FILE is written every few seconds and on Ctrl-C; a second
run with the same FILE and seed goes on where it stopped. Exit status 1 if there is a disagreement, and if fewer than
nine of ten ill-posed masks showed a frontier point (from 50 masks on).
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter, defaultdict
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import click
import psutil
from attack.tally import COUNTS, Tally

PARTS = {
    "differential": "attack.differential",
    "truth": "attack.truths",
    "certificates": "attack.certificates",
    "proof-search": "attack.proof_search",
    "readers": "attack.readers",
    "relu": "attack.relu",
    "locate": "attack.locations",
    "fit": "attack.fits",
    "chances": "attack.chances",
    "missing": "attack.missing",
}
_SHARES = {
    "differential": 16,
    "truth": 3,
    "certificates": 6,
    "proof-search": 2,
    "readers": 6,
    "relu": 1,
    "locate": 2,
    "fit": 1,
    "chances": 1,
    "missing": 2,
}
"""How the time is divided among the parts."""

_SLICE_SECONDS = 30.0
_HANG_SECONDS = 180.0
"""A slice that has used so much processor time is ended and reported: no trial takes a tenth of it."""
_IDLE_SECONDS = 1800.0
"""The same by the clock, for a slice that waits for ever; generous, since the machine may be busy."""

_SAVE_SECONDS = 10.0


def run_slice(part: str, seed: int, first: int, seconds: float, out: Connection) -> None:
    """Trials ``first``, ``first`` + 1, … of a part for so many seconds; sends (trials, processor seconds, tally)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    trial = importlib.import_module(PARTS[part]).trial
    tally, number, end = Tally(), first, time.monotonic() + seconds
    while number == first or time.monotonic() < end:
        try:
            trial(number, random.Random(f"{seed} {part} {number}"), tally)
        except Exception:
            tally.disagree("the attack or qeclose raised", traceback=traceback.format_exc())
        for found in tally.disagreements:
            if "trial" not in found:
                command = f"python scripts/campaign.py --seed {seed} --only {part} --trial {number}"
                found |= {"part": part, "trial": number, "command": command}
        number += 1
    used = sum(os.times()[:4])  # with the engines that were asked
    out.send((number - first, used, tally))


class Campaign:
    """The state of a campaign: the trials done and the seconds spent by part, and what they counted."""

    def __init__(self, seed: int, file: Path) -> None:
        self.seed, self.file = seed, file
        self.tally = Tally()
        self.done: Counter[str] = Counter()
        self.spent: defaultdict[str, float] = defaultdict(float)
        if file.exists():
            saved = json.loads(file.read_text("utf-8"))
            if saved["seed"] != seed:
                raise click.UsageError(f"{file} belongs to seed {saved['seed']}")
            self.done.update(saved["trials"])
            self.spent |= saved["seconds_by_part"]
            self.tally.counts.update(saved["counts"])
            self.tally.disagreements += saved["disagreements_found"]

    def next_part(self, parts: tuple[str, ...], running: Counter[str]) -> str:
        """The part that has had least of its share."""
        waiting = {part: self.spent[part] + running[part] * _SLICE_SECONDS for part in parts}
        return min(parts, key=lambda part: waiting[part] / _SHARES[part])

    def summary(self) -> dict[str, Any]:
        counts = {name: self.tally.counts[name] for name in COUNTS}
        return {
            "seed": self.seed,
            "processor_seconds": round(sum(self.spent.values())),
            **counts,
            "disagreements": len(self.tally.disagreements),
            "counts": dict(sorted(self.tally.counts.items())),
            "trials": dict(self.done),
            "seconds_by_part": {part: round(seconds, 1) for part, seconds in self.spent.items()},
            "disagreements_found": self.tally.disagreements,
        }

    def save(self) -> None:
        beside = self.file.with_name(self.file.name + ".part")
        beside.write_text(json.dumps(self.summary(), indent=1) + "\n", "utf-8")
        beside.replace(self.file)

    def failed(self) -> bool:
        sought, found = (self.tally.counts[name] for name in ("truth_sought", "truth_found"))
        return bool(self.tally.disagreements) or (sought >= 50 and found < 0.9 * sought)


def attack(campaign: Campaign, parts: tuple[str, ...], seconds: float, jobs: int) -> None:
    """Run slices in ``jobs`` processes until the time is over; a slice that hangs is ended and reported."""
    for part in parts:  # imported once, before any process forks
        importlib.import_module(PARTS[part])
    for heavy in ("qeclose.decide.strategy", "sympy", "scipy.optimize"):
        importlib.import_module(heavy)
    context = multiprocessing.get_context("fork")
    end, saved = time.monotonic() + seconds, time.monotonic()
    running: dict[Connection, tuple[str, int, float, Any]] = {}
    claimed = Counter(campaign.done)
    while running or time.monotonic() < end:
        while len(running) < jobs and time.monotonic() < end:
            part = campaign.next_part(parts, Counter(entry[0] for entry in running.values()))
            receive, send = context.Pipe(duplex=False)
            # Room for more trials than a slice can hold, so that no two slices share a number.
            first = claimed[part]
            claimed[part] += 100_000
            process = context.Process(
                target=run_slice,
                args=(part, campaign.seed, first, min(_SLICE_SECONDS, end - time.monotonic()), send),
            )
            process.start()
            send.close()
            running[receive] = (part, first, time.monotonic(), process)
        for ready in wait(list(running), timeout=1.0):
            assert isinstance(ready, Connection)
            part, first, start, process = running.pop(ready)
            try:
                trials, used, tally = ready.recv()
            except EOFError:
                trials, used, tally = 1, _SLICE_SECONDS, Tally()
                tally.disagree("the attack's process died", part=part, trial=first)
            process.join()
            _account(campaign, part, trials, used, tally)
        for receive, (part, first, start, process) in list(running.items()):
            waited, used = time.monotonic() - start, _processor_seconds(process.pid)
            if used > _HANG_SECONDS or waited > _IDLE_SECONDS:
                del running[receive]
                process.kill()
                process.join()
                tally = Tally()
                tally.disagree("a trial hung", part=part, trial=first)
                _account(campaign, part, 1, used, tally)
        if time.monotonic() - saved > _SAVE_SECONDS:
            campaign.save()
            saved = time.monotonic()


def _processor_seconds(pid: int | None) -> float:
    try:
        return float(sum(psutil.Process(pid).cpu_times()[:4]))
    except psutil.NoSuchProcess:
        return 0.0


def _account(campaign: Campaign, part: str, trials: int, seconds: float, tally: Tally) -> None:
    campaign.tally.add("trials", trials)
    campaign.done[part] += 100_000
    campaign.spent[part] += seconds
    campaign.tally.merge(tally)
    for found in tally.disagreements:
        click.echo(f"DISAGREEMENT {json.dumps(found)[:2000]}", err=True)


@click.command(help=__doc__)
@click.option("--seconds", type=float, default=60.0, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--only", "parts", type=click.Choice(list(PARTS)), multiple=True, help="Only these parts.")
@click.option(
    "--json", "file", type=click.Path(path_type=Path, dir_okay=False), default=Path("campaign.json")
)
@click.option("--jobs", type=int, default=len(os.sched_getaffinity(0)), show_default=True)
@click.option("--trial", type=int, help="Only this trial of the one part given, here and now.")
def command(
    seconds: float, seed: int, parts: tuple[str, ...], file: Path, jobs: int, trial: int | None
) -> None:
    if trial is not None:
        if len(parts) != 1:
            raise click.UsageError("--trial needs one --only PART")
        tally = Tally()
        importlib.import_module(PARTS[parts[0]]).trial(
            trial, random.Random(f"{seed} {parts[0]} {trial}"), tally
        )
        click.echo(json.dumps({"counts": dict(tally.counts), "disagreements": tally.disagreements}, indent=1))
        sys.exit(bool(tally.disagreements))
    campaign = Campaign(seed, file)
    try:
        attack(campaign, parts or tuple(PARTS), seconds, jobs)
    finally:
        campaign.save()
    summary = campaign.summary()
    for name in (
        "processor_seconds",
        "masks",
        "comparisons",
        "disagreements",
        "undecided",
        "certificates",
        "mutants",
    ):
        click.echo(f"{name:20} {summary[name]:>12,}")
    click.echo(
        f"{'accepted':20} {summary['accepted']:>12,}   (and true)" if not summary["accepted_false"] else ""
    )
    click.echo(f"{'accepted and false':20} {summary['accepted_false']:>12,}")
    counts = campaign.tally.counts
    click.echo(f"{'frontier points':20} {counts['truth_found']:>12,}   of {counts['truth_sought']:,} sought")
    sys.exit(campaign.failed())


if __name__ == "__main__":
    command()
