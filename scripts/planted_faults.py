#!/usr/bin/env python3
"""Plant faults into copies of qeclose, one at a time, and see whether the campaign catches each.

    python scripts/planted_faults.py [--seconds 60] [--only WORD] [--json FILE]

A fault is a piece of the source replaced by a wrong one. It is caught if ``scripts/campaign.py --seconds S`` on the copy finds a
disagreement; a search that makes a certificate which the checker refuses is one (the verdict is then never wrong, only missing).
A copy without any fault must pass. Exit status 1 if a fault is not caught, or one can no longer be planted.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Planted:
    """``old`` in ``file`` becomes ``new``."""

    room: str
    what: str
    file: str
    old: str
    new: str


FAULTS = (
    Planted(
        "presolve", "one twin too many is dropped", "presolve/twins.py",
        "TwinCapping(side, tuple(lines[: sizes[first]]), tuple(lines[sizes[first] :]))",
        "TwinCapping(side, tuple(lines[: sizes[first] - 1]), tuple(lines[sizes[first] - 1 :]))",
    ),
    Planted(
        "presolve", "a term is dropped if its first row is covered", "presolve/empty.py",
        "if not any(term.columns & ~problem.free.get(i, 0) for i in bits(term.rows))",
        "if not any(term.columns & ~problem.free.get(i, 0) for i in list(bits(term.rows))[:1])",
    ),
    Planted(
        "presolve", "groups that share a column fall apart", "presolve/direct_sum.py",
        "if taken & columns:", "if taken == columns:",
    ),
    Planted(
        "presolve", "components that touch stay apart", "presolve/splitting.py",
        "if group.columns & columns:", "if group.columns == columns:",
    ),
    Planted(
        "search", "limits of curves are divided by a power of t too few", "certify/frontier/limits.py",
        "[_shift(entry, -order) for entry in self.entries], [_shift(c, -order) for c in self.combination]",
        "[_shift(entry, -order) for entry in self.entries], [_shift(c, 1 - order) for c in self.combination]",
    ),
    Planted(
        "search", "a refutation leaves an equation out", "certify/refute/elimination.py",
        "used = sorted(e for e in equations_used(tree) if e < len(self.positions))",
        "used = sorted(e for e in equations_used(tree) if e < len(self.positions))[1:]",
    ),
    Planted(
        "readers", "JT is read as J", "files/sections.py",
        "section.mask.transpose() if section.label == \"J\"", "section.mask.transpose() if section.label in (\"J\", \"JT\")",
    ),
    Planted(
        "readers", "the last entry of a row of numbers is lost", "files/tokens.py",
        "enumerate(row) if is_nonzero(word.text))", "enumerate(row[:-1]) if is_nonzero(word.text))",
    ),
    Planted(
        "readers", "rows of Matrix Market count from 0", "files/matrix_market.py",
        "rows, columns = rows - 1, columns - 1", "rows, columns = rows % size.m, columns - 1",
    ),
    Planted(
        "cache", "the key forgets the masks", "batch/store/cache.py",
        "(digest(canonical) + _depends_on(__version__, options, engines)).encode()",
        "_depends_on(__version__, options, engines).encode()",
    ),
    Planted(
        "cache", "what was decided of the canonical mask is moved back the wrong way", "batch/run.py",
        "return form.support, form.backward", "return form.support, form.backward.inverse()",
    ),
)  # fmt: skip


def caught(fault: Planted | None, seconds: float, seed: int) -> dict[str, Any]:
    """The first disagreement that the campaign finds on a copy with the fault, after how many seconds; or none."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        copy = Path(folder)
        for part in ("qeclose", "scripts"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        if fault is not None:
            path = copy / "qeclose" / fault.file
            text = path.read_text("utf-8")
            if text.count(fault.old) != 1:
                return {"caught": False, "seconds": 0.0, "how": "the fault can no longer be planted"}
            path.write_text(text.replace(fault.old, fault.new), "utf-8")
        report = copy / "campaign.json"
        words = [sys.executable, "scripts/campaign.py", "--seconds", str(seconds), "--seed", str(seed)]
        start = time.monotonic()
        with subprocess.Popen(
            [*words, "--json", str(report)],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as campaign:
            found: list[dict[str, Any]] = []
            while not found:
                ended = campaign.poll() is not None
                if report.exists():
                    found = json.loads(report.read_text())["disagreements_found"]
                if ended:
                    break
                time.sleep(0.5)
            spent = time.monotonic() - start
            # Its slices are processes of their own.
            with suppress(ProcessLookupError):
                os.killpg(campaign.pid, signal.SIGKILL)
        if not found:
            return {"caught": False, "seconds": round(spent, 1), "how": ""}
        first = found[0]
        trouble = first.get("traceback", "").strip().rpartition("\n")[2]
        how = f"{first['part']}: {trouble.split(', of ')[0] or first['what']}"
        return {"caught": True, "seconds": round(spent, 1), "how": how[:150]}


@click.command(help=__doc__)
@click.option(
    "--seconds", type=float, default=60.0, show_default=True, help="For the campaign on each fault."
)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--only", default="", help="Only faults with this in their room or description.")
@click.option("--json", "file", type=click.Path(path_type=Path))
def command(seconds: float, seed: int, only: str, file: Path | None) -> None:
    rows, missed = [], 0
    wanted: list[Planted | None] = [one for one in FAULTS if only in f"{one.room}: {one.what}"]
    click.echo(f"{'planted':82} {'seconds':>7}  caught by")
    for fault in [*wanted, None]:
        found = caught(fault, seconds, seed)
        what = f"{fault.room}: {fault.what}" if fault else "nothing"
        good = found["caught"] is (fault is not None)
        missed += not good
        click.echo(
            f"{what:82} {found['seconds']:7.1f}  {found['how'] or '-'}{'' if good else '   <-- not as wanted'}"
        )
        rows.append({"planted": what, **found})
    click.echo(f"{len(wanted)} faults planted, {missed} not as wanted")
    if file is not None:
        file.write_text(json.dumps(rows, indent=1) + "\n")
    sys.exit(bool(missed))


if __name__ == "__main__":
    command()
