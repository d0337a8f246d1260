"""``qeclose eliminate``."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import click

from qeclose.cli.inputs import read_one
from qeclose.cli.options import engine_options, format_option, output_option, set_options, volume_options
from qeclose.cli.output import opened_output
from qeclose.cli.progress import Progress
from qeclose.cli.start import less_start
from qeclose.cli.terminal import complain
from qeclose.errors import UsageError
from qeclose.supervise import Ended, Helper, phase
from qeclose.supervise.helper import Watch

__all__ = ["command"]


@click.command(
    "eliminate",
    epilog="""\b
Examples:
  qeclose generate full 2 2 1 | qeclose eliminate -
  qeclose generate lu n=2 | qeclose eliminate - --set frontier --engine qepcad

\b
Exit status: 0 eliminated, 2 usage or input error, 3 a limit was reached, 4 engine failure.""",
)
@click.argument("file", metavar="FILE")
@set_options("e")
@partial(engine_options, timed="all of it")
@format_option
@output_option
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the check of the answer.")
@volume_options
def command(
    file: str,
    which: str,
    engines: tuple[str, ...],
    paths: dict[str, Path],
    timeout: float,
    memory_mb: int,
    layout: str,
    output: str | None,
    seed: int,
    verbose: bool,
    quiet: bool,
) -> None:
    """Eliminate the quantifiers of one set of the support in FILE; print a description of it.

    The description is a quantifier-free formula in the entries a11, a12, … of A, in Redlog's syntax. It is
    tried on random products of factors before it is printed.
    """
    if len(engines) > 1:
        raise UsageError("eliminate takes one --engine")
    progress = Progress(verbose=verbose, quiet=quiet)
    timeout = less_start(timeout)
    options = {"engine": engines[0] if engines else "auto", "timeout": timeout, "memory_mb": memory_mb}
    options |= {"seed": seed, "paths": paths}
    with opened_output(output) as stream, Helper(memory_mb) as helper:
        helper.start()
        with progress.during(file, timeout):
            work = partial(_described, file, which, options)
            found = helper.call(work, seconds=timeout, watch=progress.watch, tell=progress.tell)
        if isinstance(found, Ended):
            found = _ended(found, file, which, timeout)
        answer, status = found
        if layout == "json":
            stream.write(json.dumps(answer) + "\n")
        elif answer["formula"] is not None:
            stream.write(answer["formula"].rstrip("\n") + "\n")
    if answer["formula"] is None:
        complain(f"qeclose: {answer['name']}: {answer['reason']}")
    click.get_current_context().exit(status)


def _described(
    file: str, which: str, options: dict[str, Any], watch: Watch | None = None
) -> tuple[dict[str, Any], int]:
    """The answer as JSON has it, and the exit status; in the helper, where time and memory are bounded."""
    from qeclose.decide.description import describe
    from qeclose.decide.verdict import SCHEMA, run_json
    from qeclose.formula.builders import SetName
    from qeclose.formula.printers import PRINTERS

    with phase(f"reading {file}"):
        support = read_one(file)
    with phase("working on the description"):
        description = describe(support, SetName(which), watch=watch, **options)
        text = None if description.formula is None else PRINTERS["redlog"](description.formula)
    answer = {
        "schema": SCHEMA,
        "name": support.name,
        "source": support.source,
        "set": which,
        "formula": text,
        "engines": [run_json(run) for run in description.runs],
        "seconds": round(description.seconds, 3),
        "reason": description.reason,
    }
    return answer, description.status


def _ended(ended: Ended, file: str, which: str, seconds: float) -> tuple[dict[str, Any], int]:
    from qeclose.decide.verdict import SCHEMA

    answer = {
        "schema": SCHEMA,
        "name": Path(file).stem,
        "source": file,
        "set": which,
        "formula": None,
        "engines": [],
        "seconds": seconds,
        "reason": ended.reason,
    }
    return answer, 4 if ended.kind == "crash" else 3
