"""``qeclose batch``."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, final

import click

from qeclose.batch.output.display import Display
from qeclose.batch.output.findings import finding_of
from qeclose.batch.output.record import MALFORMED, Tally
from qeclose.batch.requests.collect import collect
from qeclose.batch.requests.expand import Choice, expand
from qeclose.batch.run import Finished, deliver, run
from qeclose.batch.store.cache import cache_folder
from qeclose.batch.store.journal import Journal, opened_journal
from qeclose.cli.config import noted
from qeclose.cli.job import Job, job_options
from qeclose.cli.options import engine_options, output_option, plain_option, seed_option, table_option
from qeclose.cli.output import opened_output, write_file
from qeclose.cli.terminal import console, few
from qeclose.cli.watch import Watcher
from qeclose.decide.options import Options
from qeclose.decide.strategy import METHOD_NAMES
from qeclose.errors import InputError, UsageError
from qeclose.files.read import companions

if TYPE_CHECKING:
    from qeclose.batch.requests.item import Item
    from qeclose.batch.run import Order
    from qeclose.batch.workers.executor import Executor
    from qeclose.decide.verdict import Answer, Status

__all__ = ["command", "processors"]


@click.command(
    "batch",
    epilog="""\b
Examples:
  qeclose batch masks/                               all mask files of a folder
  qeclose batch --jobs 4 --jsonl out.jsonl 'masks/**/*.txt'
  qeclose batch --jsonl out.jsonl --resume masks/    go on after a kill
  qeclose batch --expect well-posed --junit report.xml manifest.toml
  qeclose batch --scheduler tcp://head:8786 masks/   on a Dask cluster

\b
Exit status, the worst over the items (2 > 4 > 1 > 3 > 0): 0 well-posed or as expected, 1 ill-posed or
decided otherwise than expected, 2 malformed, 3 undecided, 4 engine failure; 130 interrupted.

The documentation has the formats of manifests and records, and recipes for CI and for clusters.""",
)
@click.argument("places", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--method", type=click.Choice(METHOD_NAMES), default="auto", show_default=True, help="As for check."
)
@click.option(
    "--presolve/--no-presolve",
    default=None,
    help="As for check: give the engines reduced blocks. Default: with auto only.",
)
@table_option
@engine_options
@seed_option
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Decide N supports at a time. Default: one for each processor.",
)
@click.option(
    "--scheduler", metavar="ADDRESS", help="Decide on the Dask cluster with this scheduler instead."
)
@click.option(
    "--jsonl", metavar="FILE", help="Write each result there as a line of JSON as it comes; - is stdout."
)
@click.option(
    "--exclude",
    metavar="PATTERN",
    multiple=True,
    help="Leave out files of folders and globs whose name, folder or path matches (repeatable).",
)
@click.option(
    "--resume", is_flag=True, help="Keep the results that the --jsonl FILE has, and add the others."
)
@click.option(
    "--order",
    type=click.Choice(["input", "completion"]),
    default="input",
    show_default=True,
    help="Order of the results.",
)
@click.option("--junit", metavar="FILE", help="Write a JUnit report there at the end.")
@click.option(
    "--html",
    "pages",
    metavar="DIR",
    help="Write pages there at the end: index.html, a table that sorts and filters, and one for each ill-posed or open item.",
)
@click.option("--cache", metavar="DIR", help="Keep decisions there. Default: the user's cache folder.")
@click.option("--no-cache", is_flag=True, help="Neither look up decisions nor keep them.")
@click.option(
    "--expect",
    type=click.Choice(["well-posed", "ill-posed"]),
    help="The verdict expected of every item; a manifest may say otherwise.",
)
@job_options
@plain_option
@output_option
@click.option("-q", "--quiet", is_flag=True, help="No line for each item, no progress: only the summary.")
@click.option("-v", "--verbose", is_flag=True, help="Give the reason of every verdict.")
def command(
    places: tuple[str, ...],
    method: str,
    presolve: bool | None,
    table: bool,
    engines: tuple[str, ...],
    timeout: float,
    memory_mb: int,
    seed: int,
    jobs: int | None,
    scheduler: str | None,
    jsonl: str | None,
    exclude: tuple[str, ...],
    resume: bool,
    order: Order,
    junit: str | None,
    pages: str | None,
    cache: str | None,
    no_cache: bool,
    expect: Answer | None,
    kind: str,
    baseline: str | None,
    write_baseline: str | None,
    watch: bool,
    plain: bool,
    output: str | None,
    quiet: bool,
    verbose: bool,
    paths: dict[str, Path],
) -> None:
    """Decide many supports: files, folders, globs, and manifests in TOML or CSV.

    Supports that are equal up to permutations and transposition are decided once, and decisions are kept
    for the next time. A malformed item is reported and does not stop the others.
    """
    _require_sense(jobs, scheduler, jsonl, resume, cache, no_cache)
    _require_one_output(kind, output, jsonl, watch)
    options = Options(method, presolve, engines, timeout, memory_mb, seed, Options.pairs(paths), table)
    folder = "" if no_cache else str(cache_folder(cache))
    _collect_less_garbage()

    def once(passed_over: list[str]) -> Status:
        job = Job(kind, baseline, write_baseline, quiet)
        with (
            opened_output(output) as stream,
            opened_journal(None if jsonl == "-" else jsonl, resume=resume) as journal,
            _executor(jobs, scheduler) as executor,
        ):
            found = collect(places, options, expect, exclude=exclude, passed_over=passed_over.append)
            items = [_noted(item) for item in found]
            _tell_passed_over(passed_over, quiet)
            if journal is not None and resume:
                _forget_mended(journal, items)
            session = _Session(items, journal, jsonl == "-", stream, job, junit, pages, quiet, verbose, plain)
            session.work(run(items, executor, cache=folder, known=session.known), order)
        sources[:] = [item.source for item in items]
        return session.tally.worst

    sources: list[str] = []
    if not watch:
        click.get_current_context().exit(once([]))
    watcher = Watcher(lambda: _watched(places, exclude, sources))
    once([])
    for _ in watcher.changes():
        once([])


def _watched(places: Sequence[str], exclude: tuple[str, ...], sources: Sequence[str]) -> list[str]:
    """The files that a batch is about: those that the places lead to by now, and those it was about the last time."""
    choice = Choice(exclude)
    files = [file for place in places for file in expand(place, choice)]
    named = [
        part
        for file in files
        for part in ((file.source,) if isinstance(file, InputError) else companions(file))
    ]
    return list(dict.fromkeys((*named, *sources)))


def _noted(item: Item) -> Item:
    return item if item.support is None else replace(item, support=noted(item.support))


def _require_one_output(kind: str, output: str | None, jsonl: str | None, watch: bool) -> None:
    """Raise ``click.UsageError`` for two things that would go to standard output, or a file that would be written twice."""
    if kind != "text" and jsonl == "-" and output in (None, "-"):
        raise click.UsageError("--jsonl - and --output-format both write to standard output: give -o FILE")
    if watch and jsonl not in (None, "-"):
        raise click.UsageError("--watch goes without a --jsonl FILE, which is written once")


def _require_sense(
    jobs: int | None,
    scheduler: str | None,
    jsonl: str | None,
    resume: bool,
    cache: str | None,
    no_cache: bool,
) -> None:
    """Raise ``click.UsageError`` for options that contradict each other."""
    if resume and jsonl in (None, "-"):
        raise click.UsageError("--resume needs a --jsonl FILE to go on with")
    if jobs is not None and scheduler is not None:
        raise click.UsageError(
            "--jobs is for this machine: with --scheduler, the cluster has its own workers"
        )
    if cache is not None and no_cache:
        raise click.UsageError("--cache and --no-cache exclude each other")


def _tell_passed_over(files: Sequence[str], quiet: bool) -> None:
    if files and not quiet:
        click.echo(f"qeclose: passed over, no masks: {few(files)}", err=True)


def _forget_mended(journal: Journal, items: Sequence[Item]) -> None:
    """Take lines of malformed items out whose file says something else by now: their items are told anew."""
    sources = {item.source for item in items}
    identities = {item.identity for item in items}
    journal.forget(
        lambda record: (
            record["verdict"] == MALFORMED
            and record["source"] in sources
            and record["item"] not in identities
        )
    )


def _collect_less_garbage() -> None:
    """Many thousands of records are no garbage; looking through them again and again takes a third of the time."""
    gc.set_threshold(200_000, 50, 100)


def _executor(jobs: int | None, scheduler: str | None) -> Executor:
    if scheduler is not None:
        from qeclose.batch.workers.dask import Cluster

        return Cluster(scheduler)
    from qeclose.batch.workers.local import LocalPool

    return LocalPool(jobs or processors())


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@final
class _Session:
    """What a run shows and writes, beside the journal."""

    def __init__(
        self,
        items: Sequence[Item],
        journal: Journal | None,
        to_stdout: bool,
        stream: TextIO,
        job: Job,
        junit: str | None,
        pages: str | None,
        quiet: bool,
        verbose: bool,
        plain: bool,
    ) -> None:
        self.tally = Tally()
        self.known = {} if journal is None else {**journal.waiting, **journal.finished}
        self._journal = journal
        self._to_stdout = to_stdout
        self._stream = stream
        self._job = job
        self._junit = junit
        self._pages = pages
        self._finished: list[Finished] = []
        live = not (quiet or plain) and sys.stderr.isatty()
        # Standard output belongs to one thing.
        self._taken = to_stdout or not job.in_words
        lines = None if quiet or self._taken else stream
        self._display = Display(
            self.tally,
            len(items),
            lines=lines,
            live=live,
            quiet=quiet,
            verbose=verbose,
            spoken=plain,
            annotate=job.in_words,
            console=partial(console, stderr=True),
        )

    def work(self, results: Generator[Finished | None], order: Order) -> None:
        """Take the results as they come; on Ctrl-C too, those that came are reported."""
        try:
            with closing(results), self._display.running():
                for found in deliver(results, self._journal, order):
                    if found is not None:
                        self._take(found)
        finally:
            self._report()

    def _take(self, found: Finished) -> None:
        finding = self._job.take(finding_of(found))
        self.tally.add(found.record, found.item.expected, known=finding.known)
        if self._pages is not None:
            self._finished.append(found)
        if self._to_stdout:
            sys.stdout.write(json.dumps(found.record) + "\n")
            sys.stdout.flush()
        self._display.show(found, finding)

    def _report(self) -> None:
        if self._junit is not None:
            from qeclose.findings.junit import junit_xml

            write_file(self._junit, junit_xml(self._job.findings))
        if self._pages is not None:
            _write_pages(self._pages, self._finished, self.tally.summary())
        self._job.write(self._stream)
        if self._taken:
            click.echo(self._display.summary(), err=True)
        else:
            self._stream.write(self._display.summary() + "\n")


def _write_pages(folder: str, finished: Sequence[Finished], summary: str) -> None:
    """The pages of a batch. Raises ``UsageError`` if the folder cannot be written."""
    from qeclose.pages.batch import batch_pages

    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError.unwritable(folder, error) from None
    for name, text in batch_pages(finished, summary):
        write_file(str(Path(folder) / name), text)
