"""``qeclose eliminate``."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qeclose.cli.inputs import read_one
from qeclose.cli.options import (
    begun_transcript,
    engine_options,
    format_option,
    output_option,
    require_variables,
    set_options,
    syntax_option,
    transcript_option,
    variables_option,
    volume_options,
)
from qeclose.cli.output import opened_output
from qeclose.cli.progress import Progress
from qeclose.cli.terminal import complain
from qeclose.engine.transcript import transcribed
from qeclose.errors import UsageError
from qeclose.supervise import Ended, Helper, phase
from qeclose.supervise.helper import Watch
from qeclose.supervise.start import less_start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qeclose.decide.description import Block, Description

__all__ = ["command"]


@click.command(
    "eliminate",
    epilog="""\b
Examples:
  qeclose generate full 2 2 1 | qeclose eliminate -
  qeclose generate lu n=3 | qeclose eliminate - --syntax latex
  qeclose generate arrow 3 first | qeclose eliminate - --presolve
  qeclose generate lu n=2 | qeclose eliminate - --set frontier --engine qepcad

\b
Exit status: 0 eliminated, 2 usage or input error, 3 a limit was reached, 4 engine failure.""",
)
@click.argument("file", metavar="FILE")
@set_options("e")
@syntax_option("redlog")
@variables_option
@click.option(
    "--presolve",
    is_flag=True,
    help="Describe every block that presolve leaves, a formula each: E is closed if all these sets are.",
)
@partial(engine_options, timed="all of it")
@format_option
@output_option
@transcript_option
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the check of the answer.")
@volume_options
def command(
    file: str,
    which: str,
    syntax: str,
    order: tuple[str, ...],
    presolve: bool,
    engines: tuple[str, ...],
    paths: dict[str, Path],
    timeout: float,
    memory_mb: int,
    layout: str,
    output: str | None,
    transcript: str | None,
    seed: int,
    verbose: bool,
    quiet: bool,
) -> None:
    """Eliminate the quantifiers of one set of the support in FILE; print a description of it.

    The description is a quantifier-free formula in the entries a11, a12, … of A. Without --engine linear algebra
    describes E where it can; an engine's description is simplified, and tried on random products of factors.
    """
    if len(engines) > 1:
        raise UsageError("eliminate takes one --engine")
    progress = Progress(verbose=verbose, quiet=quiet)
    timeout = less_start(timeout)
    options: dict[str, Any] = {"engine": engines[0] if engines else "auto", "memory_mb": memory_mb}
    options |= {"seed": seed, "paths": paths, "order": order, "timeout": timeout}
    work = partial(_described, file, which, syntax, presolve, options)
    if transcript is not None:
        work = partial(transcribed, begun_transcript(transcript), work)
    with opened_output(output) as stream, Helper(memory_mb) as helper:
        helper.start()
        with progress.during(file, timeout):
            found = helper.call(work, seconds=timeout, watch=progress.watch, tell=progress.tell)
        if isinstance(found, Ended):
            found = _ended(found, file, which, timeout)
        answer, status = found
        if layout == "json":
            stream.write(json.dumps(answer) + "\n")
        else:
            for text in _texts(answer):
                stream.write(text.rstrip("\n") + "\n")
    for told in answer.get("blocks", [answer]):
        if told["formula"] is None:
            complain(f"qeclose: {answer['name']}: {told['reason']}")
    click.get_current_context().exit(status)


def _texts(answer: dict[str, Any]) -> list[str]:
    """The formulas there are, one a block."""
    return [told["formula"] for told in answer.get("blocks", [answer]) if told["formula"] is not None]


def _described(
    file: str,
    which: str,
    syntax: str,
    presolve: bool,
    options: dict[str, Any],
    watch: Watch | None = None,
) -> tuple[dict[str, Any], int]:
    """The answer as JSON has it, and the exit status; in the helper, where time and memory are bounded."""
    from qeclose.decide.description import describe, describe_blocks
    from qeclose.decide.verdict import SCHEMA, Status
    from qeclose.formula.builders import SetName, entries

    with phase(f"reading {file}"):
        support = read_one(file)
    require_variables(options["order"], (symbol.name for symbol in entries(support).values()))
    answer = {"schema": SCHEMA, "name": support.name, "source": support.source, "set": which}
    with phase("working on the description"):
        if presolve:
            found = describe_blocks(support, SetName(which), watch=watch, **options)
            blocks = [
                {**_block_json(block), **_told(told, syntax, options["order"])} for block, told in found
            ]
            return {**answer, "blocks": blocks}, Status.worst([told.status for _, told in found])
        description = describe(support, SetName(which), watch=watch, **options)
        return {**answer, **_told(description, syntax, options["order"])}, description.status


def _block_json(block: Block) -> dict[str, Any]:
    return {
        "rows": list(block.rows),
        "columns": list(block.columns),
        "positions": [list(position) for position in block.positions],
    }


def _told(description: Description, syntax: str, order: Sequence[str]) -> dict[str, Any]:
    from qeclose.decide.verdict import run_json
    from qeclose.formula.printers.scripts import printed

    formula = description.formula
    return {
        "formula": None if formula is None else printed(formula, syntax, order),
        "engines": [run_json(run) for run in description.runs],
        "seconds": round(description.seconds, 3),
        "reason": description.reason,
    }


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
