"""The two-layer networks in a model: consecutive weight matrices whose shapes chain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import final

__all__ = ["LayerPair", "layer_pairs"]

_PRUNED = ("_orig", "_mask")
"""PyTorch saves a pruned weight W as what it was, W_orig, and the mask it is multiplied with, W_mask."""


@final
@dataclass(frozen=True, slots=True)
class LayerPair:
    """The arrays whose nonzero entries are the supports of W₁ (h×n) and W₂ (m×h); ``name`` is ``first>second``."""

    name: str
    first: str
    second: str


def layer_pairs(shapes: Mapping[str, tuple[int, ...]]) -> Iterator[LayerPair]:
    """The pairs among the arrays with these shapes, in the natural order of their names.

    Arrays of other than two dimensions are passed over. The support of a pruned weight is its mask.

    >>> list(layer_pairs({"a.weight": (3, 2), "b.weight_orig": (1, 3), "b.weight_mask": (1, 3)}))
    [LayerPair(name='a>b', first='a.weight', second='b.weight_mask')]
    """
    arrays = {_weight(name, shapes): name for name in shapes if not _masked(name, shapes)}
    matrices = sorted((name for name in arrays if len(shapes[arrays[name]]) == 2), key=_natural)
    for names in pairwise(matrices):
        first, second = (arrays[name] for name in names)
        if shapes[second][1] == shapes[first][0] and 0 not in shapes[first] + shapes[second]:
            yield LayerPair(">".join(name.removesuffix(".weight") for name in names), first, second)


def _masked(name: str, shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether this is what a pruned weight was before, beside its mask."""
    before, mask = _PRUNED
    stem = name.removesuffix(before)
    return stem != name and shapes.get(stem + mask) == shapes[name]


def _weight(name: str, shapes: Mapping[str, tuple[int, ...]]) -> str:
    """The weight an array belongs to."""
    before, mask = _PRUNED
    stem = name.removesuffix(mask)
    return stem if shapes.get(stem + before) == shapes[name] else name


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts ``fc2`` before ``fc10``."""
    parts = re.split(r"([0-9]+)", name)
    return [(len(part.lstrip("0")), part.lstrip("0")) if part.isdigit() else (0, part) for part in parts]
