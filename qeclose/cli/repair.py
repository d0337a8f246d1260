"""``qeclose repair``."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING

import click

from qeclose.cli.inputs import read_one
from qeclose.cli.options import (
    format_option,
    plain_option,
    require_one_layout,
    seed_option,
    timeout_option,
)
from qeclose.cli.output import write_file
from qeclose.cli.terminal import complain
from qeclose.decide.strategy import DEFAULT_MEMORY_MB
from qeclose.errors import UsageError
from qeclose.supervise import Ended, Helper, in_phase
from qeclose.supervise.start import less_start

if TYPE_CHECKING:
    from qeclose.repairs import Mode, Repair

__all__ = ["command"]

_PROVED_NONE = 1
_NOTHING_FOUND = 3
_FAILED = 4
_AFTER_READING = 0.1


@click.command(
    "repair",
    epilog="""\b
Examples:
  qeclose generate lu n=3 | qeclose repair --all -
  qeclose repair --add-only -o repaired.txt M.txt    keep every entry there is
  qeclose repair --max-changes 2 --format json M.txt
  qeclose repair --allow-unreachable M.txt           the fewest changes, whatever they cost

\b
Exit status: 0 repaired or well-posed already, 1 proved that --max-changes are too few or that there is
no repair, 2 usage or input error, 3 nothing found in time, 4 something went wrong in qeclose itself.""",
)
@click.argument("file", metavar="FILE")
@click.option("--add-only", is_flag=True, help="Only add entries to the masks.")
@click.option("--remove-only", is_flag=True, help="Only remove entries from the masks.")
@click.option("--max-changes", type=click.IntRange(min=0), metavar="K", help="Change at most K entries.")
@partial(timeout_option, of="the search; it ends with the best it has")
@click.option(
    "--allow-unreachable",
    is_flag=True,
    help="Count all changes alike, also those after which an entry of A is zero in every product.",
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Give N repairs, if there are as many.",
)
@click.option("--all", "every", is_flag=True, help="Give all repairs with the least number of changes.")
@format_option
@plain_option
@click.option("-o", "--output", metavar="FILE", help="Write the repaired mask there.")
@click.option(
    "--certificate", "certificate_path", metavar="FILE", help="Write its certificate there as JSON."
)
@seed_option
@click.option("-v", "--verbose", is_flag=True, help="Say on stderr how far the search is.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(
    file: str,
    add_only: bool,
    remove_only: bool,
    max_changes: int | None,
    timeout: float,
    allow_unreachable: bool,
    count: int,
    every: bool,
    layout: str,
    plain: bool,
    output: str | None,
    certificate_path: str | None,
    seed: int,
    verbose: bool,
    quiet: bool,
) -> None:
    """Find the fewest entries of the masks in FILE to change so that the mask becomes well-posed.

    The result comes with a certificate. That no smaller change will do is claimed only if every smaller one
    is certified ill-posed. Repairs that keep every entry of A reachable come first: a smaller one after which some entry
    is zero in every product is named beside, with what is lost.
    """
    from qeclose.cli.progress import Progress
    from qeclose.repairs import Repair, repair

    mode = _mode(add_only, remove_only)
    require_one_layout(layout, plain=plain)
    progress = Progress(verbose=verbose, quiet=quiet or plain)
    start, timeout = time.monotonic(), less_start(timeout)
    with Helper(DEFAULT_MEMORY_MB) as helper:
        support = helper.call(partial(in_phase, f"reading {file}", read_one, file), seconds=timeout)
        if isinstance(support, Ended):
            raise support.error(file)
        left = max(timeout + start - time.monotonic(), _AFTER_READING)
        work = partial(
            repair,
            support,
            mode=mode,
            max_changes=max_changes,
            keep_reachable=not allow_unreachable,
            count=None if every else count,
            timeout=left,
            seed=seed,
        )
        with progress.during(support.name or support.source, left):
            found = helper.call(work, seconds=left, watch=progress.watch, tell=progress.tell)
    if isinstance(found, Ended):
        complain(f"qeclose: {support.name}: {found.reason}")
        failed = found.kind == "crash"
        found = Repair.nothing(support, mode, left)
    else:
        failed = False
    click.echo(_laid_out(found, "spoken" if plain else layout), nl=False)
    _write_files(found, output, certificate_path)
    click.get_current_context().exit(_FAILED if failed else _status(found, max_changes))


def _laid_out(found: Repair, layout: str) -> str:
    from qeclose.repairs.text import repair_json, repair_text, spoken_repair

    match layout:
        case "json":
            return json.dumps(repair_json(found)) + "\n"
        case "spoken":
            return spoken_repair(found)
        case _:
            return repair_text(found)


def _mode(add_only: bool, remove_only: bool) -> Mode:
    if add_only and remove_only:
        raise UsageError("--add-only and --remove-only exclude each other")
    if add_only:
        return "add"
    return "remove" if remove_only else "any"


def _write_files(found: Repair, output: str | None, certificate_path: str | None) -> None:
    from qeclose.files.text import format_support

    if found.repaired is None:
        return
    if output is not None:
        write_file(output, format_support(found.repaired))
    if certificate_path is not None:
        write_file(certificate_path, json.dumps(found.certificate, indent=1) + "\n")


def _status(found: Repair, max_changes: int | None) -> int:
    if found.repaired is not None:
        return 0
    too_few = max_changes is not None and found.at_least > max_changes
    return _PROVED_NONE if found.impossible or too_few else _NOTHING_FOUND
