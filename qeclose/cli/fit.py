"""``qeclose fit``."""

from __future__ import annotations

import json
import math
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qeclose.cli.inputs import read_matrix_and_mask
from qeclose.cli.options import format_option, memory_option, round_option, timeout_option
from qeclose.cli.output import opened_output
from qeclose.cli.progress import Progress
from qeclose.cli.start import less_start
from qeclose.supervise import Ended, Helper, in_phase

if TYPE_CHECKING:
    from qeclose.files.matrix import NumberMatrix
    from qeclose.fitting import Fit
    from qeclose.support.model import Support

__all__ = ["command"]

_AFTER_READING = 0.1
_FOR_SEARCH = 0.85
"""The part of what is left of the time after which no other start is made."""


@click.command(
    "fit",
    epilog="""\b
Examples:
  qeclose fit A.csv M.txt                           factors, their loss, and whether that is the optimum
  qeclose fit A.npy M.txt -o factors.npz            -o factors.csv writes factors.X.csv and factors.Y.csv
  qeclose fit --ridge 0.01 A.csv M.txt              what always has an optimum, and the path of losses as λ → 0
  qeclose fit --bound 100 --format json A.csv M.txt

\b
Exit status: 0 with a result, also on an ill-posed mask (it says so), 2 usage or input error, 3 a limit
was reached before there was any result, 4 something went wrong in qeclose itself.""",
)
@click.argument("matrix", metavar="MATRIX")
@click.argument("mask", metavar="MASK")
@click.option(
    "--ridge",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="LAMBDA",
    help="Add LAMBDA times the squares of all entries of the factors to the loss; show the path as it goes to 0.",
)
@click.option(
    "--bound",
    type=click.FloatRange(min=0, min_open=True),
    default=math.inf,
    metavar="R",
    help="No entry of the factors is larger than R in size.",
)
@click.option(
    "--starts",
    type=click.IntRange(min=1),
    metavar="N",
    help="Starts of the local methods. Default: 16 for small problems, 4 for larger ones.",
)
@round_option
@timeout_option
@memory_option
@format_option
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write the factors there if it ends in .npz or .csv; otherwise the report, not to standard output.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the starts.")
@click.option("-v", "--verbose", is_flag=True, help="Say on stderr what is being done.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(
    matrix: str,
    mask: str,
    ridge: float,
    bound: float,
    starts: int | None,
    digits: int | None,
    timeout: float,
    memory_mb: int,
    layout: str,
    output: str | None,
    seed: int,
    verbose: bool,
    quiet: bool,
) -> None:
    """Factors with the supports in MASK whose product is near the matrix in MATRIX: the optimum where there is an algorithm.

    Where none is known, the best that local methods find from several starts, with a lower bound of the loss. On an ill-posed
    mask it says so, and whether the factors diverge. MATRIX is a file as `locate` reads it; - is standard input.
    """
    progress = Progress(verbose=verbose, quiet=quiet)
    start, timeout = time.monotonic(), less_start(timeout)
    to_file = output is not None and Path(output).suffix.lower() in (".npz", ".csv")
    with opened_output(None if to_file else output) as stream, Helper(memory_mb) as helper:
        read = partial(in_phase, f"reading {matrix}", read_matrix_and_mask, matrix, mask)
        inputs = helper.call(read, seconds=timeout)
        if isinstance(inputs, Ended):
            raise inputs.error(matrix)
        numbers, support = inputs
        left = max(timeout + start - time.monotonic(), _AFTER_READING)
        options = {
            "ridge": ridge,
            "bound": bound,
            "timeout": left * _FOR_SEARCH,
            "seed": seed,
            "starts": starts,
        }
        with progress.during(support.name or support.source, left):
            work = partial(_fitted, numbers, support, digits, options)
            found = helper.call(work, seconds=left, tell=progress.tell)
        if isinstance(found, Ended):
            raise found.error(support.name or support.source)
        written = _written(found, output) if to_file and output is not None else []
        stream.write(_shown(found, numbers, layout, written))


def _fitted(
    numbers: NumberMatrix, support: Support, digits: int | None, options: dict[str, float | int | None]
) -> Fit:
    from qeclose.fitting import fit
    from qeclose.supervise.phases import announce

    return fit(numbers.floats(digits), support, tell=announce, **options)  # type: ignore[arg-type]


def _written(found: Fit, output: str) -> list[str]:
    from qeclose.fitting.output import write_factors

    return write_factors(found, output)


def _shown(found: Fit, numbers: NumberMatrix, layout: str, written: list[str]) -> str:
    from qeclose.fitting.text import fit_text

    if layout == "json":
        told = {"matrix": numbers.source, "notes": list(numbers.notes), "written": written}
        return json.dumps({**found.to_json(factors=not written), **told}) + "\n"
    return fit_text(found, numbers.notes, written=written)
