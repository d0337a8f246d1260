"""A file with exactly what every engine was sent and said, for those who want to see or repeat it.

Whether one is kept is ambient, as the deadline is (``supervise.clock``): engines and methods know nothing of it.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar, final

__all__ = ["Record", "opened", "transcribed", "transcript_in"]

_T = TypeVar("_T")
_file: ContextVar[Path | None] = ContextVar("transcript", default=None)


@contextmanager
def transcript_in(path: Path) -> Iterator[None]:
    """Inside, every engine process adds itself to the file when it ends."""
    token = _file.set(path)
    try:
        yield
    finally:
        _file.reset(token)


def transcribed(path: Path, work: Callable[..., _T], **details: Any) -> _T:
    """What the work returns, its engines transcribed."""
    with transcript_in(path):
        return work(**details)


def opened(engine: str, command: Sequence[str]) -> Record | None:
    """A record of a process that starts now; None if no transcript is kept."""
    path = _file.get()
    return None if path is None else Record(path, engine, command)


@final
class Record:
    """What one process was sent and said, in order."""

    def __init__(self, path: Path, engine: str, command: Sequence[str]) -> None:
        self._path = path
        self._engine = engine
        self._command = shlex.join(command)
        self._pieces: list[tuple[str, bytes]] = []

    def sent(self, text: str) -> None:
        """Note what the engine is sent."""
        self._add("sent", text.encode())

    def said(self, data: bytes) -> None:
        """Note what the engine says."""
        self._add("said", data)

    def _add(self, who: str, data: bytes) -> None:
        if data and self._pieces and self._pieces[-1][0] == who:
            self._pieces[-1] = who, self._pieces[-1][1] + data
        elif data:
            self._pieces.append((who, data))

    def close(self, seconds: float) -> None:
        """Add the process to the file, in one write: others may write to it at the same time."""
        text = f"===== {self._engine}: {self._command} ({seconds:.3f} s)\n".encode()
        for who, data in self._pieces:
            text += f"----- {who} ({len(data)} bytes)\n".encode() + data
            text += b"" if data.endswith(b"\n") else b"\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            os.write(descriptor, text)
        finally:
            os.close(descriptor)
