"""Bytes of files and of standard input, within limits; whatever is wrong with a path is told in one line."""

from __future__ import annotations

import gzip
import io
import os
import select
import sys
import zlib
from pathlib import Path
from typing import IO

from qeclose.errors import InputError
from qeclose.support.limits import MAX_FILE_BYTES

__all__ = ["STDIN", "open_input", "read_bytes", "without_gz"]

STDIN = "-"
_PIECE = 2**20
_GZIP = b"\x1f\x8b"
_PATIENCE_MS = 5000


def read_bytes(path: str) -> bytes:
    """The whole file (``-``: standard input), unpacked if it is a gzip file.

    Raises ``InputError`` if that fails or it is absurdly large.
    """
    data = _read(path)
    return _unpacked(data, path) if data.startswith(_GZIP) else data


def without_gz(path: str) -> str:
    """The path less a final ``.gz``: its ending then tells the kind of what is packed."""
    return path[:-3] if path.lower().endswith(".gz") else path


def _read(path: str) -> bytes:
    if path == STDIN:
        if sys.stdin is None:
            raise InputError(path, 0, 0, "standard input is closed")
        return _bounded(sys.stdin.buffer, path)
    with open_input(path) as file:
        # A huge regular file is refused before it is read; pipes and devices have size 0 here.
        if os.fstat(file.fileno()).st_size > MAX_FILE_BYTES:
            raise InputError(path, 0, 0, f"the file is too large: at most {MAX_FILE_BYTES} bytes")
        return _bounded(file, path)


def _unpacked(data: bytes, path: str) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        try:
            return _bounded(file, path)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(
                path, 0, 0, f"not a readable gzip file: {' '.join(str(error).split())}"
            ) from None


def open_input(path: str) -> IO[bytes]:
    """The file opened for reading. Raises ``InputError`` saying why it cannot be."""
    try:
        return _open_pipe(path) if Path(path).is_fifo() else Path(path).open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _open_pipe(path: str) -> IO[bytes]:
    """A named pipe opened for reading. Raises ``InputError`` if nobody writes to it: it would wait for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    if not poll.poll(_PATIENCE_MS):
        # After a writer of our own has come and gone, the pipe has hung up unless somebody else still holds it.
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        if any(event & select.POLLHUP and not event & select.POLLIN for _, event in poll.poll(0)):
            os.close(descriptor)
            raise InputError(path, 0, 0, "a pipe that nobody writes to")
    os.set_blocking(descriptor, True)
    return os.fdopen(descriptor, "rb")


def _bounded(file: IO[bytes] | gzip.GzipFile, path: str) -> bytes:
    data = bytearray()
    try:
        # Piecewise, because read(limit) would reserve the limit.
        while len(data) <= MAX_FILE_BYTES and (piece := file.read(_PIECE)):
            data += piece
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(data) > MAX_FILE_BYTES:
        raise InputError(path, 0, 0, f"the file is too large: at most {MAX_FILE_BYTES} bytes")
    return bytes(data)


def _unreadable(path: str, error: Exception) -> InputError:
    match error:
        case FileNotFoundError() if Path(path).is_symlink():
            problem = f"a link to {Path(path).readlink()}, which is not there"
        case FileNotFoundError():
            problem = "no such file"
        case IsADirectoryError():
            problem = "is a directory, not a mask file"
        case PermissionError():
            problem = "no permission to read it"
        case OSError():
            problem = f"cannot be read: {error.strerror or error}"
        case _:
            problem = f"cannot be read: {error}"
    return InputError(path, 0, 0, problem)
