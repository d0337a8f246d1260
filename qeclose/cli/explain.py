"""``qeclose explain``."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING

import click

from qeclose.cli.config import noted
from qeclose.cli.inputs import read_one
from qeclose.cli.options import (
    output_option,
    page_option,
    plain_option,
    require_one_layout,
    seed_option,
    timeout_option,
    volume_options,
)
from qeclose.cli.output import opened_output
from qeclose.cli.terminal import complain, console, is_rich
from qeclose.decide.strategy import DEFAULT_MEMORY_MB
from qeclose.decide.verdict import Verdict
from qeclose.explaining.explaining import DEFAULT_LISTED
from qeclose.report.rectangles import can_be_drawn, rectangles
from qeclose.supervise import Ended, Helper, in_phase
from qeclose.supervise.start import less_start

if TYPE_CHECKING:
    from qeclose.explaining import Explanation
    from qeclose.support.model import Support

__all__ = ["command"]

_AFTER_READING = 0.1


@click.command(
    "explain",
    epilog="""\b
Examples:
  qeclose generate lu n=3 | qeclose explain -
  qeclose explain --list 100 --format json M.txt | jq .obstructions

\b
Exit status, as of check: 0 well-posed, 1 ill-posed, 2 usage or input error, 3 undecided, 4 engine failure.""",
)
@click.argument("file", metavar="MASK")
@click.option(
    "--list",
    "listed",
    type=click.IntRange(min=1),
    default=DEFAULT_LISTED,
    show_default=True,
    metavar="N",
    help="Give N obstructions with an example each, one of every kind first; they are counted in any case.",
)
@timeout_option
@page_option
@plain_option
@output_option
@seed_option
@volume_options
def command(
    file: str,
    listed: int,
    timeout: float,
    layout: str,
    plain: bool,
    output: str | None,
    seed: int,
    verbose: bool,
    quiet: bool,
) -> None:
    """Tell why the mask in the file MASK is ill-posed or well-posed, and what to do about it.

    Ill-posed: every minimal set of rows and columns on which it is, each with a matrix that products approach and never
    are, in numbers. Well-posed: what keeps it so, and which single changes of an entry would break it.
    """
    from qeclose.cli.progress import Progress
    from qeclose.explaining import Explanation, explain

    require_one_layout(layout, plain=plain)
    progress = Progress(verbose=verbose, quiet=quiet or plain)
    start, timeout = time.monotonic(), less_start(timeout)
    with opened_output(output) as stream, Helper(DEFAULT_MEMORY_MB) as helper:
        support = helper.call(partial(in_phase, f"reading {file}", read_one, file), seconds=timeout)
        if isinstance(support, Ended):
            raise support.error(file)
        support = noted(support)
        left = max(timeout + start - time.monotonic(), _AFTER_READING)
        work = partial(explain, support, timeout=left, listed=listed, seed=seed)
        with progress.during(support.name or support.source, left):
            found = helper.call(work, seconds=left, watch=progress.watch, tell=progress.tell)
        if isinstance(found, Ended):
            found = Explanation(_undecided(found, support, left), complete=False)
        if layout == "text" and not plain and is_rich(stream) and can_be_drawn(found.verdict.support):
            _draw(found)
        else:
            stream.write(_laid_out(found, "spoken" if plain else layout))
    _complain(found.verdict, quiet)
    click.get_current_context().exit(found.verdict.status)


def _laid_out(found: Explanation, layout: str) -> str:
    match layout:
        case "json":
            return json.dumps(found.to_json()) + "\n"
        case "html":
            from qeclose.pages.verdict import explanation_page

            return explanation_page(found)
        case "spoken":
            from qeclose.explaining.text import spoken_text

            return spoken_text(found)
        case _:
            return found.report()


def _draw(found: Explanation) -> None:
    """On a terminal the masks are rectangles, as ``check`` draws them."""
    from rich.text import Text

    from qeclose.explaining.text import body_text, heading_text

    terminal = console()
    terminal.print(Text(heading_text(found), style="bold"), end="", soft_wrap=True)
    for line in rectangles(found.verdict).split("\n"):
        terminal.print(Text("  ").append_text(line), soft_wrap=True)
    terminal.print(Text(body_text(found)), end="", soft_wrap=True)


def _undecided(ended: Ended, support: Support, seconds: float) -> Verdict:
    """What is left of a verdict when the work came to nothing."""
    failures = (ended.reason,) if ended.kind == "crash" else ()
    return Verdict(support, "undecided", "auto", seconds, ended.reason, failures=failures)


def _complain(verdict: Verdict, quiet: bool) -> None:
    title = verdict.support.name or verdict.support.source
    for line in verdict.failures:
        complain(f"qeclose: {title}: {line}")
    for line in () if quiet else verdict.warnings:
        complain(f"qeclose: {title}: warning: {line}")
