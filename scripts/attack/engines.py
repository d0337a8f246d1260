"""A mask put to the engines at hand by the methods that know no certificates."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

from attack.tally import Tally

__all__ = ["ask_engines"]

_SECONDS = 3.0


def ask_engines(
    tally: Tally, rng: random.Random, decide: Callable[..., str], mask: str, *, told: str = ""
) -> None:
    """Let ``decide`` ask an engine, drawn for each method, and compare with what it says without any.

    ``mask`` is the mask as text, ``told`` begins what a disagreement says.
    """
    from qeclose.errors import UsageError

    expected = decide()
    if expected == "undecided":
        tally.add("undecided")
        return
    for method in ("staged", "sentence", "existential"):
        engine = rng.choice(_engines())
        presolve = rng.random() < 0.5
        try:
            found = decide(method=method, engines=(engine,), presolve=presolve, seconds=_SECONDS)
        except UsageError:
            continue
        tally.add("engine_questions")
        if found == "undecided":
            tally.add("engine_undecided")
            continue
        tally.add("comparisons")
        if found != expected:
            tally.disagree(
                f"{told}{method} by {engine}", expected=expected, found=found, mask=mask, presolve=presolve
            )


@cache
def _engines() -> tuple[str, ...]:
    from qeclose.engine.registry import installed_engines

    return tuple(engine.name for engine in installed_engines())
