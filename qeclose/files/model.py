"""A model as its file tells it: chains of linear layers with their supports, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import and_
from typing import TYPE_CHECKING, Any, Protocol, final

from qeclose.errors import InputError
from qeclose.files.arrays import check_matrix
from qeclose.files.layers import Chain, Layer, LayoutError, LeftOut, Plan, Tensor, plan_layers
from qeclose.support.mask import Mask
from qeclose.support.model import Support

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Model", "Network", "Weights", "inside", "model_of", "model_of_plan", "pairs_of"]


class Weights(Protocol):
    """The tensors of a model file, in its order; ``ordered`` if that is the one in which the model defines them."""

    @property
    def source(self) -> str:
        """The file's path, for messages."""
        ...

    @property
    def ordered(self) -> bool:
        """Whether the tensors come in the order in which the model uses them."""
        ...

    @property
    def tensors(self) -> Sequence[Tensor]:
        """The tensors by name, with shape and kind, their entries unread."""
        ...

    def blocks(self, name: str) -> Iterator[NDArray[Any]]:
        """The entries of a tensor as booleans or numbers, some rows at a time. Raises ``InputError``."""
        ...


@final
@dataclass(frozen=True, slots=True)
class Network:
    """Layers that follow one another, W_1 first in ``layers``, W_L first in ``support``.

    ``order`` says how it is known that they do. ``biases``: of each layer, which units have one.
    """

    support: Support
    layers: tuple[str, ...]
    order: str
    biases: tuple[tuple[bool, ...], ...]

    @property
    def pairs(self) -> tuple[Support, ...]:
        """The two-layer networks of two consecutive layers alone, if there are more than two layers."""
        if len(self.layers) == 2:
            return ()
        factors = self.support.factors[::-1]
        return tuple(
            Support.of_factors((last, first), name=">".join(names), source=self.support.source)
            for (first, last), names in zip(pairwise(factors), pairwise(self.layers), strict=True)
        )


@final
@dataclass(frozen=True, slots=True)
class Model:
    """What is known of a model: ``networks`` one by one, and ``whole`` if the only one is all that was asked about."""

    name: str
    source: str
    networks: tuple[Network, ...]
    whole: bool
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...] = ()


def model_of(weights: Weights, name: str, *, layers: Sequence[str] = (), threshold: float = 0.0) -> Model:
    """The networks among ``weights``. Raises ``InputError`` if none is known (``files.layers``)."""
    try:
        plan = plan_layers(weights.tensors, ordered=weights.ordered, layers=layers)
    except LayoutError as error:
        raise InputError(weights.source, 0, 0, str(error)) from None
    return model_of_plan(weights, name, plan, threshold)


def model_of_plan(
    weights: Weights, name: str, plan: Plan, threshold: float = 0.0, notes: tuple[str, ...] = ()
) -> Model:
    """The networks of a plan, read. Raises ``InputError``."""
    networks = tuple(_network(weights, chain, threshold) for chain in plan.chains)
    return Model(name, weights.source, networks, plan.whole, plan.left_out, notes)


def pairs_of(model: Model) -> list[Support]:
    """The two-layer networks of consecutive layers, as masks whose product the factorization is."""
    return [pair for network in model.networks for pair in network.pairs or (network.support,)]


def _network(weights: Weights, chain: Chain, threshold: float) -> Network:
    masks = [_support(weights, layer, threshold) for layer in chain.layers]
    names = tuple(layer.name for layer in chain.layers)
    shown = names if len(names) <= 4 else (names[0], "…", names[-1])
    support = Support.of_factors(reversed(masks), name=">".join(shown), source=weights.source)
    return Network(support, names, chain.order, tuple(_biases(weights, layer) for layer in chain.layers))


def _support(weights: Weights, layer: Layer, threshold: float) -> Mask:
    """A pruned weight is trained where its masks are 1, whatever it is there now, unless a threshold was asked for."""
    found = [_pruning_mask(weights, name) for name in layer.masks]
    if not found or threshold > 0:
        found.append(inside(weights, layer.weight, threshold))
    mask = Mask(
        tuple(reduce(and_, rows) for rows in zip(*(m.rows for m in found), strict=True)), found[0].n_cols
    )
    return mask.transpose() if layer.turned else mask


def _pruning_mask(weights: Weights, name: str) -> Mask:
    for block in weights.blocks(name):
        if not ((block == 0) | (block == 1)).all():
            raise InputError(weights.source, 0, 0, f"{name}: looks like a mask, but is not made of 0 and 1")
    return inside(weights, name, 0.0)


def inside(weights: Weights, name: str, threshold: float = 0.0) -> Mask:
    """Where |w| > ``threshold`` in a matrix. Raises ``InputError`` for whatever is not one, NaN included."""
    (shape,) = (tensor.shape for tensor in weights.tensors if tensor.name == name)
    check_matrix(shape, weights.source, f"{name}: ")
    rows: list[int] = []
    for block in weights.blocks(name):
        if (block != block).any():
            raise InputError(weights.source, 0, 0, f"{name}: holds a weight that is not a number")
        rows.extend(Mask.from_array(_above(block, threshold)).rows)
    return Mask(tuple(rows), shape[1])


def _above(array: NDArray[Any], threshold: float) -> NDArray[np.bool_]:
    """Where |w| > ``threshold``, exactly: for whole numbers that is where |w| > ⌊threshold⌋."""
    import numpy as np

    if threshold == 0:
        return np.asarray(array != 0)
    if array.dtype.kind in "biu":
        whole = int(min(threshold, 2.0**62))
        # Not by abs: the least whole number has none of its own type.
        return np.asarray((array > whole) | (array < -whole))
    # In double precision, into which every type goes exactly; also 1e-3 as the user wrote it.
    wide = array if array.dtype.kind == "c" else array.astype(np.float64)
    return np.asarray(np.abs(wide) > threshold)


def _biases(weights: Weights, layer: Layer) -> tuple[bool, ...]:
    """Which units have a bias that is not pruned."""
    units = [bool(layer.bias)] * layer.shape[0]
    for name in layer.bias_masks:
        kept = [bool(entry) for block in weights.blocks(name) for entry in block.reshape(-1)]
        if len(kept) != len(units):
            raise InputError(weights.source, 0, 0, f"{name}: has {len(kept)} entries for {len(units)} biases")
        units = [a and b for a, b in zip(units, kept, strict=True)]
    return tuple(units)
