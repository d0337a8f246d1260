"""The numbers of effort of networks: what formulas are built, how a description is tried, which share of the time a part gets.

As in ``certify.effort`` none of them is part of a theorem, and each says first what it counts. ``docs/effort.md`` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

__all__ = ["IMAGES", "RELU"]


@final
@dataclass(frozen=True, slots=True)
class Images:
    """The outputs of a network on given inputs, as formulas (``image.py``, ``deciding.py``)."""

    variables: int = 400
    """Variables up to which the formula is written. Eliminating from a tenth of that is hopeless; the formula is for others."""
    units: int = 10
    """Pairs of a hidden unit and an input up to which activation patterns are listed. There are 2¹⁰ patterns then."""
    samples: int = 100
    """Random weights whose outputs are put into a description. One at which it is false shows that an engine was wrong."""


IMAGES: Final = Images()


@final
@dataclass(frozen=True, slots=True)
class Relu:
    """What is said of a whole network and of its pairs of layers (``relu.py``)."""

    whole_share: float = 0.5
    """Share of the time for the network as a whole, if it has more than two layers. The pairs share the rest."""


RELU: Final = Relu()
