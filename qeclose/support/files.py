"""Reading supports from files of any kind; ``docs/mask-files.md`` defines the conventions."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from qeclose.errors import InputError, UsageError
from qeclose.support.limits import MAX_FILE_BYTES
from qeclose.support.mask import Mask
from qeclose.support.model import Support
from qeclose.support.sections import Section, assemble
from qeclose.support.text import decode, parse_many

__all__ = ["SUFFIXES", "companions", "open_input", "read_bytes", "read_supports", "write_npz"]

# What a file name may end in besides that of the text format, which is read whatever the ending.
SUFFIXES = (".npz", ".npy", ".csv", ".mtx", ".safetensors")

_STDIN = "-"
_PIECE = 2**20
_PAIRED = (".npy", ".csv", ".mtx")
_PARTNER = {"I": "J", "J": "I", "JT": "I", "F1": "F2"}
_PAIR_NAME = re.compile(r"(?P<stem>.+)(?P<joint>[._])(?P<label>I|J|JT|F[1-9][0-9]{0,3})")


def read_supports(path: str) -> list[Support]:
    """The supports in the file at ``path``, ``-`` being standard input (text).

    The kind of file is told by its ending. A support is named by its block or key, the only one of a file
    without such names by the file's stem (standard input: ``stdin``); its source is ``path``. Raises
    ``InputError`` for whatever is wrong with the file, ``UsageError`` if the package that reads its kind is
    not installed.
    """
    match Path(path).suffix.lower():
        case ".npz":
            from qeclose.support.arrays import parse_npz

            supports = parse_npz(read_bytes(path), path)
        case ".safetensors":
            from qeclose.support.models import read_model

            supports = read_model(path)
        case ".npy" | ".csv" | ".mtx":
            supports = [_read_parts(path)]
        case _:
            supports = parse_many(decode(read_bytes(path), path), path)
    stem = "stdin" if path == _STDIN else Path(path).stem
    return [
        support
        if support.name and support.source == path
        else support.labelled(name=support.name or stem, source=path)
        for support in supports
    ]


def companions(path: str) -> tuple[str, ...]:
    """The files that ``read_supports(path)`` reads, ``path`` itself among them.

    ``NAME.I.npy`` and ``NAME.J.npy`` are one support: a caller that walks a folder must not read it twice.
    Nothing is opened, and a missing partner is simply not listed.
    """
    name = _part_name(path)
    return (path,) if name is None else tuple(_parts(path, name).values())


def read_bytes(path: str) -> bytes:
    """The whole file (``-``: standard input). Raises ``InputError`` if that fails or it is absurdly large."""
    if path == _STDIN:
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


def write_npz(path: str, supports: Iterable[Support]) -> None:
    """Write ``supports`` to a ``.npz`` file which ``read_supports`` reads back.

    Raises ``UsageError`` unless several supports have different names, or if the file cannot be written.
    """
    from qeclose.support.arrays import format_npz

    data = format_npz(list(supports), stem=Path(path).stem)
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise UsageError.unwritable(path, error) from None


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


def _read_parts(path: str) -> Support:
    name = _part_name(path)
    if name is not None:
        parts = _parts(path, name)
        sections = [Section(label, _read_mask(part)) for label, part in parts.items()]
        if len(parts) == 1:
            partner = _part(path, name, _PARTNER.get(name["label"], "F1"))
            raise InputError(path, 0, 0, f"its partner {partner} is missing")
        return assemble(sections, source=path, name=name["stem"])
    if Path(path).suffix.lower() == ".csv":
        from qeclose.support.tables import parse_csv

        return parse_csv(decode(read_bytes(path), path), path)
    # Opened first, so that a missing file is reported as missing rather than as misnamed.
    open_input(path).close()
    ending = Path(path).suffix
    raise InputError(path, 0, 0, f"holds one matrix: name a pair NAME.I{ending} and NAME.J{ending}")


def _part_name(path: str) -> re.Match[str] | None:
    """NAME, joint and label of a file named as a part of a pair or chain."""
    file = Path(path)
    return _PAIR_NAME.fullmatch(file.stem) if file.suffix.lower() in _PAIRED else None


def _part(path: str, name: re.Match[str], label: str) -> str:
    """The file beside ``path`` that holds the mask ``label``."""
    file = Path(path)
    # Not by Path.with_name, which would rewrite "./a.I.npy" as "a.I.npy".
    return path[: len(path) - len(file.name)] + name["stem"] + name["joint"] + label + file.suffix


def _parts(path: str, name: re.Match[str]) -> dict[str, str]:
    """By label, the files that are there of the pair or chain ``path`` is named as a part of."""
    if name["label"].startswith("F"):
        labels = ["F1"]
        while os.path.lexists(_part(path, name, f"F{len(labels) + 1}")):
            labels.append(f"F{len(labels) + 1}")
    else:
        labels = ["I", "J", "JT"]
    parts = {label: _part(path, name, label) for label in dict.fromkeys([*labels, name["label"]])}
    return {label: part for label, part in parts.items() if part == path or os.path.lexists(part)}


def _read_mask(path: str) -> Mask:
    data = read_bytes(path)
    match Path(path).suffix.lower():
        case ".npy":
            from qeclose.support.arrays import parse_npy

            return parse_npy(data, path)
        case ".mtx":
            from qeclose.support.matrix_market import parse_mtx

            return parse_mtx(decode(data, path), path)
        case _:
            from qeclose.support.tables import parse_csv_mask

            return parse_csv_mask(decode(data, path), path)
