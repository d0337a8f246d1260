"""The two-layer networks in a model file: pairs of consecutive weight matrices, nonzero = inside."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qeclose.errors import InputError, UsageError
from qeclose.support import Mask, Support, read_supports
from qeclose.support.files import read_bytes
from qeclose.support.limits import MAX_FILE_BYTES, too_large
from qeclose.support.sections import LABEL

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["layer_pairs", "read_networks"]


def read_networks(path: str) -> list[Support]:
    """The networks in a file: a mask file as ``read_supports`` reads it, W_L first, or a model's consecutive layers.

    A ``.npz`` file none of whose arrays is called I, J, … is a model, and so is a ``.pt`` or ``.pth`` file: a state
    dictionary, read by PyTorch with ``weights_only``, so that nothing in it is executed. Raises ``InputError``, and
    ``UsageError`` if PyTorch is needed and not installed.
    """
    match Path(path).suffix.lower():
        case ".pt" | ".pth":
            return layer_pairs(_torch_weights(path), path)
        case ".npz":
            data = read_bytes(path)
            keys = _keys(data, path)
            if keys and not any(LABEL.fullmatch(key.rpartition("/")[2]) for key in keys):
                return layer_pairs(_numpy_weights(data, path), path)
    return read_supports(path)


def layer_pairs(weights: Mapping[str, NDArray[Any]], source: str) -> list[Support]:
    """The two-layer networks of consecutive matrices, in the natural order of their names, whose shapes chain.

    Raises ``InputError`` if there is none, or for a weight that is not a number.
    """
    import numpy as np

    names = sorted((name for name, array in weights.items() if array.ndim == 2), key=_natural)
    pairs = []
    for first, second in zip(names, names[1:], strict=False):
        if (
            weights[second].shape[1] != weights[first].shape[0]
            or 0 in weights[first].shape + weights[second].shape
        ):
            continue
        for name in (first, second):
            if problem := too_large(*weights[name].shape):
                raise InputError(source, 0, 0, f"{name}: {problem}")
            if np.isnan(weights[name]).any():
                raise InputError(source, 0, 0, f"{name}: holds a weight that is not a number")
        masks = Mask.from_array(weights[second]), Mask.from_array(weights[first])
        title = f"{first.removesuffix('.weight')}>{second.removesuffix('.weight')}"
        pairs.append(Support.of_factors(masks, name=title, source=source))
    if not pairs:
        raise InputError(source, 0, 0, "no two consecutive weight matrices whose shapes chain")
    return pairs


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts ``fc2`` before ``fc10``."""
    parts = re.split(r"([0-9]+)", name)
    return [(len(part.lstrip("0")), part.lstrip("0")) if part.isdigit() else (0, part) for part in parts]


def _keys(data: bytes, path: str) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_FILE_BYTES:
                raise InputError(path, 0, 0, f"expands to more than {MAX_FILE_BYTES} bytes")
            return [member.filename.removesuffix(".npy") for member in archive.infolist()]
    except zipfile.BadZipFile as error:
        raise InputError(path, 0, 0, f"not a readable .npz file: {error}") from None


def _numpy_weights(data: bytes, path: str) -> dict[str, NDArray[Any]]:
    import numpy as np

    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files if arrays[name].dtype.kind in "biufc"}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(path, 0, 0, f"not a readable .npz file: {' '.join(str(error).split())}") from None


def _torch_weights(path: str) -> dict[str, NDArray[Any]]:
    data = read_bytes(path)
    try:
        torch: Any = import_module("torch")
    except ImportError:
        raise UsageError(f"reading {path} needs PyTorch; or save the model as .safetensors") from None
    try:
        state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        items = dict(state).items()
        return {str(name): value.double().numpy() for name, value in items if hasattr(value, "double")}
    except Exception as error:
        # Whatever PyTorch raises on a damaged file or one that holds more than weights.
        problem = " ".join(str(error).split())[:200]
        raise InputError(path, 0, 0, f"not a state dictionary of weights: {problem}") from None
