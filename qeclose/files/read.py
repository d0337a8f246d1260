"""Reading supports from files of any kind; ``docs/mask-files.md`` defines the conventions."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qeclose.errors import InputError, UsageError
from qeclose.files.bounds import parse_questions
from qeclose.files.kinds import named_by_ending, refuse_foreign
from qeclose.files.opening import STDIN, open_input, read_bytes, without_gz
from qeclose.files.sections import SECTION, assemble
from qeclose.files.text import decode, numbered_lines
from qeclose.support.bounded import BoundedSupport
from qeclose.support.model import Support

if TYPE_CHECKING:
    from qeclose.files.tables import Table

__all__ = ["SUFFIXES", "companions", "is_text", "read", "read_supports", "write_npz"]

# What a file name may end in besides that of the text format, which is read whatever the ending; ``.gz`` may follow. Chains
# in ``.json`` are read where they are named, not looked for in folders, which hold JSON of other kinds.
SUFFIXES = (".npz", ".npy", ".csv", ".tsv", ".mtx", ".safetensors")

_TABLES = (".csv", ".tsv")
_PAIRED = (".npy", ".mtx", *_TABLES)
_PARTNER = {"I": "J", "J": "I", "JT": "I", "F1": "F2", "W": "I"}
_PAIR_NAME = re.compile(r"(?P<stem>.+)(?P<joint>[._])(?P<label>I|J|JT|W|F[1-9][0-9]{0,3})")


def read(path: str | os.PathLike[str]) -> list[Support | BoundedSupport]:
    """What the file at ``path`` asks about; ``-`` is standard input (text). The only door to mask files.

    The kind of file is told by its ending. A support is named by its block or key, the only one of a file
    without such names by the file's stem (standard input: ``stdin``); its source is ``path``. Raises
    ``InputError`` for whatever is wrong with the file, ``UsageError`` if the package that reads its kind is
    not installed.
    """
    path = os.fspath(path)
    found: Sequence[Support | BoundedSupport]
    match _ending(path):
        case ".npz":
            from qeclose.files.arrays import is_sparse, parse_npz

            data = _whole(path)
            found = [_read_parts(path)] if is_sparse(data) else parse_npz(data, path)
        case ".safetensors":
            from qeclose.files.safetensors import read_model

            found = read_model(path)
        case ".npy" | ".csv" | ".tsv" | ".mtx":
            found = [_read_parts(path)]
        case ".json":
            from qeclose.files.patterns import parse_patterns

            found = [parse_patterns(decode(_whole(path), path), path)]
        case _:
            found = _read_text(path)
    stem = "stdin" if path == STDIN else Path(without_gz(path)).stem
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
    Nothing is opened but a ``.npz`` file, and a missing partner is simply not listed.
    """
    name = _part_name(path)
    return (path,) if name is None else tuple(_parts(path, name).values())


def is_text(path: str) -> bool:
    """Whether a file of this name is read as mask text, which has lines and blocks."""
    return _ending(path) not in (*SUFFIXES, ".json")


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


def _ending(path: str) -> str:
    return Path(without_gz(path)).suffix.lower()


def _whole(path: str) -> bytes:
    """The content of a file that is not plainly of a kind which is not read. Raises ``InputError``."""
    data = read_bytes(path)
    refuse_foreign(data, path, _ending(path))
    return data


def _read_text(path: str) -> Sequence[Support | BoundedSupport]:
    ending = _ending(path)
    foreign = None if path == STDIN else named_by_ending(path, ending)
    if foreign is not None:
        # Opened first, so that a missing file is reported as missing; such files may be large.
        with open_input(path) as file:
            refuse_foreign(file.read(64), path, ending)
    data = _whole(path)
    try:
        text = decode(data, path)
    except InputError as error:
        raise foreign or error from None
    try:
        return parse_questions(text, path)
    except InputError as error:
        raise foreign or _half(error, text) from None


def _half(error: InputError, text: str) -> InputError:
    """The error, and how text is divided into files if this is a file for one mask alone, called NAME.I.txt."""
    inner = Path(without_gz(error.source))
    labels = {line.partition(":")[0].strip() for _, line in numbered_lines(text) if ":" in line}
    if not _PAIR_NAME.fullmatch(inner.stem) or len(list(filter(SECTION.fullmatch, labels))) > 1:
        return error
    hint = f"a text file holds all masks of a support, each below its label `I:`, `J:`; pairs of files are {', '.join(_PAIRED)}"
    return InputError(error.source, error.line, error.column, f"{error.problem}: {hint}")


def _read_parts(path: str) -> Support:
    name = _part_name(path)
    if name is not None:
        parts = _parts(path, name)
        tables = {label: _read_mask(part, label) for label, part in parts.items()}
        if len(parts) == 1:
            partner = _part(path, name, _PARTNER.get(name["label"], "F1"))
            raise InputError(path, 0, 0, f"its partner {partner} is missing")
        sections = [table.section(label) for label, table in tables.items()]
        notes = [note for table in tables.values() for note in table.notes]
        return assemble(sections, source=path, name=name["stem"], notes=notes)
    if _ending(path) in _TABLES:
        from qeclose.files.tables import parse_csv

        return parse_csv(decode(_whole(path), path), path)
    # Opened first, so that a missing file is reported as missing rather than as misnamed.
    open_input(path).close()
    ending = Path(without_gz(path)).suffix
    raise InputError(path, 0, 0, f"holds one matrix: name a pair NAME.I{ending} and NAME.J{ending}")


def _part_name(path: str) -> re.Match[str] | None:
    """NAME, joint and label of a file named as a part of a pair or chain."""
    inner = Path(without_gz(path))
    paired = inner.suffix.lower() in _PAIRED or (inner.suffix.lower() == ".npz" and _holds_sparse(path))
    return _PAIR_NAME.fullmatch(inner.stem) if paired else None


def _holds_sparse(path: str) -> bool:
    from qeclose.files.arrays import is_sparse

    try:
        return is_sparse(read_bytes(path))
    except InputError:
        return False


def _part(path: str, name: re.Match[str], label: str) -> str:
    """The file beside ``path`` that holds the mask ``label``."""
    # Not by Path.with_name, which would rewrite "./a.I.npy" as "a.I.npy".
    start = len(path) - len(Path(path).name)
    tail = path[start + len(name[0]) :]
    return path[:start] + name["stem"] + name["joint"] + label + tail


def _parts(path: str, name: re.Match[str]) -> dict[str, str]:
    """By label, the files that are there of the pair or chain ``path`` is named as a part of."""
    label = name["label"]
    if label == "W":
        label = next(filter(lambda one: os.path.lexists(_part(path, name, one)), ("I", "F1")), "I")
    if label.startswith("F"):
        labels = ["F1"]
        while os.path.lexists(_part(path, name, f"F{len(labels) + 1}")):
            labels.append(f"F{len(labels) + 1}")
    else:
        labels = ["I", "J", "JT"]
    labels.append("W")
    parts = {label: _part(path, name, label) for label in dict.fromkeys([*labels, name["label"]])}
    return {label: part for label, part in parts.items() if part == path or os.path.lexists(part)}


def _read_mask(path: str, label: str) -> Table:
    from qeclose.files.tables import Table, parse_table

    data = _whole(path)
    match _ending(path):
        case ".npy":
            from qeclose.files.arrays import parse_npy

            return Table(parse_npy(data, path))
        case ".npz":
            from qeclose.files.arrays import parse_sparse

            return Table(parse_sparse(data, path))
        case ".mtx":
            from qeclose.files.matrix_market import parse_mtx

            return Table(parse_mtx(data, path))
        case _:
            return parse_table(decode(data, path), path, label)
