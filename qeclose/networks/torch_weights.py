"""The weights in a file that PyTorch saved, read with ``weights_only``: nothing in it is executed."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, final

from qeclose.errors import InputError, UsageError
from qeclose.files.layers import Tensor
from qeclose.files.opening import read_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TorchWeights", "torch_weights"]


@final
@dataclass(frozen=True)
class TorchWeights:
    """A state dictionary, which keeps the order in which a module defines its parameters."""

    source: str
    state: Mapping[str, Any]
    ordered: bool = True

    @property
    def tensors(self) -> list[Tensor]:
        """The tensors of the state dictionary by name, with shape and kind."""
        return [Tensor(name, _shape(value), _is_whole(value)) for name, value in self.state.items()]

    def blocks(self, name: str) -> Iterator[NDArray[Any]]:
        """The entries, those of sparse and quantized tensors too. Raises ``InputError`` if there are none."""
        import numpy as np

        tensor = self.state[name]
        if tensor.is_meta:
            raise InputError(self.source, 0, 0, f"{name}: has a shape, but no weights")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dense = tensor.detach().cpu()
            dense = dense.dequantize() if dense.is_quantized else dense.to_dense()
            if dense.is_floating_point():
                # In double precision, since numpy has no bfloat16 and no 8-bit floats.
                dense = dense.double()
            yield np.asarray(dense.resolve_conj().resolve_neg().numpy())


def torch_weights(path: str) -> TorchWeights:
    """The state dictionary in a file, by itself or one level down in a checkpoint, where it must be the only one.

    A Lightning checkpoint's is called ``state_dict``. Raises ``UsageError`` if PyTorch is not installed, and ``InputError``
    for anything but a state dictionary.
    """
    data = read_bytes(path)
    try:
        torch: Any = import_module("torch")
    except ImportError:
        raise UsageError(f"reading {path} needs PyTorch; or save the model as .safetensors") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return TorchWeights(path, _state(_loaded(torch, data, path), path))


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
    if not isinstance(loaded, Mapping):
        raise InputError(path, 0, 0, f"holds a {type(loaded).__name__}, not a state dictionary of weights")
    if _has_weights(loaded):
        return _tensors(loaded)
    states = {
        str(key): value for key, value in loaded.items() if isinstance(value, Mapping) and _has_weights(value)
    }
    if "pytorch-lightning_version" in loaded and "state_dict" in states:
        return _tensors(states["state_dict"])
    if len(states) > 1:
        names = ", ".join(states)
        raise InputError(path, 0, 0, f"holds several state dictionaries ({names}); save the one you mean")
    return _tensors(next(iter(states.values()), {}))


def _has_weights(state: Mapping[Any, Any]) -> bool:
    """Whether a dictionary holds a tensor, or a piece of a quantized one, under a name."""
    return any(
        isinstance(name, str) and (_is_tensor(value) or "_packed_params" in name)
        for name, value in state.items()
    )


def _tensors(state: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in state.items()}


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "detach") and hasattr(value, "shape")


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(int(side) for side in value.shape) if _is_tensor(value) else ()


def _is_whole(value: Any) -> bool:
    """Whether a value is no parameter: a whole number, or something that is not a tensor at all."""
    return not _is_tensor(value) or not (
        value.is_floating_point() or value.is_complex() or value.is_quantized
    )
