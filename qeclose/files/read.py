"""Reading supports from files of any kind; ``docs/mask-files.md`` defines the conventions."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from qeclose.errors import InputError, UsageError
from qeclose.files.bounds import parse_questions
from qeclose.files.opening import STDIN, open_input, read_bytes
from qeclose.files.sections import Section, assemble
from qeclose.files.text import decode
from qeclose.support.bounded import BoundedSupport
from qeclose.support.mask import Mask
from qeclose.support.model import Support

__all__ = ["SUFFIXES", "companions", "read", "read_supports", "write_npz"]

# What a file name may end in besides that of the text format, which is read whatever the ending.
SUFFIXES = (".npz", ".npy", ".csv", ".mtx", ".safetensors")

_PAIRED = (".npy", ".csv", ".mtx")
_PARTNER = {"I": "J", "J": "I", "JT": "I", "F1": "F2"}
_PAIR_NAME = re.compile(r"(?P<stem>.+)(?P<joint>[._])(?P<label>I|J|JT|F[1-9][0-9]{0,3})")


def read(path: str) -> list[Support | BoundedSupport]:
    """What the file at ``path`` asks about; ``-`` is standard input (text). The only door to mask files.

    The kind of file is told by its ending. A support is named by its block or key, the only one of a file
    without such names by the file's stem (standard input: ``stdin``); its source is ``path``. Raises
    ``InputError`` for whatever is wrong with the file, ``UsageError`` if the package that reads its kind is
    not installed.
    """
    found: Sequence[Support | BoundedSupport]
    match Path(path).suffix.lower():
        case ".npz":
            from qeclose.files.arrays import parse_npz

            found = parse_npz(read_bytes(path), path)
        case ".safetensors":
            from qeclose.files.safetensors import read_model

            found = read_model(path)
        case ".npy" | ".csv" | ".mtx":
            found = [_read_parts(path)]
        case _:
            found = parse_questions(decode(read_bytes(path), path), path)
    stem = "stdin" if path == STDIN else Path(path).stem
    return [
        one if one.name and one.source == path else one.labelled(name=one.name or stem, source=path)
        for one in found
    ]


def read_supports(path: str) -> list[Support]:
    """The same for whoever needs masks: raises ``InputError`` for a file with bounds in place of one."""
    supports = [support for support in read(path) if isinstance(support, Support)]
    if not supports:
        problem = "holds bounds (nnz<=…) in place of a mask, which check, batch and verify alone read"
        raise InputError(path, 0, 0, problem)
    return supports


def companions(path: str) -> tuple[str, ...]:
    """The files that ``read(path)`` reads, ``path`` itself among them.

    ``NAME.I.npy`` and ``NAME.J.npy`` are one support: a caller that walks a folder must not read it twice.
    Nothing is opened, and a missing partner is simply not listed.
    """
    name = _part_name(path)
    return (path,) if name is None else tuple(_parts(path, name).values())


def write_npz(path: str, supports: Iterable[Support]) -> None:
    """Write ``supports`` to a ``.npz`` file which ``read`` reads back.

    Raises ``UsageError`` unless several supports have different names, or if the file cannot be written.
    """
    from qeclose.files.arrays import format_npz

    data = format_npz(list(supports), stem=Path(path).stem)
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise UsageError.unwritable(path, error) from None


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
        from qeclose.files.tables import parse_csv

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
            from qeclose.files.arrays import parse_npy

            return parse_npy(data, path)
        case ".mtx":
            from qeclose.files.matrix_market import parse_mtx

            return parse_mtx(decode(data, path), path)
        case _:
            from qeclose.files.tables import parse_csv_mask

            return parse_csv_mask(decode(data, path), path)
