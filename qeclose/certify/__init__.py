"""The search for certificates: proofs that E is closed, and points of its frontier (theory.md#limits, theory.md#normal-form)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qeclose.certify.pairs.decide import Certified, Left, Obstruction, certify

__all__ = ["Certified", "Left", "Obstruction", "certify"]


def __getattr__(name: str) -> object:
    # On first use: some want one module of this room only, and not the whole search.
    if name not in __all__:
        raise AttributeError(f"module 'qeclose.certify' has no attribute {name!r}")
    from qeclose.certify.pairs import decide

    return getattr(decide, name)
