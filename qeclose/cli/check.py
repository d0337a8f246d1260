"""``qeclose check``."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, final

import click

from qeclose.cli.config import noted
from qeclose.cli.job import Job, job_options
from qeclose.cli.options import (
    begun_transcript,
    encoding_option,
    engine_options,
    output_option,
    page_option,
    plain_option,
    require_one_layout,
    seed_option,
    table_option,
    transcript_option,
    volume_options,
)
from qeclose.cli.output import opened_output, write_file
from qeclose.cli.progress import Progress
from qeclose.cli.terminal import complain, console, few, is_rich
from qeclose.cli.watch import Watcher
from qeclose.decide.options import Options
from qeclose.decide.strategy import METHOD_NAMES, decided
from qeclose.decide.verdict import Status, Verdict
from qeclose.engine.transcript import transcribed
from qeclose.errors import InputError
from qeclose.supervise import Ended, Helper, in_phase
from qeclose.supervise.start import less_start
from qeclose.support.bounded import BoundedSupport

if TYPE_CHECKING:
    from qeclose.findings.finding import Finding
    from qeclose.support.model import Support

__all__ = ["command"]

_AFTER_READING = 0.1
"""Reading a file is part of the time for its first support; so many seconds are left in any case."""


@click.command(
    "check",
    epilog="""\b
Examples:
  qeclose generate lu n=2 | qeclose check -          ill-posed, exit status 1
  qeclose check --engine qepcad --engine z3 M.txt    both must agree
  qeclose check --expect well-posed masks/*.txt      for CI jobs
  qeclose check --format json --timeout 10 M.txt | jq .verdict
  qeclose check --output-format sarif -o q.sarif M.txt

\b
Exit status, the worst over the files (2 > 4 > 1 > 3 > 0):
  0 well-posed, 1 ill-posed, 2 usage or input error, 3 undecided, 4 engine failure.
With --expect: 0 as expected, 1 something was decided otherwise.""",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--method",
    type=click.Choice(METHOD_NAMES),
    default="auto",
    show_default=True,
    help="certify: theorems and certificates, no engine; existential: limits and normal forms, by "
    "questions without alternating quantifiers; staged: eliminate to a description of E, then ask for "
    "its closure; sentence: the plain published algorithm; auto: one after the other.",
)
@click.option(
    "--presolve/--no-presolve",
    default=None,
    help="Give the engines reduced blocks, or the mask as it is. Default: reduced for auto, as it is otherwise.",
)
@click.option(
    "--race",
    is_flag=True,
    help="Engines and methods side by side on the cores there are: the first answer with a certificate, or that "
    "two engines agree on, counts, and the others are ended.",
)
@table_option
@encoding_option
@engine_options
@page_option
@output_option
@click.option(
    "--certificate", "certificate_path", metavar="FILE", help="Write the certificate there as JSON."
)
@click.option(
    "--exclude",
    metavar="PATTERN",
    multiple=True,
    help="Leave out FILEs whose name, folder or path matches (repeatable), as when a shell's *.txt names too many.",
)
@click.option(
    "--expect",
    type=click.Choice(["well-posed", "ill-posed"]),
    help="Exit with 0 if every verdict is this one, with 1 if some support was decided otherwise.",
)
@job_options
@plain_option
@transcript_option
@seed_option
@volume_options
def command(
    files: tuple[str, ...],
    method: str,
    presolve: bool | None,
    race: bool,
    table: bool,
    encoding: str | None,
    engines: tuple[str, ...],
    paths: dict[str, Path],
    timeout: float,
    memory_mb: int,
    layout: str,
    output: str | None,
    certificate_path: str | None,
    exclude: tuple[str, ...],
    expect: str | None,
    kind: str,
    baseline: str | None,
    write_baseline: str | None,
    watch: bool,
    plain: bool,
    transcript: str | None,
    seed: int,
    verbose: bool,
    quiet: bool,
) -> None:
    """Decide for each support in each FILE whether the factorization problem is well-posed.

    FILE is a mask file in the text format, or .npz, .npy, .csv, .tsv, .mtx, .safetensors, each also as .gz; - is standard input.
    """
    if kind != "text" and layout != "text":
        raise click.UsageError("--format and --output-format exclude each other: one says what comes out")
    require_one_layout(layout, plain=plain)
    files = _not_excluded(files, exclude, quiet)
    recording = None if transcript is None else begun_transcript(transcript)
    options = Options(
        method, presolve, engines, timeout, memory_mb, seed, Options.pairs(paths), table, encoding, race
    )
    deciding = _Deciding(options, recording, Progress(verbose=verbose, quiet=quiet or plain))
    showing = _Showing(layout, output, certificate_path, expect, quiet, plain)

    def once(files: Sequence[str]) -> Status:
        return showing.round(files, Job(kind, baseline, write_baseline, quiet), deciding)

    if not watch:
        click.get_current_context().exit(once(files))
    # What is written into one file at the end is about all files.
    whole = {kind, layout} != {"text"} or any((output, certificate_path, write_baseline))
    watcher = Watcher(lambda: dict.fromkeys(part for file in files for part in _parts(file)))
    once(files)
    for changed in watcher.changes():
        once([file for file in files if whole or not set(changed).isdisjoint(_parts(file))])


def _not_excluded(files: Sequence[str], patterns: tuple[str, ...], quiet: bool) -> tuple[str, ...]:
    """The files that no pattern matches; which ones are left out is said. Raises ``click.UsageError`` if all are."""
    if not patterns:
        return tuple(files)
    from qeclose.batch.requests.expand import Choice

    choice = Choice(patterns)
    kept = tuple(file for file in files if file == "-" or not choice.excludes(file))
    left_out = [file for file in files if file not in kept]
    if not kept:
        raise click.UsageError(f"--exclude leaves out every FILE: {few(left_out)}")
    if left_out and not quiet:
        complain(f"qeclose: left out by --exclude: {few(left_out)}")
    return kept


def _parts(file: str) -> Sequence[str]:
    from qeclose.files.read import companions

    return (file,) if file == "-" else companions(file)


@final
@dataclass(frozen=True, slots=True)
class _Deciding:
    """How supports are decided."""

    options: Options
    recording: Path | None
    progress: Progress

    def verdict(self, question: Support | BoundedSupport, helper: Helper, left: float) -> Verdict:
        """Decide within so many seconds."""
        support = question.box if isinstance(question, BoundedSupport) else question
        work = partial(decided, question, replace(self.options, timeout=left))
        if self.recording is not None:
            work = partial(transcribed, self.recording, work)
        helper.start()
        with self.progress.during(support.name or support.source, left):
            found = helper.call(work, seconds=left, watch=self.progress.watch, tell=self.progress.tell)
        return _verdict(found, support, self.options.method, left)


@final
@dataclass(frozen=True, slots=True)
class _Showing:
    """Where results go, and what was expected."""

    layout: str
    output: str | None
    certificates: str | None
    expect: str | None
    quiet: bool
    plain: bool

    def round(self, files: Sequence[str], job: Job, deciding: _Deciding) -> Status:
        """Decide and tell all supports in the files; the worst status."""
        statuses: list[Status] = []
        certificates: list[object] = []
        with (
            opened_output(self.output) as stream,
            _written(job, stream),
            _page_of(stream, self.layout) as told,
            Helper(deciding.options.memory_mb) as helper,
        ):
            for file in files:
                start, seconds = time.monotonic(), less_start(deciding.options.timeout)
                for question in _read(file, helper, seconds, statuses, job):
                    left = max(seconds + start - time.monotonic(), _AFTER_READING)
                    verdict = deciding.verdict(noted(question), helper, left)
                    finding = job.take(
                        _finding(question, verdict, _status(verdict, self.expect), self.expect)
                    )
                    if self.layout == "html":
                        told.append(verdict)
                    elif job.in_words:
                        _print_report(verdict, "spoken" if self.plain else self.layout, stream)
                    _print_diagnostics(verdict, self.quiet)
                    if finding.known and not self.quiet:
                        complain(f"qeclose: {finding.title}: known, in the baseline")
                    statuses.append(finding.status)
                    certificates.append(verdict.certificate)
                    start, seconds = time.monotonic(), deciding.options.timeout
        if self.certificates is not None:
            _write_certificates(self.certificates, certificates)
        return Status.worst(statuses)


@contextmanager
def _written(job: Job, stream: TextIO) -> Iterator[None]:
    """The findings are written at the end, also when it comes early."""
    try:
        yield
    finally:
        job.write(stream)


def _finding(
    question: Support | BoundedSupport, verdict: Verdict, status: Status, expect: str | None
) -> Finding:
    from qeclose.findings.finding import Finding
    from qeclose.support.canonical import digest

    support, reason = verdict.support, verdict.reason
    problem = reason if expect is None or status is Status.ENGINE_FAILURE else f"expected {expect}; {reason}"
    return Finding(
        support.source,
        support.name,
        verdict.verdict,
        status,
        "" if status is Status.WELL_POSED else problem,
        reason,
        verdict.seconds,
        (*verdict.failures, *verdict.warnings),
        "" if verdict.verdict == "well-posed" else digest(question),
    )


@contextmanager
def _page_of(stream: TextIO, layout: str) -> Iterator[list[Verdict]]:
    """A list whose verdicts make one page at the end, also when it comes early."""
    told: list[Verdict] = []
    try:
        yield told
    finally:
        if layout == "html" and told:
            from qeclose.pages.verdict import verdicts_page

            stream.write(verdicts_page(told))


def _read(
    file: str, helper: Helper, seconds: float, statuses: list[Status], job: Job
) -> Sequence[Support | BoundedSupport]:
    """The supports in the file; one that cannot be read, in time or at all, is reported and counted."""
    from qeclose.files.read import read

    try:
        found = helper.call(partial(in_phase, f"reading {file}", read, file), seconds=seconds)
    except InputError as error:
        complain(str(error))
        statuses.append(Status.BAD_INPUT)
        _take_unread(job, file, Status.BAD_INPUT, str(error))
        return ()
    if isinstance(found, Ended):
        complain(f"qeclose: {file}: {found.reason}")
        statuses.append(Status.ENGINE_FAILURE if found.kind == "crash" else Status.UNDECIDED)
        _take_unread(job, file, statuses[-1], found.reason)
        return ()
    return found


def _take_unread(job: Job, file: str, status: Status, problem: str) -> None:
    from qeclose.findings.finding import MALFORMED, Finding

    verdict = MALFORMED if status is Status.BAD_INPUT else "undecided"
    job.take(Finding(file, "", verdict, status, problem, problem))


def _verdict(found: Verdict | Ended, support: Support, method: str, seconds: float) -> Verdict:
    """The verdict, also if the work came to nothing."""
    if isinstance(found, Verdict):
        return found
    failures = (found.reason,) if found.kind == "crash" else ()
    return Verdict(support, "undecided", method, seconds, found.reason, failures=failures)


def _print_report(verdict: Verdict, layout: str, stream: TextIO) -> None:
    from qeclose.report.plain import json_line

    if layout == "json":
        stream.write(json_line(verdict) + "\n")
    elif layout == "spoken":
        from qeclose.report.spoken import spoken_report

        stream.write(spoken_report(verdict))
    elif is_rich(stream):
        from qeclose.report.terminal import terminal_report

        console().print(terminal_report(verdict))
    else:
        stream.write(verdict.report())
    # Each report is out before the next check starts, which may take long or be interrupted.
    stream.flush()


def _print_diagnostics(verdict: Verdict, quiet: bool) -> None:
    title = verdict.support.name or verdict.support.source
    for line in verdict.failures:
        complain(f"qeclose: {title}: {line}")
    for line in () if quiet else verdict.warnings:
        complain(f"qeclose: {title}: warning: {line}")


def _status(verdict: Verdict, expect: str | None) -> Status:
    if expect is None or verdict.verdict == "undecided":
        return verdict.status
    return Status.WELL_POSED if verdict.verdict == expect else Status.ILL_POSED


def _write_certificates(path: str, certificates: list[object]) -> None:
    """One certificate is written as it is, several as an array in the order of the supports."""
    if all(certificate is None for certificate in certificates):
        complain("qeclose: no certificate: the methods used give none")
        return
    content = certificates[0] if len(certificates) == 1 else certificates
    write_file(path, json.dumps(content, indent=1) + "\n")
