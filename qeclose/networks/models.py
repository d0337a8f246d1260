"""The two-layer networks in a model file: pairs of consecutive weight matrices, nonzero = inside."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qeclose.errors import InputError
from qeclose.files import read_supports
from qeclose.files.layers import layer_pairs as consecutive
from qeclose.files.opening import read_bytes
from qeclose.files.sections import LABEL
from qeclose.networks.torch_weights import torch_weights
from qeclose.support import Mask, Support
from qeclose.support.limits import MAX_FILE_BYTES, too_large

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
            return layer_pairs(torch_weights(path), path)
        case ".npz":
            data = read_bytes(path)
            keys = _keys(data, path)
            if keys and not any(LABEL.fullmatch(key.rpartition("/")[2]) for key in keys):
                return layer_pairs(_numpy_weights(data, path), path)
    return read_supports(path)


def layer_pairs(weights: Mapping[str, NDArray[Any]], source: str) -> list[Support]:
    """The two-layer networks of consecutive matrices whose shapes chain (``support.layers``).

    Raises ``InputError`` if there is none, or for a weight that is not a number.
    """
    import numpy as np

    pairs = []
    for pair in consecutive({name: array.shape for name, array in weights.items()}):
        for name in (pair.first, pair.second):
            if problem := too_large(*weights[name].shape):
                raise InputError(source, 0, 0, f"{name}: {problem}")
            if np.isnan(weights[name]).any():
                raise InputError(source, 0, 0, f"{name}: holds a weight that is not a number")
        masks = (Mask.from_array(weights[name]) for name in (pair.second, pair.first))
        pairs.append(Support.of_factors(masks, name=pair.name, source=source))
    if not pairs:
        raise InputError(source, 0, 0, "no two consecutive weight matrices whose shapes chain")
    return pairs


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
