"""``qeclose check``."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from qeclose.cli.options import (
    begun_transcript,
    encoding_option,
    engine_options,
    output_option,
    page_option,
    table_option,
    transcript_option,
    volume_options,
)
from qeclose.cli.output import opened_output, write_file
from qeclose.cli.progress import Progress
from qeclose.cli.start import less_start
from qeclose.cli.terminal import complain, console, is_rich
from qeclose.decide.constrained import check_constrained
from qeclose.decide.strategy import METHOD_NAMES, check, require_theorems_alone
from qeclose.decide.verdict import Status, Verdict
from qeclose.engine.transcript import transcribed
from qeclose.errors import InputError
from qeclose.supervise import Ended, Helper, in_phase
from qeclose.support.bounded import BoundedSupport

if TYPE_CHECKING:
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
    "--expect",
    type=click.Choice(["well-posed", "ill-posed"]),
    help="Exit with 0 if every verdict is this one, with 1 if some support was decided otherwise.",
)
@transcript_option
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of every random choice.")
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
    expect: str | None,
    transcript: str | None,
    seed: int,
    verbose: bool,
    quiet: bool,
) -> None:
    """Decide for each support in each FILE whether the factorization problem is well-posed.

    FILE is a mask file in the text format, or .npz, .npy, .csv, .tsv, .mtx, .safetensors, each also as .gz; - is standard input.
    """
    progress = Progress(verbose=verbose, quiet=quiet)
    recording = None if transcript is None else begun_transcript(transcript)
    statuses: list[Status] = []
    certificates: list[object] = []
    options: dict[str, Any] = {"timeout": timeout, "seed": seed, "table": table}
    asking: dict[str, Any] = {
        "method": method,
        "presolve": presolve,
        "engines": engines,
        "encoding": encoding,
        "race": race,
    }
    asking |= {"memory_mb": memory_mb, "paths": paths}
    with opened_output(output) as stream, _page_of(stream, layout) as told, Helper(memory_mb) as helper:
        for file in files:
            start, seconds = time.monotonic(), less_start(timeout)
            for question in _read(file, helper, seconds, statuses):
                options["timeout"] = left = max(seconds + start - time.monotonic(), _AFTER_READING)
                if isinstance(question, BoundedSupport):
                    require_theorems_alone(engines, method)
                    support, watch = question.box, None
                    work: partial[Verdict] = partial(check_constrained, question, **options)
                else:
                    support, watch = question, progress.watch
                    work = partial(check, question, **options, **asking)
                    if recording is not None:
                        work = partial(transcribed, recording, work)
                helper.start()
                with progress.during(support.name or support.source, left):
                    found = helper.call(work, seconds=left, watch=watch, tell=progress.tell)
                verdict = _verdict(found, support, method, left)
                if layout == "html":
                    told.append(verdict)
                else:
                    _print_report(verdict, layout, stream)
                _print_diagnostics(verdict, quiet)
                statuses.append(_status(verdict, expect))
                certificates.append(verdict.certificate)
                start, seconds = time.monotonic(), timeout
    if certificate_path is not None:
        _write_certificates(certificate_path, certificates)
    click.get_current_context().exit(Status.worst(statuses))


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
    file: str, helper: Helper, seconds: float, statuses: list[Status]
) -> Sequence[Support | BoundedSupport]:
    """The supports in the file; one that cannot be read, in time or at all, is reported and counted."""
    from qeclose.files.read import read

    try:
        found = helper.call(partial(in_phase, f"reading {file}", read, file), seconds=seconds)
    except InputError as error:
        complain(str(error))
        statuses.append(Status.BAD_INPUT)
        return ()
    if isinstance(found, Ended):
        complain(f"qeclose: {file}: {found.reason}")
        statuses.append(Status.ENGINE_FAILURE if found.kind == "crash" else Status.UNDECIDED)
        return ()
    return found


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
