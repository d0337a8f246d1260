"""Who takes part in a race, and the verdict that its outcome gives."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from itertools import zip_longest

from qeclose.decide.method import METHOD_NAMES
from qeclose.decide.methods.sentence import PREFERRED
from qeclose.decide.options import Options
from qeclose.decide.racing.race import Contender, Outcome, race
from qeclose.decide.turns import check_in_turn, methods_of
from qeclose.decide.verdict import Verdict
from qeclose.errors import EngineNotFound, UsageError
from qeclose.support.model import Support

__all__ = ["check_by_race", "contenders"]


def check_by_race(support: Support, options: Options) -> Verdict:
    """``strategy.decided`` with its engines and methods side by side.

    Raises ``UsageError`` if there is nobody to take part.
    """
    start = time.monotonic()
    try:
        taking_part = contenders(support, options)
    except EngineNotFound as error:
        told = str(error)
        return Verdict(support, "undecided", options.method, time.monotonic() - start, told, failures=(told,))
    outcome = race(taking_part, options.timeout - (time.monotonic() - start), options.memory_mb)
    return replace(_verdict(support, options.method, outcome), seconds=time.monotonic() - start)


def contenders(support: Support, options: Options) -> list[Contender]:
    """Every engine (those named, or all that are found) with every method it has the means for.

    The sentence takes part in every encoding that suits the engine. The method certify is left out if
    engines are named, as in a check without a race.
    """
    from qeclose.engine.registry import find_engine, installed_engines

    names, paths = options.named, options.binaries
    found = [find_engine(name, paths) for name in names] if names else installed_engines(paths)
    if options.presolve is None and options.method == "auto":
        options = replace(options, presolve=True)
    taking_part = []
    for name in METHOD_NAMES:
        if name == "auto" or options.method not in ("auto", name):
            continue
        if name == "certify" and options.presolve is False:
            continue
        encoding = options.encoding if name == "sentence" else None
        alone = replace(options, method=name, encoding=encoding, engines=())
        (one,) = methods_of(alone)
        if not one.abilities:
            if not names or options.method == name:
                taking_part.append(_contender(name, support, alone))
            continue
        lists = [
            _by_encoding(f"{engine.name}, {name}", support, replace(alone, engines=(engine.name,)))
            for engine in found
            if one.abilities & engine.abilities
        ]
        # Every engine's first encoding before anybody's second.
        taking_part += [c for row in zip_longest(*lists) for c in row if c is not None]
    if not taking_part:
        raise UsageError(f"nobody is found who could take part in a race by the method {options.method}")
    return taking_part


def _contender(name: str, support: Support, options: Options) -> Contender:
    return Contender(name, partial(_within, support, options))


def _within(support: Support, options: Options, *, timeout: float) -> Verdict:
    return check_in_turn(support, replace(options, timeout=timeout))


def _by_encoding(name: str, support: Support, options: Options) -> list[Contender]:
    """For the sentence, one contender an encoding, those that suit the engine."""
    (engine,) = options.engines
    if options.method != "sentence" or options.encoding is not None or engine not in PREFERRED:
        return [_contender(name, support, options)]
    return [
        _contender(f"{name}, {encoding}", support, replace(options, encoding=encoding))
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
