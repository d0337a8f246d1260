"""Where results go: standard output, or a file that appears only when it is complete."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from qeclose.errors import UsageError

__all__ = ["opened_output", "write_file"]


@contextmanager
def opened_output(path: str | None) -> Iterator[TextIO]:
    """Standard output for None or "-"; otherwise a stream whose text replaces the file at the end, at once.

    The file is replaced also when Ctrl-C or an error ends the block early: what was finished is kept.
    Raises ``UsageError`` before the block if the file cannot be written, after it if the disk is full.
    """
    if path is None or path == "-":
        yield sys.stdout
        return
    try:
        target = Path(path).resolve()
        stream = _special(target) or _beside(target)
    except OSError as error:
        raise UsageError.unwritable(path, error) from None
    try:
        yield stream
    finally:
        written = Path(stream.name)
        try:
            stream.close()
        except OSError as error:
            if written != target:
                written.unlink()
            raise UsageError.unwritable(path, error) from None
        if written != target:
            written.replace(target)


def write_file(path: str, text: str) -> None:
    """Replace the contents of one file, at once."""
    with opened_output(path) as stream:
        stream.write(text)


def _special(target: Path) -> TextIO | None:
    """A device or a pipe is written to, not replaced."""
    if target.exists() and not target.is_file():
        return target.open("w", encoding="utf-8")
    return None


def _beside(target: Path) -> TextIO:
    """A temporary file in the folder of the target, with the permissions the target has or would get."""
    if target.exists():
        mode = target.stat().st_mode & 0o777
        if not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied")
    else:
        umask = os.umask(0)
        os.umask(umask)
        mode = 0o666 & ~umask
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.fchmod(handle, mode)
    os.close(handle)
    return Path(name).open("w", encoding="utf-8")
