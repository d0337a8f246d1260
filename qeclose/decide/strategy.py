"""``check``: one question, by theorems alone, by methods in turn or by a race, under one deadline."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from qeclose.decide.algorithm import algorithm, is_thin
from qeclose.decide.constrained import check_constrained
from qeclose.decide.effort import ALGORITHM
from qeclose.decide.method import DEFAULT_MEMORY_MB, DEFAULT_TIMEOUT, METHOD_NAMES
from qeclose.decide.options import Options
from qeclose.decide.panel import Deadline, Watch
from qeclose.decide.racing.contenders import check_by_race
from qeclose.decide.turns import check_in_turn
from qeclose.errors import UsageError
from qeclose.supervise.clock import time_limit
from qeclose.supervise.phases import phase
from qeclose.support.bounded import BoundedSupport

if TYPE_CHECKING:
    from qeclose.decide.verdict import Verdict
    from qeclose.support.model import Support

__all__ = ["DEFAULT_MEMORY_MB", "DEFAULT_TIMEOUT", "METHOD_NAMES", "check", "decided"]

_log = logging.getLogger(__name__)


def check(
    support: Support | BoundedSupport,
    *,
    method: str = "auto",
    presolve: bool | None = None,
    engines: Sequence[str] = (),
    timeout: float = DEFAULT_TIMEOUT,
    memory_mb: int = DEFAULT_MEMORY_MB,
    seed: int = 0,
    table: bool = True,
    encoding: str | None = None,
    race: bool = False,
    paths: Mapping[str, Path] | None = None,
    watch: Watch | None = None,
) -> Verdict:
    """Decide whether E(support) is closed; with bounds, whether the union over all supports that keep them is.

    Bounds are settled by theorems alone: an engine or a method that asks one is a ``UsageError``.

    ``engines`` empty or ("auto",) means every installed engine, asked in turn in growing slices of time; the
    first answer counts. Otherwise each engine named decides on its own, all at the same time, and all must
    agree, by its own work: the method "certify" needs no engine and is then left out of "auto". ``presolve`` None
    means: in front of "auto" only. ``timeout`` is wall-clock seconds for the whole check, ``memory_mb`` bounds
    each engine process, ``paths`` forces binaries, ``seed`` fixes every random choice.
    ``encoding`` is the one way in which the sentence is put (``formula.encodings``), None those that suit each engine.
    ``table`` False leaves the classification of small masks (docs/classification.md) unused; it only saves time.
    ``race`` puts engines and methods side by side on the cores there are, each in a process of its own; the first
    answer with a certificate, or that two engines agree on, ends it (``decide.racing``).

    Limits give the verdict "undecided"; engines that fail or disagree are named in ``Verdict.failures``.
    Raises ``UsageError`` on an unknown method or engine, and for a method that an engine has no means for.
    """
    options = Options(
        method,
        presolve,
        tuple(engines),
        timeout,
        memory_mb,
        seed,
        Options.pairs(paths),
        table,
        encoding,
        race,
    )
    return decided(support, options, watch=watch)


def decided(support: Support | BoundedSupport, options: Options, *, watch: Watch | None = None) -> Verdict:
    """``check`` with its options as one value."""
    if options.method not in METHOD_NAMES:
        raise UsageError(f"unknown method {options.method!r}; there are {', '.join(METHOD_NAMES)}")
    if not 0 < options.timeout < inf or options.memory_mb <= 0:
        raise UsageError("the timeout and the memory limit must be positive and finite")
    if isinstance(support, BoundedSupport):
        if options.named or options.method in ("staged", "existential", "sentence"):
            raise UsageError("bounds are settled by theorems alone, without --engine or another --method")
        return check_constrained(support, timeout=options.timeout, seed=options.seed, table=options.table)
    deadline = Deadline(options.timeout)
    found = check_by_race(support, options) if options.race else check_in_turn(support, options, watch=watch)
    verdict = replace(_described(found, deadline), seconds=deadline.elapsed())
    _log.info("%r: %s by %s in %.2f s", support, verdict.verdict, verdict.method, verdict.seconds)
    return verdict


def _described(verdict: Verdict, deadline: Deadline) -> Verdict:
    """The verdict with what else is known of the mask, as far as time allows."""
    with phase("looking for an algorithm"), time_limit(time.monotonic() + ALGORITHM.share * deadline.left()):
        match verdict.verdict:
            case "well-posed":
                return replace(verdict, algorithm=algorithm(verdict.support))
            case "ill-posed":
                return replace(verdict, thin=is_thin(verdict.support))
            case _:
                return verdict
