"""``qeclose locate``."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qeclose.cli.inputs import read_matrix_and_mask
from qeclose.cli.options import (
    ENGINE_NAMES,
    format_option,
    memory_option,
    output_option,
    path_option,
    plain_option,
    require_one_layout,
    round_option,
    seed_option,
    timeout_option,
)
from qeclose.cli.output import opened_output, write_file
from qeclose.cli.progress import Progress
from qeclose.cli.terminal import complain
from qeclose.supervise import Ended, Helper, in_phase
from qeclose.supervise.start import less_start

if TYPE_CHECKING:
    from qeclose.decide.panel import Watch
    from qeclose.files.matrix import NumberMatrix
    from qeclose.location import Location
    from qeclose.support.model import Support

__all__ = ["command"]

_STATUSES = {"inside": 0, "frontier": 1, "outside": 5, "undecided": 3}
_FAILED = 4
_AFTER_READING = 0.1


@click.command(
    "locate",
    epilog="""\b
Examples:
  qeclose locate A.csv M.txt
  echo '0 1
        1 0' | qeclose locate - lu-2.txt           on the frontier, exit status 1
  qeclose locate --round 6 --format json A.npy M.txt
  qeclose locate --engine z3 --engine redlog A.txt M.txt
  qeclose locate A.txt M.txt --certificate c.json; qeclose verify c.json M.txt

\b
Exit status: 0 in E, 1 on the frontier (this matrix has no optimum), 5 outside the closure of E,
3 undecided, 2 usage or input error, 4 something went wrong in qeclose itself.""",
)
@click.argument("matrix", metavar="MATRIX")
@click.argument("mask", metavar="MASK")
@round_option
@timeout_option
@memory_option
@click.option(
    "--engine",
    "engines",
    type=click.Choice(ENGINE_NAMES),
    multiple=True,
    help="Ask this engine, too, whether A has factors, and what describes E and its closure; repeatable: all must agree.",
)
@path_option
@format_option
@plain_option
@output_option
@click.option(
    "--certificate", "certificate_path", metavar="FILE", help="Write the certificate there as JSON."
)
@seed_option
@click.option("-v", "--verbose", is_flag=True, help="Say on stderr what is being done.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(
    matrix: str,
    mask: str,
    digits: int | None,
    timeout: float,
    memory_mb: int,
    layout: str,
    plain: bool,
    output: str | None,
    certificate_path: str | None,
    seed: int,
    engines: tuple[str, ...],
    paths: dict[str, Path],
    verbose: bool,
    quiet: bool,
) -> None:
    """Is the matrix A in MATRIX in E, the set of products with the supports in MASK, on its frontier, or outside its closure?

    On the frontier, factors come as near to A as one likes, but none gives A: for this matrix there is no optimum.
    MATRIX is text (numbers between blanks, a row a line), .csv, .tsv, .json, .mtx, .npy, .npz or .safetensors, each also as .gz;
    - is standard input. Written numbers such as 1/3 and 0.1 are exact; floats are the binary numbers they are.
    """
    require_one_layout(layout, plain=plain)
    progress = Progress(verbose=verbose, quiet=quiet or plain)
    start, timeout = time.monotonic(), less_start(timeout)
    with opened_output(output) as stream, Helper(memory_mb) as helper:
        read = partial(in_phase, f"reading {matrix}", read_matrix_and_mask, matrix, mask)
        inputs = helper.call(read, seconds=timeout)
        if isinstance(inputs, Ended):
            raise inputs.error(matrix)
        numbers, support = inputs
        left = max(timeout + start - time.monotonic(), _AFTER_READING)
        with progress.during(support.name or support.source, left):
            options = {"seed": seed, "engines": engines, "memory_mb": memory_mb, "paths": paths}
            work = partial(_located, numbers, support, digits, left, options)
            found = helper.call(work, seconds=left, watch=progress.watch, tell=progress.tell)
        location = _undecided(found, support, left) if isinstance(found, Ended) else found
        stream.write(_shown(location, numbers, "spoken" if plain else layout))
    if certificate_path is not None:
        if location.certificate is None:
            complain("qeclose: no certificate: nothing was decided")
        else:
            write_file(certificate_path, json.dumps(location.certificate, indent=1) + "\n")
    for failure in location.failures:
        complain(f"qeclose: {support.name or support.source}: {failure}")
    failed = bool(location.failures) or (isinstance(found, Ended) and found.kind == "crash")
    click.get_current_context().exit(_FAILED if failed else _STATUSES[location.place])


def _located(
    numbers: NumberMatrix,
    support: Support,
    digits: int | None,
    timeout: float,
    options: dict[str, Any],
    watch: Watch | None = None,
) -> Location:
    from qeclose.location import locate
    from qeclose.supervise.phases import announce

    start = time.monotonic()
    exact = numbers.exact(digits)
    left = timeout + start - time.monotonic()
    return locate(exact, support, timeout=left, watch=watch, tell=announce, **options)


def _undecided(ended: Ended, support: Support, seconds: float) -> Location:
    from qeclose.location import Location

    complain(f"qeclose: {support.name or support.source}: {ended.reason}")
    return Location(support, "undecided", ended.reason, 0.0, seconds=seconds)


def _shown(location: Location, numbers: NumberMatrix, layout: str) -> str:
    from qeclose.location.text import location_text, spoken_location

    if layout == "json":
        return (
            json.dumps({**location.to_json(), "matrix": numbers.source, "notes": list(numbers.notes)}) + "\n"
        )
    text = spoken_location if layout == "spoken" else location_text
    return text(location, numbers.notes)
