"""What ``check`` and ``batch`` share in CI jobs: formats of findings, and the baseline of known masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, final

import click

from qeclose.cli.output import write_file
from qeclose.cli.terminal import complain, few

if TYPE_CHECKING:
    from qeclose.findings.baseline import Baseline
    from qeclose.findings.finding import Finding

__all__ = ["Job", "job_options"]

_F = TypeVar("_F", bound=Callable[..., Any])


def job_options(command: _F) -> _F:
    """``--output-format``, ``--baseline``, ``--write-baseline`` and ``--watch``."""
    command = click.option(
        "--watch",
        is_flag=True,
        help="Go on: decide again what has changed, until Ctrl-C.",
    )(command)
    command = click.option(
        "--write-baseline",
        metavar="FILE",
        help="Write there which masks are ill-posed now, for --baseline.",
    )(command)
    command = click.option(
        "--baseline",
        metavar="FILE",
        help="Ill-posed masks that --write-baseline put there, and that have not changed since, count as well-posed in "
        "the exit status.",
    )(command)
    return click.option(
        "--output-format",
        "kind",
        type=click.Choice(["text", "github", "gitlab", "sarif", "junit"]),
        default="text",
        show_default=True,
        help="In place of reports: annotations of GitHub, a code quality report of GitLab, SARIF 2.1.0 or JUnit XML.",
    )(command)


@final
class Job:
    """The findings of one run, and what the baseline says of them."""

    def __init__(self, kind: str, baseline: str | None, write_baseline: str | None, quiet: bool) -> None:
        self.findings: list[Finding] = []
        self._kind = kind
        self._baseline_path = baseline
        self._baseline = None if baseline is None else _read(baseline)
        self._write = write_baseline
        self._quiet = quiet

    @property
    def in_words(self) -> bool:
        """Whether each result is told as it comes; a format is written at the end."""
        return self._kind == "text"

    def take(self, finding: Finding) -> Finding:
        """Note a finding; give it as it is with the baseline taken into account."""
        if self._baseline is not None:
            finding = self._baseline.judged(finding)
        self.findings.append(finding)
        return finding

    def write(self, stream: TextIO) -> None:
        """The format, unless it is text, and the new baseline; say which entries of the old one are of no use any more."""
        if not self.in_words:
            from qeclose.findings.formats import laid_out

            stream.write(laid_out(self.findings, self._kind, baseline=self._baseline is not None))
            stream.flush()
        if self._write is not None:
            from qeclose.findings.baseline import baseline_text

            write_file(self._write, baseline_text(self.findings, self._write))
        if self._baseline is not None and not self._quiet:
            _tell_left(self._baseline.left(), str(self._baseline_path))


def _read(path: str) -> Baseline:
    from qeclose.findings.baseline import Baseline

    return Baseline.read(path)


def _tell_left(left: list[str], path: str) -> None:
    if left:
        complain(f"qeclose: {path}: not met, or changed, or no longer ill-posed: {few(left)}")
