"""What is going on while engines run: a live line on a terminal, log lines with ``-v``, nothing in a pipe."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, final

import click

from qeclose.cli.terminal import console

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["Progress"]

_PATIENCE = 1.0


@final
class Progress:
    """Shows the engines at work on standard error; ``watch`` is the hook that ``check`` calls."""

    def __init__(self, *, verbose: bool, quiet: bool) -> None:
        self._verbose = verbose and not quiet
        self._live = not quiet and not self._verbose and sys.stderr.isatty()
        self._lock = threading.Lock()
        self._running: dict[object, tuple[str, str]] = {}
        self._subject = self._doing = ""
        self._start = 0.0
        self._ends = 0.0

    @contextmanager
    def during(self, subject: str, seconds: float) -> Iterator[None]:
        """Show progress on ``subject``, which takes at most ``seconds``, while the block runs."""
        self._subject, self._start = subject, time.monotonic()
        self._doing = ""
        self._ends = self._start + seconds
        if not self._live:
            yield
            return
        from rich.live import Live

        with Live(
            console=console(stderr=True), get_renderable=self._line, refresh_per_second=4, transient=True
        ):
            yield

    def tell(self, doing: str) -> None:
        """Show what qeclose itself does from here on."""
        self._doing = doing

    @contextmanager
    def watch(self, engine: str, action: str, seconds: float) -> Iterator[None]:
        """While the block runs, ``engine`` is at work."""
        key = object()
        with self._lock:
            self._running[key] = engine, action
        start = time.monotonic()
        if self._verbose:
            click.echo(f"qeclose: {engine}: {action}, at most {seconds:.1f} s", err=True)
        try:
            yield
        finally:
            with self._lock:
                self._running.pop(key, None)
            if self._verbose:
                click.echo(
                    f"qeclose: {engine}: {action} ended after {time.monotonic() - start:.2f} s", err=True
                )

    def _line(self) -> Text:
        from rich.text import Text

        now = time.monotonic()
        if now - self._start < _PATIENCE:
            return Text("")
        with self._lock:
            running = [f"{engine} ({action})" for engine, action in self._running.values()]
        left = max(0.0, self._ends - now)
        at_work = ", ".join(running) or self._doing or "preparing"
        return Text(f"{self._subject}: {at_work}, {left:.0f} s left", style="dim")
