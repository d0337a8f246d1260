"""``--watch``: doing something again whenever files change, without keeping a processor busy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, final

from qeclose.cli.terminal import complain
from qeclose.errors import UsageError

if TYPE_CHECKING:
    Stamp = tuple[int, int, int] | None

__all__ = ["Watcher"]

_PAUSE = 0.5
_SHARE = 0.02
"""Looking takes at most this part of the time, however many files there are."""


@final
class Watcher:
    """Looks at files; ``files`` gives their names, anew each time, for some may come and go.

    Raises ``UsageError`` if standard input is among them.
    """

    def __init__(self, files: Callable[[], Iterable[str]]) -> None:
        self._files = files
        self._seen = self._look()
        if "-" in self._seen:
            raise UsageError("--watch: standard input cannot be read again")

    def changes(self) -> Iterator[list[str]]:
        """For ever, the files that have changed since the last time, once no more change comes; Ctrl-C ends it."""
        complain(f"qeclose: watching {len(self._seen)} file{'s' * (len(self._seen) != 1)}; Ctrl-C ends")
        while True:
            before = self._seen
            now = self._rested()
            while now != (later := self._rested()):  # somebody is still writing
                now = later
            if now == before:
                continue
            self._seen = now
            yield [file for file in now if before.get(file, ()) != now[file]]

    def _rested(self) -> dict[str, Stamp]:
        start = time.monotonic()
        found = self._look()
        took = time.monotonic() - start
        time.sleep(max(_PAUSE, took / _SHARE))
        return found

    def _look(self) -> dict[str, Stamp]:
        return {file: _stamp(file) for file in self._files()}


def _stamp(file: str) -> Stamp:
    """What changes when a file does: time, size and number; None if it is not there."""
    try:
        found = Path(file).stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
