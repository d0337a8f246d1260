#!/usr/bin/env python3
"""Inject faults into whole commands of qeclose, one at a time, and print a table of what came out.

    python scripts/faults.py [--only WORD] [--limit SECONDS] [--jobs N] [--json FILE]

Engines are stand-ins that pass on what the real one says and then hang, crash, lie, flood and so on; parts of qeclose are killed;
disks are full or read-only; clocks jump. Promised is: the right status, the limit kept (+ 2 s), no process and no file left, no
wrong verdict. Exit status 1 if something came out otherwise. Batches have limits for each mask, so no overrun is shown for them.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parent))

from faulting.command_faults import command_faults
from faulting.commands import Place
from faulting.engine_faults import engine_faults, installed
from faulting.kinds import Fault, Found

__all__ = ["all_faults", "injected"]


def all_faults() -> Iterator[Fault]:
    yield from engine_faults()
    yield from command_faults()


def injected(fault: Fault, limit: float) -> Found | str:
    """What came of a fault, or why it cannot be injected on this machine."""
    if fault.needs and not installed(fault.needs):
        return f"{fault.needs} is not installed"
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        try:
            return fault.inject(Place(Path(folder)), limit)
        except NotImplementedError as error:
            return str(error)


@click.command(help=__doc__)
@click.option("--only", default="", help="Only faults with this in their names.")
@click.option("--limit", type=float, default=20.0, show_default=True, help="--timeout of the commands.")
@click.option(
    "--allowed", type=float, default=2.0, show_default=True, help="How far a command may overrun its limit."
)
@click.option("--jobs", type=int, default=len(os.sched_getaffinity(0)), show_default=True)
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the table as JSON.")
def command(only: str, limit: float, allowed: float, jobs: int, file: Path | None) -> None:
    faults = [fault for fault in all_faults() if only in fault.name]
    click.echo(
        f"{'injected':48} {'status':>6} {'over':>5} {'left':>5} {'files':>5} {'verdict':>7}  as promised"
    )
    rows, bad = [], 0
    with ThreadPoolExecutor(jobs) as pool:
        for fault, found in zip(faults, pool.map(lambda one: injected(one, limit), faults), strict=True):
            if isinstance(found, str):
                click.echo(f"{fault.name:48} {'':34} not injected: {found}")
                continue
            complaints = fault.complaints(found, allowed)
            bad += bool(complaints)
            right = "WRONG" if found.wrong else "right"
            click.echo(
                f"{fault.name:48} {found.status:6} {found.over:5.1f} {found.processes:5} {len(found.files):5} {right:>7}  "
                f"{'yes' if not complaints else 'NO: ' + '; '.join(complaints)}"
            )
            rows.append({"fault": fault.name, **asdict(found), "complaints": complaints})
    click.echo(f"{len(rows)} faults injected, {bad} not as promised")
    if file is not None:
        file.write_text(json.dumps(rows, indent=1) + "\n")
    sys.exit(bool(bad))


if __name__ == "__main__":
    command()
