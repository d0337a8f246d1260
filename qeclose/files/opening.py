"""Bytes of files and of standard input, within limits; whatever is wrong with a path is told in one line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

from qeclose.errors import InputError
from qeclose.support.limits import MAX_FILE_BYTES

__all__ = ["STDIN", "open_input", "read_bytes"]

STDIN = "-"
_PIECE = 2**20


def read_bytes(path: str) -> bytes:
    """The whole file (``-``: standard input). Raises ``InputError`` if that fails or it is absurdly large."""
    if path == STDIN:
        if sys.stdin is None:
            raise InputError(path, 0, 0, "standard input is closed")
        return _bounded(sys.stdin.buffer, path)
    with open_input(path) as file:
        # A huge regular file is refused before it is read; pipes and devices have size 0 here.
        if os.fstat(file.fileno()).st_size > MAX_FILE_BYTES:
            raise InputError(path, 0, 0, f"the file is too large: at most {MAX_FILE_BYTES} bytes")
        return _bounded(file, path)


def open_input(path: str) -> IO[bytes]:
    """The file opened for reading. Raises ``InputError`` saying why it cannot be."""
    try:
        return Path(path).open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _bounded(file: IO[bytes], path: str) -> bytes:
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
