"""What a batch shows while it works: a line an item, a live table on a terminal, notes for GitHub Actions."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO, final

from qeclose.batch.output.findings import finding_of
from qeclose.findings.github import annotation
from qeclose.report.drawing import clean

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from qeclose.batch.output.record import Tally
    from qeclose.batch.run import Finished
    from qeclose.findings.finding import Finding

__all__ = ["Display", "item_line", "spoken_line"]


def item_line(found: Finished, finding: Finding | None = None, *, verbose: bool = False) -> str:
    """An item in one line: the verdict, then the item, then what is wrong with it or, ``verbose``, the reason.

    ``finding`` is what is made of it, if a baseline has a say in that.
    """
    told = _told(found, finding, verbose)
    line = f"{found.record['verdict']:<10} {found.item.title}"
    return clean(" ".join(f"{line}: {told}".split("\n")) if told else line)


def spoken_line(found: Finished, finding: Finding | None = None, *, verbose: bool = False) -> str:
    """The same as a sentence, for screen readers."""
    told = _told(found, finding, verbose)
    line = f"{found.item.title} is {found.record['verdict']}"
    return clean(" ".join((f"{line}: {told}" if told else line).split()) + ".")


def _told(found: Finished, finding: Finding | None, verbose: bool) -> str:
    """What is wrong with the item or, ``verbose``, the reason."""
    finding = finding or finding_of(found)
    told = "known" if finding.known else finding.problem
    return told or (str(found.record["reason"]) if verbose else "")


@final
class Display:
    """Shows the progress of a batch of ``total`` items; lines go to ``lines``, unless it is None, ``spoken`` as sentences.

    The live table, on what ``console`` makes, warnings and the notes for GitHub Actions go to standard error.
    """

    def __init__(
        self,
        tally: Tally,
        total: int,
        *,
        lines: TextIO | None,
        live: bool,
        quiet: bool,
        verbose: bool,
        spoken: bool = False,
        annotate: bool = True,
        console: Callable[[], Console] | None = None,
    ) -> None:
        self.tally = tally
        self.total = total
        self.cached = 0
        self.known = 0
        self._lines = lines
        self._annotate = annotate and os.environ.get("GITHUB_ACTIONS") == "true"
        self._live = live
        self._line = spoken_line if spoken else item_line
        self._new_console = console
        self._verbose = verbose
        # A warning that concerns all items alike is given once.
        self._warned: set[str] | None = None if quiet else set()
        self._console: Console | None = None
        self._start = time.monotonic()

    @contextmanager
    def running(self) -> Iterator[None]:
        """The live table is there while the block runs."""
        if not self._live:
            yield
            return
        from rich.console import Console
        from rich.live import Live

        console = self._new_console() if self._new_console else Console(stderr=True, highlight=False)
        with Live(console=console, get_renderable=self._table, refresh_per_second=4, transient=True):
            self._console = console
            try:
                yield
            finally:
                self._console = None

    def show(self, found: Finished, finding: Finding | None = None) -> None:
        """An item is finished; ``finding`` is what is made of it, if a baseline has a say in that."""
        finding = finding or finding_of(found)
        self.cached += found.cached
        self.known += found.known
        if self._annotate and (note := annotation(finding)):
            print(note, file=sys.stderr)
        self._warn(found)
        if self._lines is None:
            return
        line = self._line(found, finding, verbose=self._verbose)
        if self._console is not None and self._lines.isatty():
            # On the same terminal as the table, which must be told to make room.
            self._console.print(line, markup=False, soft_wrap=True)
        else:
            self._lines.write(line + "\n")

    def _warn(self, found: Finished) -> None:
        if self._warned is None:
            return
        for warning in found.record["warnings"]:
            if warning not in self._warned:
                self._warned.add(warning)
                print(clean(f"qeclose: {found.item.title}: warning: {warning}"), file=sys.stderr)

    def summary(self) -> str:
        """The counts, the time and the rate, in one line."""
        seconds = time.monotonic() - self._start
        line = f"{self.tally.summary()} ({seconds:.1f} s, {self._fresh() / max(seconds, 1e-9):.0f} items/s"
        line += f", {self.cached} from the cache" if self.cached else ""
        line += f", {self.known} already in the file" if self.known else ""
        return line + ")"

    def _fresh(self) -> int:
        return self.tally.total - self.known

    def _table(self) -> Table:
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        seconds = time.monotonic() - self._start
        rate = self._fresh() / seconds if seconds else 0.0
        left = self.total - self.tally.total
        counts = [f"{count} {verdict}" for verdict, count in self.tally.verdicts.items() if count]
        table = Table.grid(padding=(0, 2))
        table.add_row(
            ProgressBar(total=max(self.total, 1), completed=self.tally.total, width=30),
            f"{self.tally.total}/{self.total}",
            f"{rate:.1f}/s",
            f"{_duration(seconds)} gone",
            f"{_duration(left / rate)} left" if rate else "",
            ", ".join(counts),
        )
        return table


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
