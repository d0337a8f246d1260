"""The number of effort of presolve, whose rules are otherwise applied until none applies.

As in ``certify.effort`` it is no part of a theorem, and says first what it counts. ``docs/effort.md`` lists it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

__all__ = ["ABSORPTIONS"]


@final
@dataclass(frozen=True, slots=True)
class Absorptions:
    """Rule R4b (``absorption.py``)."""

    subsets_up_to: int = 5
    """Terms up to which every subset of them is tried. Of more, families inside one term's rectangle and the whole are, which
    are as many as terms."""


ABSORPTIONS: Final = Absorptions()
