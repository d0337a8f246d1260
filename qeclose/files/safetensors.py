"""Supports from a model's weights (``.safetensors``); nonzero = inside.

The safetensors package checks the file (its header is JSON, its data plain numbers, nothing is executed); the entries are
read here, some rows at a time, since models are large and numpy has no bfloat16 and no 8-bit floats.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, final

from qeclose.errors import InputError, UsageError
from qeclose.files.arrays import group_keys
from qeclose.files.kinds import refuse_foreign
from qeclose.files.layers import Tensor, is_counter
from qeclose.files.model import Weights, inside, model_of, pairs_of
from qeclose.files.opening import open_input, read_bytes, without_gz
from qeclose.files.sections import LABEL, Section, assemble
from qeclose.support.model import Support

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SafeTensors", "holds_masks", "labelled_supports", "open_weights", "read_model"]

_MAX_HEADER = 2**25
# Bytes of one tensor looked at together.
_CHUNK = 2**24

# Bytes of an entry, and numpy's name for its type; numpy has no 8-bit and brain floats.
_KINDS: dict[str, tuple[int, str]] = {
    "BOOL": (1, "?"),
    **{f"I{8 * size}": (size, f"<i{size}") for size in (1, 2, 4, 8)},
    **{f"U{8 * size}": (size, f"<u{size}") for size in (1, 2, 4, 8)},
    **{f"F{8 * size}": (size, f"<f{size}") for size in (2, 4, 8)},
    "BF16": (2, "<u2"),
    "F8_E5M2": (1, "u1"),
    "F8_E4M3": (1, "u1"),
}


@final
@dataclass(frozen=True, slots=True)
class _Entry:
    kind: str
    shape: tuple[int, ...]
    start: int


@final
@dataclass(frozen=True)
class SafeTensors:
    """The tensors of a ``.safetensors`` file. Its writer sorts them by type and name, so their order tells nothing."""

    source: str
    entries: Mapping[str, _Entry]
    ordered: bool = False

    @property
    def tensors(self) -> list[Tensor]:
        """The tensors by name, with shape and kind."""
        return [Tensor(key, entry.shape, entry.kind[0] in "IU") for key, entry in self.entries.items()]

    def blocks(self, name: str) -> Iterator[NDArray[Any]]:
        """The entries of a tensor, some rows at a time. Raises ``InputError``."""
        entry = self.entries[name]
        if entry.kind not in _KINDS:
            raise InputError(self.source, 0, 0, f"{name}: entries of type {entry.kind} are not supported")
        height = entry.shape[0] if entry.shape else 1
        size = _KINDS[entry.kind][0] * math.prod(entry.shape[1:])
        step = max(1, _CHUNK // max(1, size))
        with _opened(self.source) as file:
            file.seek(entry.start)
            for first in range(0, height, step):
                count = min(step, height - first)
                data = file.read(count * size)
                if len(data) != count * size:
                    raise InputError(self.source, 0, 0, f"{name}: the file was cut while it was read")
                yield _numbers(data, entry.kind).reshape(count, *entry.shape[1:])


def read_model(path: str) -> list[Support]:
    """The supports in a ``.safetensors`` file.

    A file of tensors I and J (or JT), or F1 … FL, also as ``name/I`` …, is read as such; single whole numbers beside them,
    a count of steps perhaps, are left out. In any other, each pair of layers W₁ (h×n), W₂ (m×h) that are known to follow one
    another (``files.layers``) is a two-layer network: the support of A ≈ W₂ W₁, named ``first>second``.
    Raises ``InputError``, and ``UsageError`` if the safetensors package is not installed.
    """
    weights = open_weights(path)
    found = labelled_supports(weights)
    return pairs_of(model_of(weights, Path(without_gz(path)).stem)) if found is None else found


def labelled_supports(weights: Weights) -> list[Support] | None:
    """The supports of tensors called I, J, F1, …, as in mask files; None if the file is no such file."""
    if not holds_masks(tensor.name for tensor in weights.tensors):
        return None
    keys = [tensor.name for tensor in weights.tensors if LABEL.fullmatch(tensor.name.rpartition("/")[2])]
    others = [tensor.name for tensor in weights.tensors if tensor.name not in keys and not is_counter(tensor)]
    if others:
        shown = ", ".join(others[:10])
        problem = f"holds I, J or F1, F2, … and other tensors besides, which it cannot mean both: {shown}"
        raise InputError(weights.source, 0, 0, problem)
    idle = ", ".join(tensor.name for tensor in weights.tensors if tensor.name not in keys)
    notes = [f"left out, each a single whole number: {idle}"] if idle else []
    return [
        assemble(
            [Section(label, inside(weights, key)) for label, key in labels.items()],
            source=weights.source,
            name=name,
            notes=notes,
        )
        for name, labels in group_keys(keys, weights.source).items()
    ]


def open_weights(path: str) -> SafeTensors:
    """The file's tensors, none of them read yet. Raises ``InputError`` and ``UsageError`` as ``read_model`` does."""
    with _opened(path) as file:
        refuse_foreign(file.read(64), path, ".safetensors")
        file.seek(0)
        return SafeTensors(path, _entries(file, path))


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    """The file, or what is packed in it written out beside all else that is temporary: the library wants a path."""
    if without_gz(path) == path:
        with open_input(path) as file:
            yield file
        return
    with tempfile.NamedTemporaryFile(suffix=".safetensors") as unpacked:
        unpacked.write(read_bytes(path))
        unpacked.flush()
        unpacked.seek(0)
        yield unpacked


def holds_masks(keys: Iterable[str]) -> bool:
    """Whether arrays are called like the factors of a support: two at least, under one prefix, or all of them."""
    prefixes: dict[str, set[str]] = {}
    for key in keys:
        prefix, _, label = key.rpartition("/")
        prefixes.setdefault(prefix, set()).add(label)
    pairs = ({"I", "J"}, {"I", "JT"}, {"F1", "F2"})
    whole = any(pair <= labels for labels in prefixes.values() for pair in pairs)
    return whole or (bool(prefixes) and all(map(LABEL.fullmatch, set().union(*prefixes.values()))))


def _entries(file: IO[bytes], path: str) -> dict[str, _Entry]:
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > size - 8:
        raise InputError(path, 0, 0, "not a readable .safetensors file: the header is cut off")
    if length > _MAX_HEADER:
        problem = f"the header is too large: {length} bytes, at most {_MAX_HEADER}"
        raise InputError(path, 0, 0, problem)
    _check_with_library(file.name, path)
    header: dict[str, Any] = json.loads(file.read(length))
    header.pop("__metadata__", None)
    entries = {}
    for key, entry in header.items():
        if not key.isprintable():
            raise InputError(path, 0, 0, f"tensor {key!r} has an unprintable name")
        shape, start = tuple(entry["shape"]), 8 + length + entry["data_offsets"][0]
        entries[key] = _Entry(entry["dtype"], shape, start)
    return entries


def _check_with_library(real: str, path: str) -> None:
    """Let safetensors check the header: every tensor's type, shape and place in the file."""
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        problem = f"reading {path} needs the safetensors package: pip install 'qeclose[models]'"
        raise UsageError(problem) from None
    try:
        with safe_open(real, framework="numpy"):
            pass
    except (SafetensorError, OSError) as error:
        problem = f"not a readable .safetensors file: {' '.join(str(error).split())}"
        raise InputError(path, 0, 0, problem) from None


def _numbers(data: bytes, kind: str) -> NDArray[Any]:
    """Little-endian entries as numbers of a type that numpy has, exactly."""
    import numpy as np

    raw: NDArray[Any] = np.frombuffer(data, np.dtype(_KINDS[kind][1]))
    match kind:
        # Both are the upper half of a type twice as wide.
        case "BF16":
            return np.asarray(np.left_shift(raw.astype(np.uint32), 16).view(np.float32))
        case "F8_E5M2":
            return np.asarray(np.left_shift(raw.astype(np.uint16), 8).view(np.float16))
        case "F8_E4M3":
            return np.asarray(np.array([_e4m3(byte) for byte in range(256)])[raw])
        case "BOOL":
            return np.asarray(raw.view(np.uint8) != 0)
    return raw


def _e4m3(byte: int) -> float:
    """The 8-bit float of 4 exponent and 3 mantissa bits, without infinities."""
    sign, exponent, mantissa = -1.0 if byte >> 7 else 1.0, byte >> 3 & 15, byte & 7
    if (exponent, mantissa) == (15, 7):
        return math.nan
    return sign * (math.ldexp(8 + mantissa, exponent - 10) if exponent else math.ldexp(mantissa, -9))
