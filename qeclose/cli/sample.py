"""``qeclose sample``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING

import click

from qeclose.cli.options import FiniteRange, format_option
from qeclose.cli.terminal import console
from qeclose.decide.strategy import METHOD_NAMES
from qeclose.supervise.limits import MOST_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from qeclose.batch.store.journal import Journal
    from qeclose.sampling import Count, Plan, Survey

__all__ = ["command"]

_FAILED = 4
_REFRESH_SECONDS = 0.25
_CURVE_POINTS = 40


@click.command(
    "sample",
    epilog="""\b
Examples:
  qeclose sample --rows 3 --cols 3 --rank 2 --density 0.5 --count 1000
  qeclose sample --rows 4 --cols 4 --rank 3 --density 0.1:0.9:9 --count 500 --plot fractions.svg
  qeclose sample --exact --rows 1000 --cols 1000 --rank 3 --density 0.01:0.1:10
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
    "density_text",
    required=True,
    metavar="P[,Q,...]|START:STOP:COUNT",
    help="Chance of an entry to be inside; entries are independent.",
)
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="Masks for each density, at most.")
@click.option(
    "--exact",
    "exactly",
    is_flag=True,
    help="The exact probability, for rank at most 3; with --count beside what is sampled.",
)
@click.option(
    "--polynomial", is_flag=True, help="With --exact: the probability as a polynomial in the density p."
)
@click.option(
    "--precision",
    type=FiniteRange(min=0, max=0.5, min_open=True),
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
    type=FiniteRange(min=0, max=MOST_SECONDS, min_open=True),
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
    density_text: str,
    count: int | None,
    exactly: bool,
    polynomial: bool,
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
    """Estimate how often a random mask is well-posed, ill-posed, or stays undecided; for rank ≤ 3 exactly.

    The entries of I (rows × rank) and J (cols × rank) are independent. Each fraction comes with its exact
    95% confidence interval.
    """
    from qeclose.decide.options import Options
    from qeclose.sampling import Plan, parse_densities
    from qeclose.sampling.plot import plot, require_plots
    from qeclose.sampling.text import title

    if resume and jsonl is None:
        raise click.UsageError("--resume needs a --jsonl FILE to go on with")
    if count is None and (not exactly or jsonl is not None or precision is not None):
        raise click.UsageError("say how many masks to draw with --count, or ask for --exact probabilities")
    if polynomial and not exactly:
        raise click.UsageError("--polynomial goes with --exact")
    if picture is not None:
        require_plots(picture)
    curve = (
        _exact(m, n, r, density_text, layout, polynomial=polynomial, curve=bool(picture)) if exactly else []
    )
    counts = []
    if count is not None:
        densities = parse_densities(density_text)
        plan = Plan(m, n, r, densities, count, seed, Options(method, timeout=timeout))
        counts = _sampled(plan, precision, jsonl, jobs, resume=resume, layout=layout, quiet=quiet)
    if picture is not None:
        title_ = title(plan) if count is not None else f"random supports {m}×{n}, r = {r}"
        plot(title_, counts, picture, exact=curve)
    if any(count.failures for count in counts):
        click.get_current_context().exit(_FAILED)


def _exact(
    m: int, n: int, r: int, densities: str, layout: str, *, polynomial: bool, curve: bool
) -> list[tuple[float, float]]:
    """Print the exact probabilities; the points of their curve between the densities if it is to be drawn."""
    from qeclose.sampling import exact
    from qeclose.sampling.plan import parse_fractions
    from qeclose.sampling.text import exact_text

    found = [exact.exact(m, n, r, density) for density in parse_fractions(densities)]
    written = str(exact.polynomial(m, n, r)).replace("x", "p") if polynomial else None
    if layout == "json":
        for one in found:
            more = {} if written is None else {"polynomial": written}
            click.echo(json.dumps(exact.exact_json(one) | more))
    else:
        click.echo(exact_text(m, n, r, found), nl=False)
        if written is not None:
            click.echo(f"P(ill-posed) = {written}")
    if not curve:
        return []
    low, high = min(one.density for one in found), max(one.density for one in found)
    steps = (
        [low + (high - low) * k / _CURVE_POINTS for k in range(_CURVE_POINTS + 1)] if low < high else [low]
    )
    return [(float(p), exact.exact(m, n, r, Fraction(p)).ill_posed_float) for p in steps]


def _sampled(
    plan: Plan,
    precision: float | None,
    jsonl: str | None,
    jobs: int | None,
    *,
    resume: bool,
    layout: str,
    quiet: bool,
) -> list[Count]:
    """Draw, decide, count and report; on Ctrl-C too what was decided is reported."""
    from qeclose.batch.store.journal import opened_journal
    from qeclose.sampling import Survey

    survey = Survey(plan, precision=precision)
    with opened_journal(jsonl, resume=resume) as journal:
        try:
            _work(survey, journal, jobs, live=not quiet and sys.stderr.isatty())
        finally:
            _report(survey, layout)
    return list(survey.counts.values())


def _work(survey: Survey, journal: Journal | None, jobs: int | None, *, live: bool) -> None:
    from qeclose.batch.workers.local import LocalPool
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
    from rich.live import Live
    from rich.table import Table

    from qeclose.sampling.text import HEAD, cells

    shown = 0.0

    def table() -> Table:
        table = Table(*HEAD, box=None, header_style="bold", padding=(0, 2, 0, 0))
        for count in survey.counts.values():
            table.add_row(*(cell.replace("[", r"\[") for cell in cells(count)))
        return table

    with Live(console=console(stderr=True), auto_refresh=False, transient=True) as screen:

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
