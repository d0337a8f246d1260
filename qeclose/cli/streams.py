"""Standard streams that may be closed, from the start or at any moment."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["secure_streams"]


class _Unheard(io.FileIO):
    """Standard error: that nobody hears a diagnosis must not change what is decided."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def secure_streams() -> None:
    """Occupy the descriptors 0 to 2, so that no file or pipe opened later is taken for a standard stream.

    What is read from a closed standard input, or written to a closed standard output, is an ``OSError``; what is written to
    standard error is lost if it cannot be written.
    """
    for descriptor, mode in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest free number is this one, for those before it are occupied.
            os.set_inheritable(os.open(os.devnull, mode), True)
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(_stdout(), encoding="utf-8")
    encoding = "utf-8" if sys.stderr is None else sys.stderr.encoding
    heard = io.BufferedWriter(_Unheard(2, "w", closefd=False))
    sys.stderr = io.TextIOWrapper(heard, encoding=encoding, errors="backslashreplace", line_buffering=True)


def _stdout() -> io.BufferedWriter:
    return io.BufferedWriter(_Closed(1, "r", closefd=False))


class _Closed(io.FileIO):
    """A standard output that is closed: every write fails as the system says."""

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        return os.write(self.fileno(), data)
