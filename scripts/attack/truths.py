"""Verdicts held against frontier points that were found without qeclose (``attack.truth``)."""

from __future__ import annotations

import random

from attack.masks import decided, random_pair, text
from attack.tally import Tally
from attack.truth import frontier_point

__all__ = ["trial"]


def trial(number: int, rng: random.Random, tally: Tally) -> None:
    """Look for a frontier point of one mask: most ill-posed masks have to show one, no well-posed mask may.

    ``truth_found`` of ``truth_sought`` is the power of this part: below nine of ten it is too weak to say anything.
    """
    del number
    pair = random_pair(rng)
    tally.add("masks")
    verdict = decided(pair)
    if verdict == "undecided":
        tally.add("undecided")
        return
    tally.add("comparisons")
    ill_posed = verdict == "ill-posed"
    found = frontier_point(*pair, rng, curves=250 if ill_posed else 40)
    if ill_posed:
        tally.add("truth_sought")
        tally.add("truth_found", int(found is not None))
    elif found is not None:
        matrix = [[str(entry) for entry in row] for row in found.matrix]
        tally.disagree(
            "a frontier point", expected=verdict, found="ill-posed", mask=text(pair), matrix=matrix
        )
