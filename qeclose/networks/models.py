"""The model in a file of any kind that ``qeclose relu`` reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from qeclose.errors import UsageError
from qeclose.files.arrays import is_sparse, npy_tensor, npz_arrays
from qeclose.files.layers import Tensor
from qeclose.files.model import Model, Weights, model_of
from qeclose.files.opening import read_bytes, without_gz
from qeclose.files.read import read_supports
from qeclose.files.safetensors import holds_masks, open_weights
from qeclose.support import Support

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ArrayWeights", "read_networks"]

_TORCH = (".pt", ".pth", ".bin", ".ckpt", ".tar")


def read_networks(path: str, *, layers: Sequence[str] = (), threshold: float = 0.0) -> list[Support] | Model:
    """The networks of a mask file as ``files.read`` reads it, W_L first, or the model of another file.

    Models are ``.safetensors`` and ``.npz`` files none of whose arrays is called I, J, …, and state dictionaries that PyTorch
    saved (``.pt``, ``.pth``, ``.bin``, ``.ckpt``, ``.pth.tar``), read with ``weights_only``, so that nothing in them is executed.
    Raises ``InputError``; ``UsageError`` if the package that reads the kind is not installed, or for ``layers`` or a
    ``threshold`` with a mask file.
    """
    weights = _weights(path, labelled=bool(layers))
    if weights is not None:
        return model_of(weights, Path(without_gz(path)).stem, layers=layers, threshold=threshold)
    if layers or threshold:
        option = "--layers" if layers else "--threshold"
        raise UsageError(f"{option} is for files of weights; {path} holds masks")
    return read_supports(path)


def _weights(path: str, *, labelled: bool) -> Weights | None:
    """The tensors of a model file, None if it is a file of masks; with ``labelled`` tensors I and J are layers too."""
    match Path(without_gz(path)).suffix.lower():
        case ending if ending in _TORCH:
            from qeclose.networks.torch_weights import torch_weights

            return torch_weights(path)
        case ".safetensors":
            found: Weights = open_weights(path)
        case ".npz":
            data = read_bytes(path)
            members = {} if is_sparse(data) else dict(npz_arrays(data, path))
            if not members or (holds_masks(members) and not labelled):
                return None
            arrays = ((key, npy_tensor(content, path, member=key)) for key, content in members.items())
            found = ArrayWeights(path, {key: array for key, array in arrays if array is not None})
        case _:
            return None
    masks = holds_masks(tensor.name for tensor in found.tensors)
    return None if masks and not labelled else found


@final
@dataclass(frozen=True)
class ArrayWeights:
    """Arrays in memory. ``numpy.savez`` keeps the order it was given, which need not be that of a model."""

    source: str
    arrays: Mapping[str, NDArray[Any]]
    ordered: bool = False

    @property
    def tensors(self) -> list[Tensor]:
        """The arrays by name, with shape and kind."""
        return [Tensor(name, array.shape, array.dtype.kind in "iu") for name, array in self.arrays.items()]

    def blocks(self, name: str) -> Iterator[NDArray[Any]]:
        """The array of that name, in one piece."""
        yield self.arrays[name]
