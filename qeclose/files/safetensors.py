"""Supports from a model's weights (``.safetensors``); nonzero = inside.

The safetensors package checks the file (its header is JSON, its data plain numbers, nothing is executed);
the zero test looks at the raw bytes, since numpy has no bfloat16 and no 8-bit floats.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, final

from qeclose.errors import InputError, UsageError
from qeclose.files.arrays import check_matrix, group_keys
from qeclose.files.kinds import refuse_foreign
from qeclose.files.layers import layer_pairs
from qeclose.files.opening import open_input, read_bytes, without_gz
from qeclose.files.sections import LABEL, Section, assemble
from qeclose.support.mask import Mask
from qeclose.support.model import Support

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["read_model"]

_MAX_HEADER = 2**25
# Bytes of one tensor looked at together.
_CHUNK = 2**24

# Bytes of an entry; for floats also the sign bit (−0 is zero) and the last pattern that is no NaN.
_KINDS: dict[str, tuple[int, int, int]] = {
    "BOOL": (1, 0, 0xFF),
    **{f"{sign}{8 * size}": (size, 0, 2 ** (8 * size) - 1) for sign in "IU" for size in (1, 2, 4, 8)},
    "F64": (8, 1 << 63, 0x7FF << 52),
    "F32": (4, 1 << 31, 0x7F800000),
    "F16": (2, 1 << 15, 0x7C00),
    "BF16": (2, 1 << 15, 0x7F80),
    "F8_E5M2": (1, 1 << 7, 0x7C),
    "F8_E4M3": (1, 1 << 7, 0x7E),
}


@final
@dataclass(frozen=True, slots=True)
class _Tensor:
    key: str
    kind: str
    shape: tuple[int, ...]
    start: int


def read_model(path: str) -> list[Support]:
    """The supports in a ``.safetensors`` file.

    A file of tensors I and J (or JT), or F1 … FL, also as ``name/I`` …, is read as such. In any other, each
    pair of consecutive 2-D tensors W₁ (h×n), W₂ (m×h) in the natural order of their names is a two-layer
    network: the support of A ≈ W₂ W₁, named ``first>second`` (a final ``.weight`` left out).
    Raises ``InputError``, and ``UsageError`` if the safetensors package is not installed.
    """
    with _opened(path) as file:
        refuse_foreign(file.read(64), path, ".safetensors")
        file.seek(0)
        tensors = _tensors(file, path)
        by_key = {tensor.key: tensor for tensor in tensors}
        if _holds_masks(by_key):
            return [
                assemble(
                    [Section(label, _mask(file, by_key[key], path)) for label, key in labels.items()],
                    source=path,
                    name=name,
                )
                for name, labels in group_keys(list(by_key), path).items()
            ]
        return _networks(file, tensors, path)


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


def _holds_masks(keys: Iterable[str]) -> bool:
    """Whether tensors are called like the factors of a support: two at least, under one prefix; others are a mistake."""
    prefixes: dict[str, set[str]] = {}
    for key in keys:
        prefix, _, label = key.rpartition("/")
        prefixes.setdefault(prefix, set()).add(label)
    pairs = ({"I", "J"}, {"I", "JT"}, {"F1", "F2"})
    whole = any(pair <= labels for labels in prefixes.values() for pair in pairs)
    return whole or (bool(prefixes) and all(map(LABEL.fullmatch, set().union(*prefixes.values()))))


def _networks(file: IO[bytes], tensors: list[_Tensor], path: str) -> list[Support]:
    by_key = {tensor.key: tensor for tensor in tensors}
    masks: dict[str, Mask] = {}
    supports = []
    for pair in layer_pairs({key: tensor.shape for key, tensor in by_key.items()}):
        for key in (pair.second, pair.first):
            if key not in masks:
                masks[key] = _mask(file, by_key[key], path)
        supports.append(
            Support.of_factors((masks[pair.second], masks[pair.first]), name=pair.name, source=path)
        )
    if not supports:
        raise InputError(path, 0, 0, "no two consecutive weight matrices whose shapes chain")
    return supports


def _tensors(file: IO[bytes], path: str) -> list[_Tensor]:
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
    tensors = []
    for key, entry in header.items():
        if not key.isprintable():
            raise InputError(path, 0, 0, f"tensor {key!r} has an unprintable name")
        shape, start = tuple(entry["shape"]), 8 + length + entry["data_offsets"][0]
        tensors.append(_Tensor(key, entry["dtype"], shape, start))
    return tensors


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


def _mask(file: IO[bytes], tensor: _Tensor, path: str) -> Mask:
    check_matrix(tensor.shape, path, f"{tensor.key}: ")
    if tensor.kind not in _KINDS:
        raise InputError(path, 0, 0, f"{tensor.key}: entries of type {tensor.kind} are not supported")
    m, n = tensor.shape
    size = _KINDS[tensor.kind][0]
    step = max(1, _CHUNK // (n * size))
    rows: list[int] = []
    file.seek(tensor.start)
    for first in range(0, m, step):
        height = min(step, m - first)
        data = file.read(height * n * size)
        if len(data) != height * n * size:
            raise InputError(path, 0, 0, f"{tensor.key}: the file was cut while it was read")
        rows.extend(Mask.from_array(_nonzero(data, tensor, path).reshape(height, n)).rows)
    return Mask(tuple(rows), n)


def _nonzero(data: bytes, tensor: _Tensor, path: str) -> NDArray[np.bool_]:
    import numpy as np

    size, sign, last = _KINDS[tensor.kind]
    raw: NDArray[Any] = np.frombuffer(data, np.dtype(f"<u{size}"))
    magnitude = raw & np.uint64(~sign & (2 ** (8 * size) - 1)).astype(raw.dtype)
    if sign and bool((magnitude > last).any()):
        raise InputError(path, 0, 0, f"{tensor.key}: holds a weight that is not a number")
    nonzero: NDArray[np.bool_] = magnitude != 0
    return nonzero
