"""The numbers of effort of repairs: how long a mask is looked at, and which share of the time a search gets.

As in ``certify.effort`` none of them is part of a theorem, and each says first what it counts. ``docs/effort.md`` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final, final

__all__ = ["ORACLE", "REPAIRING"]


@final
@dataclass(frozen=True, slots=True)
class Oracle:
    """What is decided of masks and sub-masks on the way (``oracle.py``)."""

    quick: float = 0.25
    """Seconds for a sub-mask whose verdict would be of use, but is not needed. There are many of them."""
    shrinkable: int = 24
    """Lines up to which an obstruction is made smaller. A larger one is taken as it is found, for each line costs a decision."""
    all_squares: int = 4000
    """2×2 sub-masks up to which all are looked at before anything else is tried. Most ill-posed masks have an ill-posed one."""


ORACLE: Final = Oracle()


@final
@dataclass(frozen=True, slots=True)
class Repairing:
    """The order of things (``repairing.py``)."""

    patience: tuple[float, ...] = (0.3, 2.0, 16.0, inf)
    """Seconds for a single mask, pass by pass. The next pass comes only if masks left undecided were in the way."""
    first_share: float = 0.25
    """Share of the time that the mask itself may take. Without an obstruction in it there is nothing to go by."""
    keeping_share: float = 0.7
    """Share of the time for repairs that keep all of A reachable. The others come after, if they may be smaller."""
    greedy_patience: float = 0.15
    """Seconds for a single mask while repairs are looked for that need not be the smallest. Any will do as a bound."""
    greedy_share: float = 0.4
    """Share of the time for those. The rest is for the exact search."""


REPAIRING: Final = Repairing()
