"""``qeclose fit``."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, final

import click

from qeclose.cli.inputs import read_matrices_and_mask, read_matrix_and_mask, read_one
from qeclose.cli.options import FiniteRange, format_option, memory_option, round_option, timeout_option
from qeclose.cli.output import opened_output
from qeclose.cli.progress import Progress
from qeclose.supervise import Ended, Helper, in_phase
from qeclose.supervise.start import less_start

if TYPE_CHECKING:
    from qeclose.decide.verdict import Answer
    from qeclose.files.matrix import NumberMatrix
    from qeclose.fitting import Fit, FitSurvey
    from qeclose.fitting.survey import Sample
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
  qeclose fit --random 200 --plot terms.svg M.txt   how often fits of random targets have huge terms
  qeclose fit patients/*.csv M.txt                  the same of your own matrices, or of a folder of them

\b
Exit status: 0 with a result, also on an ill-posed mask (it says so), 2 usage or input error, 3 a limit
was reached before there was any result, 4 something went wrong in qeclose itself.""",
)
@click.argument("files", nargs=-1, required=True, metavar="[MATRIX]... MASK")
@click.option(
    "--random",
    "count",
    type=click.IntRange(min=1),
    metavar="N",
    help="Fit N random targets instead of a MATRIX, and tell how large the terms of their fits are.",
)
@click.option(
    "--plot",
    "picture",
    metavar="FILE",
    help="With --random or several matrices: draw loss against size there, .png, .svg or .pdf.",
)
@click.option(
    "--ridge",
    type=FiniteRange(min=0),
    default=0.0,
    metavar="LAMBDA",
    help="Add LAMBDA times the squares of all entries of the factors to the loss; show the path as it goes to 0.",
)
@click.option(
    "--bound",
    type=FiniteRange(min=0, min_open=True),
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
    files: tuple[str, ...],
    count: int | None,
    picture: str | None,
    ridge: float,
    bound: float | None,
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

    With --random N, with several matrices or a folder of them: the share of targets whose fit has terms larger than 10, 100
    and 1000 times the target.
    """
    progress = Progress(verbose=verbose, quiet=quiet)
    *matrices, mask = files
    if count is not None or len(matrices) != 1 or Path(matrices[0]).is_dir():
        _require_survey(matrices, count, picture, output, penalized=ridge > 0 or bound is not None)
        wanted = _Wanted(tuple(matrices), mask, count, digits, seed, starts)
        _surveyed(wanted, progress, less_start(timeout), memory_mb, layout, output, picture)
        return
    if picture is not None:
        raise click.UsageError("--plot goes with --random N, or with several matrices")
    (matrix,) = matrices
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
            "bound": math.inf if bound is None else bound,
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


@final
@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a survey is of: files of matrices, or ``count`` random targets."""

    matrices: tuple[str, ...]
    mask: str
    count: int | None
    digits: int | None
    seed: int
    starts: int | None


def _require_survey(
    matrices: list[str], count: int | None, picture: str | None, output: str | None, *, penalized: bool
) -> None:
    """Raise ``UsageError`` for what does not go together, before time is spent."""
    if count is not None and matrices:
        raise click.UsageError("--random N makes the matrices itself: name the MASK alone")
    if count is None and not matrices:
        raise click.UsageError("a MATRIX and a MASK are wanted, or --random N and a MASK")
    if penalized:
        raise click.UsageError("--ridge and --bound are for one matrix")
    if output is not None and Path(output).suffix.lower() in (".npz", ".csv"):
        raise click.UsageError("the factors of one matrix only can be written; -o FILE takes the report")
    if picture is not None:
        from qeclose.sampling.plot import require_plots

        require_plots(picture)


def _surveyed(
    wanted: _Wanted,
    progress: Progress,
    timeout: float,
    memory_mb: int,
    layout: str,
    output: str | None,
    picture: str | None,
) -> None:
    """Survey and report; whatever ends it early, what was fitted is reported."""
    start = time.monotonic()
    with opened_output(output) as stream, Helper(memory_mb) as helper:
        read = partial(in_phase, f"reading {wanted.mask}", _read, wanted)
        inputs = helper.call(read, seconds=timeout)
        if isinstance(inputs, Ended):
            raise inputs.error(wanted.mask)
        numbers, support = inputs
        kept = _Kept(support, wanted, len(numbers))

        def show(found: FitSurvey) -> None:
            stream.write(_survey_shown(found, layout, [note for matrix in numbers for note in matrix.notes]))
            if picture is not None:
                from qeclose.fitting.plot import plot_survey

                plot_survey(found, picture)

        left = max(timeout + start - time.monotonic(), _AFTER_READING)
        subject = support.name or support.source
        work = partial(_survey, numbers, support, wanted, left * _FOR_SEARCH)
        try:
            with progress.during(subject, left):
                found = helper.call(work, seconds=left, tell=progress.tell, keep=kept.add)
        except BaseException as error:
            if kept.samples:
                show(kept.survey("an error" if isinstance(error, Exception) else "interrupted"))
            raise
        if not isinstance(found, Ended):
            show(found)
            return
        if kept.samples:
            show(kept.survey(found.reason))
        if not kept.samples or found.kind == "crash":
            raise found.error(subject)


@final
class _Kept:
    """The fits that a survey has handed over so far."""

    def __init__(self, support: Support, wanted: _Wanted, matrices: int) -> None:
        self._support, self._wanted, self._matrices = support, wanted, matrices
        self._verdict: Answer = "undecided"
        self._start = time.monotonic()
        self.samples: list[Sample] = []

    def add(self, part: tuple[Answer, Sample]) -> None:
        """One more, with the verdict of the mask."""
        self._verdict, sample = part
        self.samples.append(sample)

    def survey(self, stopped: str) -> FitSurvey:
        """The survey of these alone, and why there are no more."""
        from qeclose.fitting.survey import FILES, RANDOM, FitSurvey

        count = self._wanted.count
        return FitSurvey(
            self._support, self._verdict, FILES if count is None else RANDOM,
            self._matrices if count is None else count, tuple(self.samples), self._wanted.seed,
            time.monotonic() - self._start, stopped,
        )  # fmt: skip


def _read(wanted: _Wanted) -> tuple[list[NumberMatrix], Support]:
    if wanted.count is not None:
        return [], read_one(wanted.mask)
    return read_matrices_and_mask(wanted.matrices, wanted.mask)


def _survey(numbers: list[NumberMatrix], support: Support, wanted: _Wanted, timeout: float) -> FitSurvey:
    from qeclose.fitting import fit_many, fit_random
    from qeclose.supervise.parts import hand_over
    from qeclose.supervise.phases import announce

    def each(verdict: Answer, sample: Sample) -> None:
        hand_over((verdict, sample))

    start, seed, starts = time.monotonic(), wanted.seed, wanted.starts
    if wanted.count is not None:
        return fit_random(
            wanted.count, support, timeout=timeout, seed=seed, starts=starts, tell=announce, each=each
        )
    targets = [(matrix.source, matrix.floats(wanted.digits)) for matrix in numbers]
    left = timeout + start - time.monotonic()
    return fit_many(targets, support, timeout=left, seed=seed, starts=starts, tell=announce, each=each)


def _survey_shown(found: FitSurvey, layout: str, notes: list[str]) -> str:
    from qeclose.fitting.survey_text import survey_text

    if layout == "json":
        return json.dumps({**found.to_json(), "notes": notes}) + "\n"
    return survey_text(found, notes)


def _written(found: Fit, output: str) -> list[str]:
    from qeclose.fitting.output import write_factors

    return write_factors(found, output)


def _shown(found: Fit, numbers: NumberMatrix, layout: str, written: list[str]) -> str:
    from qeclose.fitting.text import fit_text

    if layout == "json":
        told = {"matrix": numbers.source, "notes": list(numbers.notes), "written": written}
        return json.dumps({**found.to_json(factors=not written), **told}) + "\n"
    return fit_text(found, numbers.notes, written=written)
