"""Files that were never meant to be masks, told from masks with a mistake: the first may lie in a folder, the second may not.

Asked only of a file that ``read`` refused. Whatever is nearly a mask is one with a mistake: a label without its colon, rows of 0
and 1 without a label, arrays called ``mask``, a file that is damaged. Passed over silently, it would seem to have been checked.
"""

from __future__ import annotations

import re
from pathlib import Path

from qeclose.errors import QecloseError
from qeclose.files.arrays import is_sparse, npy_sides, npz_arrays
from qeclose.files.kinds import is_pointer, named_by_ending
from qeclose.files.matrix import read_matrix
from qeclose.files.opening import read_bytes, without_gz
from qeclose.files.sections import SECTION
from qeclose.files.text import decode, numbered_lines
from qeclose.support.mask import INSIDE, OUTSIDE

__all__ = ["holds_no_mask"]

_LABELS = SECTION.pattern
# A line that begins a section or a block, or its author meant it to: also `i`, `I`, `"I",,` alone on their lines.
_BEGINNING = re.compile(rf"\s*(?:(?:{_LABELS})\s*:|==|[\s,;\"]*(?i:{_LABELS})[\s,;\":]*$)")
_TELLING = re.compile(rf"(?i:{_LABELS}|masks?|supports?)")
_ENTRIES = frozenset(INSIDE + OUTSIDE + " \t,;")
_ARRAYS = (".npy", ".npz", ".mtx")
_TEXTS = ("", ".txt", ".mask", ".csv", ".tsv")


def holds_no_mask(path: str) -> bool:
    """Whether the file at ``path``, which ``read`` refused, is plainly something else than a mask with a mistake.

    A file that cannot be read at all is not.
    """
    inner = Path(without_gz(path))
    ending = inner.suffix.lower()
    if any(SECTION.fullmatch(part) for part in re.split(r"[._]", inner.stem)) or ending == ".safetensors":
        return False
    try:
        data = read_bytes(path)
        if is_pointer(data):
            return False
        if named_by_ending(path, ending) is not None:
            return True
        return _no_array(data, path, ending) if ending in _ARRAYS else _no_text(data, path, ending)
    except QecloseError:
        return False


def _no_array(data: bytes, path: str, ending: str) -> bool:
    if ending == ".npy" and len(npy_sides(data, path)) != 2:
        return True
    if ending == ".npz" and not is_sparse(data):
        words = [word for key, _ in npz_arrays(data, path) for word in re.split(r"[^A-Za-z0-9]+|_", key)]
        return not any(map(_TELLING.fullmatch, words))
    return not _is_binary(path)


def _no_text(data: bytes, path: str, ending: str) -> bool:
    try:
        text = decode(data, path)
    except QecloseError:
        return ending not in _TEXTS
    lines = [line.partition("#")[0] for _, line in numbered_lines(text)]
    if any(map(_BEGINNING.match, lines)) or all(map(_ENTRIES.issuperset, lines)):
        return False
    try:
        return ending not in (".csv", ".tsv") or not _is_binary(path)
    except QecloseError:
        return True


def _is_binary(path: str) -> bool:
    """Whether the file is a matrix of zeros and ones. Raises ``InputError`` if it is no matrix."""
    import numpy as np

    return bool(np.isin(read_matrix(path).floats(), (0, 1)).all())
