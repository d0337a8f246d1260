"""Who takes part in a race, and the verdict that its outcome gives."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

from qeclose.decide.method import METHOD_NAMES
from qeclose.decide.methods.sentence import PREFERRED
from qeclose.decide.race import Contender, Outcome, race
from qeclose.decide.turns import check_in_turn, methods_called
from qeclose.decide.verdict import Verdict
from qeclose.errors import EngineNotFound, UsageError
from qeclose.support.model import Support

__all__ = ["check_by_race", "contenders"]


def check_by_race(
    support: Support,
    method: str,
    engines: Sequence[str],
    *,
    timeout: float,
    memory_mb: int,
    paths: Mapping[str, Path],
    presolve: bool | None,
    seed: int,
    table: bool,
    encoding: str | None = None,
) -> Verdict:
    """``check`` with its engines and methods side by side. Raises ``UsageError`` if there is nobody to take part."""
    start = time.monotonic()
    options: dict[str, Any] = {"memory_mb": memory_mb, "paths": paths, "seed": seed, "table": table}
    options["encoding"] = encoding
    try:
        taking_part = contenders(support, method, engines, presolve, options)
    except EngineNotFound as error:
        return Verdict(
            support, "undecided", method, time.monotonic() - start, str(error), failures=(str(error),)
        )
    outcome = race(taking_part, timeout - (time.monotonic() - start), memory_mb)
    return replace(_verdict(support, method, outcome), seconds=time.monotonic() - start)


def contenders(
    support: Support,
    method: str,
    engines: Sequence[str],
    presolve: bool | None,
    options: Mapping[str, Any],
) -> list[Contender]:
    """Every engine (those named, or all that are found) with every method it has the means for.

    The sentence takes part in every encoding that suits the engine. The method certify is left out if
    engines are named, as in a check without a race.
    """
    from qeclose.engine.registry import find_engine, installed_engines

    names = [name for name in dict.fromkeys(engines) if name != "auto"]
    paths = options["paths"]
    found = [find_engine(name, paths) for name in names] if names else installed_engines(paths)
    if presolve is None:
        presolve = True if method == "auto" else None
    wanted = [name for name in METHOD_NAMES if name != "auto" and method in ("auto", name)]
    taking_part = []
    for name in wanted:
        if name == "certify" and presolve is False:
            continue
        (one,) = methods_called(name, presolve=presolve)
        work = partial(check_in_turn, support, method=name, presolve=presolve, **options)
        if not one.abilities:
            if not names or method == name:
                taking_part.append(Contender(name, work))
            continue
        lists = [
            _by_encoding(
                Contender(f"{e.name}, {name}", partial(work, engines=(e.name,))), e.name, name, options
            )
            for e in found
            if one.abilities & e.abilities
        ]
        # Every engine's first encoding before anybody's second.
        taking_part += [c for row in zip_longest(*lists) for c in row if c is not None]
    if not taking_part:
        raise UsageError(f"nobody is found who could take part in a race by the method {method}")
    return taking_part


def _by_encoding(
    contender: Contender, engine: str, method: str, options: Mapping[str, Any]
) -> list[Contender]:
    """For the sentence, one contender an encoding, those that suit the engine."""
    if method != "sentence" or options["encoding"] is not None or engine not in PREFERRED:
        return [contender]
    return [
        Contender(f"{contender.name}, {encoding}", partial(contender.check, encoding=encoding))
        for encoding in PREFERRED[engine]
    ]


def _verdict(support: Support, method: str, outcome: Outcome) -> Verdict:
    found = outcome.verdicts
    if outcome.kind == "nothing":
        why = "; ".join(outcome.others) or "time ran out before anybody had an answer"
        return Verdict(support, "undecided", method, 0.0, why)
    runs = tuple(run for verdict in found for run in verdict.engines)
    if outcome.kind == "contradiction":
        said = "; ".join(f"{_who(verdict)}: {verdict.verdict}" for verdict in found)
        problem = f"the contenders contradict each other ({said})"
        return Verdict(support, "undecided", method, 0.0, problem, engines=runs, failures=(problem,))
    if outcome.kind == "certified":
        return found[0]
    if outcome.kind == "alone":
        alone = f"{found[0].why}; nobody else had an answer by then, so this rests on {_who(found[0])} alone"
        return replace(found[0], why=alone)
    reasons = "; ".join(dict.fromkeys(str(verdict.why) for verdict in found))
    methods = " and ".join(dict.fromkeys(verdict.method for verdict in found))
    return replace(found[0], why=reasons, method=methods, engines=runs)


def _who(verdict: Verdict) -> str:
    return " and ".join(dict.fromkeys(run.engine for run in verdict.engines)) or "linear algebra"
