"""``qeclose sample``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from qeclose.cli.options import format_option
from qeclose.decide.strategy import METHOD_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from qeclose.batch.journal import Journal
    from qeclose.sampling import Survey

__all__ = ["command"]

_FAILED = 4
_REFRESH_SECONDS = 0.25


def _densities(ctx: click.Context, param: click.Parameter, text: str) -> tuple[float, ...]:
    from qeclose.sampling import parse_densities

    return parse_densities(text)


@click.command(
    "sample",
    epilog="""\b
Examples:
  qeclose sample --rows 3 --cols 3 --rank 2 --density 0.5 --count 1000
  qeclose sample --rows 4 --cols 4 --rank 3 --density 0.1:0.9:9 --count 500 --plot fractions.svg
  qeclose sample ... --jsonl samples.jsonl            every mask with its certificate
  qeclose sample ... --jsonl samples.jsonl --resume   go on after a kill, or with a larger --count

\b
Exit status: 0 done, 2 usage error, 4 an engine failed on some mask, 130 interrupted.""",
)
@click.option("--rows", "m", type=click.IntRange(min=1), required=True, metavar="M", help="Rows of A.")
@click.option("--cols", "n", type=click.IntRange(min=1), required=True, metavar="N", help="Columns of A.")
@click.option("--rank", "r", type=click.IntRange(min=1), required=True, metavar="R", help="Rank-one terms.")
@click.option(
    "--density",
    "densities",
    required=True,
    callback=_densities,
    metavar="P[,Q,...]|START:STOP:COUNT",
    help="Chance of an entry to be inside; entries are independent.",
)
@click.option(
    "--count", type=click.IntRange(min=1), required=True, metavar="N", help="Masks for each density, at most."
)
@click.option(
    "--precision",
    type=click.FloatRange(min=0, max=0.5, min_open=True),
    metavar="H",
    help="End a density once its three intervals are no wider than ±H.",
)
@click.option(
    "--method",
    type=click.Choice(METHOD_NAMES),
    default="certify",
    show_default=True,
    help="As for check; certify asks no engine.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="Wall-clock time for each mask.",
)
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Default: one for each processor.")
@click.option("--jsonl", metavar="FILE", help="Write every mask's result there as a line of JSON.")
@click.option(
    "--resume", is_flag=True, help="Keep the results that the --jsonl FILE has, and add the others."
)
@click.option("--plot", "picture", metavar="FILE", help="Draw the fractions there: .png, .svg or .pdf.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Fixes which masks are drawn."
)
@format_option
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(
    m: int,
    n: int,
    r: int,
    densities: tuple[float, ...],
    count: int,
    precision: float | None,
    method: str,
    timeout: float,
    jobs: int | None,
    jsonl: str | None,
    resume: bool,
    picture: str | None,
    seed: int,
    layout: str,
    quiet: bool,
) -> None:
    """Estimate how often a random mask is well-posed, ill-posed, or stays undecided.

    The entries of I (rows × rank) and J (cols × rank) are independent. Each fraction comes with its exact
    95% confidence interval.
    """
    from qeclose.batch.journal import opened_journal
    from qeclose.batch.options import Options
    from qeclose.sampling import Plan, Survey
    from qeclose.sampling.plot import plot, require_plots

    if resume and jsonl is None:
        raise click.UsageError("--resume needs a --jsonl FILE to go on with")
    if picture is not None:
        require_plots(picture)
    plan = Plan(m, n, r, densities, count, seed, Options(method, timeout=timeout))
    survey = Survey(plan, precision=precision)
    with opened_journal(jsonl, resume=resume) as journal:
        try:
            _work(survey, journal, jobs, live=not quiet and sys.stderr.isatty())
        finally:
            # On Ctrl-C too: what was decided is reported.
            _report(survey, layout)
    if picture is not None:
        plot(plan, list(survey.counts.values()), picture)
    if any(count.failures for count in survey.counts.values()):
        click.get_current_context().exit(_FAILED)


def _work(survey: Survey, journal: Journal | None, jobs: int | None, *, live: bool) -> None:
    from qeclose.batch.pool import LocalPool
    from qeclose.cli.batch import processors

    with (
        LocalPool(jobs or processors()) as pool,
        closing(survey.work(pool, journal)) as work,
        _shown(survey, live) as refresh,
    ):
        for _ in work:
            refresh()


@contextmanager
def _shown(survey: Survey, live: bool) -> Iterator[Callable[[], None]]:
    """The table on standard error while the block runs; what is yielded brings it up to date."""
    if not live:
        yield lambda: None
        return
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table

    from qeclose.sampling.text import HEAD, cells

    shown = 0.0

    def table() -> Table:
        table = Table(*HEAD, box=None, header_style="bold", padding=(0, 2, 0, 0))
        for count in survey.counts.values():
            table.add_row(*(cell.replace("[", r"\[") for cell in cells(count)))
        return table

    with Live(console=Console(stderr=True, highlight=False), auto_refresh=False, transient=True) as screen:

        def refresh() -> None:
            nonlocal shown
            if time.monotonic() - shown > _REFRESH_SECONDS:
                shown = time.monotonic()
                screen.update(table(), refresh=True)

        yield refresh


def _report(survey: Survey, layout: str) -> None:
    from qeclose.sampling.text import count_json, survey_text

    counts = survey.counts.values()
    if layout == "json":
        for count in counts:
            click.echo(json.dumps(count_json(survey.plan, count)))
    else:
        click.echo(survey_text(survey.plan, counts), nl=False)
