"""The numbers of effort of deciding: which share of the time a method gets, how long an engine runs, what is not begun.

As in ``certify.effort`` none of them is part of a theorem, and each says first what it counts. ``docs/effort.md`` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

__all__ = ["ALGORITHM", "DESCRIPTIONS", "EXISTENTIAL", "PANEL", "RACE", "SEARCH"]


@final
@dataclass(frozen=True, slots=True)
class Search:
    """The search for certificates among the methods (``methods/certified.py``)."""

    beside_engines: float = 0.6
    """Share of the time the search may take when there are engines to be asked afterwards. They get the rest."""
    alone: float = 0.9
    """Share of the time without engines. What is left is for checking the certificate."""


SEARCH: Final = Search()


@final
@dataclass(frozen=True, slots=True)
class Panel:
    """How long each engine is asked (``panel.py``). Several engines take turns in slices of time that grow."""

    shortest_run: float = 0.05
    """Seconds below which an engine is not started. Starting it would take longer."""
    first_slice: float = 2.0
    """Seconds of the first turn of each engine. Most questions that can be answered are in these."""
    slice_growth: float = 4.0
    """Factor from one turn to the next. All turns before the last together cost a third of it."""
    patience: float = 3.0
    """Next turns that must fit into the time left for another round to begin. Less would not be a turn for everybody."""


PANEL: Final = Panel()


@final
@dataclass(frozen=True, slots=True)
class Race:
    """Engines and encodings side by side, a core each (``racing/race.py``)."""

    first_slice: float = 2.0
    """Seconds of the first turn of each contender, if there are more than cores. As for the panel."""
    slice_growth: float = 4.0
    """Factor from one turn to the next. As for the panel."""
    least_patience: float = 2.0
    """Seconds that the others are waited for, at least, after the first answer that is not certified: else as long again as it
    took. A second answer confirms the first or contradicts it."""
    shortest: float = 0.1
    """Seconds below which no contender is started. Starting it would take longer."""


RACE: Final = Race()


@final
@dataclass(frozen=True, slots=True)
class Existential:
    """Questions without quantifier alternation (``methods/existential.py``)."""

    sub_masks: int = 12
    """Sub-masks that are looked at in the first round. Small ones first."""
    tries: int = 6
    """Random curves for each of them in the first round. What curves find is cheaper than what engines find."""
    candidates: int = 3
    """Matrices for each that are put to engines in the first round. A question costs seconds."""
    growth: int = 3
    """Factor of these three numbers from one round to the next. The rounds before the last together cost half of it."""
    rounds: int = 4
    """Rounds with random curves, though nothing was cut short. What the first few miss, more may find."""
    patience: float = 3.0
    """Turns of an engine that looking for curves by engines may take in a round. There are other questions."""
    largest: int = 400
    """Positions of a mask up to which it is looked at as a whole. A larger one is looked at in parts only."""


EXISTENTIAL: Final = Existential()


@final
@dataclass(frozen=True, slots=True)
class Descriptions:
    """Descriptions of E without quantifiers (``linear_description.py``, ``methods/staged.py``)."""

    linear_steps: int = 100_000
    """Steps of elimination by linear algebra. What needs more is left to engines."""
    simplifying_steps: int = 30_000
    """Steps of simplifying a description. A description that is not simplified is as true, and longer."""
    linear_share: float = 0.4
    """Share of the time for each of the two parts, elimination and simplification. A fifth is left for what comes after."""
    simplifying_share: float = 0.25
    """Share of the time left for simplifying what an engine has described. The rest is for asking about it."""
    samples: int = 200
    """Random products that are put into a description. One at which it is false shows that the engine was wrong."""
    sample_values: tuple[int, ...] = (-2, -1, 0, 0, 1, 2)
    """Entries of the factors of those products. Zeros twice as often: there descriptions have their cases."""


DESCRIPTIONS: Final = Descriptions()


@final
@dataclass(frozen=True, slots=True)
class Algorithm:
    """Whether the bad matrices have measure zero, and what finds the optimum (``algorithm.py``)."""

    largest_block: int = 64
    """Positions of a block up to which its generic solution is looked for. The polynomials of larger ones are long."""
    patience: int = 20
    """Random draws of a generic solution, after those by plans. One is enough."""
    plans: int = 400
    """Plans that are tested modulo a prime. As in ``certify``."""
    kept: int = 3
    """Plans of which polynomials are made. As in ``certify``."""
    seconds: float = 2.0
    """Seconds for all of it. It is a remark beside the verdict, which must not wait."""
    share: float = 0.5
    """Share of the time left that it may take. The verdict is there already, and is to be told in time."""


ALGORITHM: Final = Algorithm()
