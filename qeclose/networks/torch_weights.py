"""The weights in a file that PyTorch saved, read with ``weights_only``: nothing in it is executed."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from qeclose.errors import InputError, UsageError
from qeclose.files.opening import read_bytes
from qeclose.support.limits import too_large

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["torch_weights"]


def torch_weights(path: str) -> dict[str, NDArray[Any]]:
    """Where the matrices of a state dictionary are nonzero, by name; sparse and quantized ones included.

    In a checkpoint the state dictionary is looked for one level down, and must be the only one there. Raises
    ``UsageError`` if PyTorch is not installed, and ``InputError`` for anything but a state dictionary, a weight that is not
    a number, and a matrix that is too large.
    """
    data = read_bytes(path)
    try:
        torch: Any = import_module("torch")
    except ImportError:
        raise UsageError(f"reading {path} needs PyTorch; or save the model as .safetensors") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tensors = _state(_loaded(torch, data, path), path)
        return {name: _nonzero(tensor, name, path) for name, tensor in tensors.items()}


def _loaded(torch: Any, data: bytes, path: str) -> Any:
    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:
        # Whatever PyTorch raises on a damaged file or one that holds more than weights.
        if "Unsupported global" in str(error) or "TorchScript" in str(error):
            problem = "holds code besides weights, a whole module perhaps; save model.state_dict() instead"
        else:
            problem = "not a file that torch.save wrote, or damaged"
        raise InputError(path, 0, 0, problem) from None


def _state(loaded: Any, path: str) -> dict[str, Any]:
    """The matrices of the state dictionary."""
    if not isinstance(loaded, Mapping):
        raise InputError(path, 0, 0, f"holds a {type(loaded).__name__}, not a state dictionary of weights")
    tensors = _matrices(loaded)
    if tensors:
        return tensors
    inside = {str(key): _matrices(value) for key, value in loaded.items() if isinstance(value, Mapping)}
    states = {key: found for key, found in inside.items() if found}
    if len(states) > 1:
        names = ", ".join(states)
        raise InputError(path, 0, 0, f"holds several state dictionaries ({names}); save the one you mean")
    return next(iter(states.values()), {})


def _matrices(state: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in state.items() if getattr(value, "ndim", 0) == 2}


def _nonzero(tensor: Any, name: str, path: str) -> NDArray[Any]:
    """The entries that are not zero, true or false."""
    import numpy as np

    if problem := too_large(*tensor.shape):
        raise InputError(path, 0, 0, f"{name}: {problem}")
    if tensor.is_meta:
        raise InputError(path, 0, 0, f"{name}: has a shape, but no weights")
    dense = tensor.detach().dequantize() if tensor.is_quantized else tensor.detach().to_dense()
    if dense.is_floating_point():
        dense = dense.double()  # 8-bit floats cannot be compared
    if (dense != dense).any():
        raise InputError(path, 0, 0, f"{name}: holds a weight that is not a number")
    nonzero: NDArray[Any] = np.asarray((dense != 0).numpy())
    return nonzero
