"""Permutations of a support's rows, columns and terms, and what they do to masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from qeclose.support.bits import bits
from qeclose.support.mask import Mask
from qeclose.support.model import Support

__all__ = ["Relabelling"]


@final
@dataclass(frozen=True, slots=True)
class Relabelling:
    """New numbers for the L + 1 layers of a support: rows of A, inner indices, columns of A.

    Vertex i of layer l becomes vertex ``layers[l][i]`` of the new layer l or, if ``reversed``, of the new layer
    L - l: the factors then change their order and are transposed.
    """

    layers: tuple[tuple[int, ...], ...]
    reversed: bool = False

    @classmethod
    def identity(cls, widths: Sequence[int]) -> Relabelling:
        """The relabelling that leaves every layer, of these widths, as it is."""
        return cls(tuple(tuple(range(width)) for width in widths))

    def inverse(self) -> Relabelling:
        """The relabelling that undoes this one."""
        inverted = [tuple(sorted(range(len(layer)), key=layer.__getitem__)) for layer in self.layers]
        return Relabelling(tuple(inverted[::-1] if self.reversed else inverted), self.reversed)

    def support(self, support: Support) -> Support:
        """The relabelled support; its name and source stay."""
        factors = [
            _permuted(factor, self.layers[level], self.layers[level + 1])
            for level, factor in enumerate(support.factors)
        ]
        if self.reversed:
            factors = [factor.transpose() for factor in reversed(factors)]
        return Support.of_factors(
            factors, missing=self.missing(support.missing), name=support.name, source=support.source
        )

    def missing(self, mask: Mask | None) -> Mask | None:
        """The entries of A that are not observed, where they go."""
        if mask is None:
            return None
        moved = _permuted(mask, self.layers[0], self.layers[-1])
        return moved.transpose() if self.reversed else moved


def _permuted(mask: Mask, rows: Sequence[int], columns: Sequence[int]) -> Mask:
    moved = [0] * len(rows)
    for i, row in zip(rows, mask.rows, strict=True):
        bitset = 0
        for j in bits(row):
            bitset |= 1 << columns[j]
        moved[i] = bitset
    return Mask(tuple(moved), mask.n_cols)
