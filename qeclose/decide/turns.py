"""Methods and engines in turn: an ordered list of methods, tried round after round under one deadline."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

from qeclose.decide.method import Question
from qeclose.decide.methods.certified import Certify
from qeclose.decide.methods.existential import Existential
from qeclose.decide.methods.presolved import Presolved
from qeclose.decide.methods.sentence import Sentence
from qeclose.decide.methods.staged import Staged
from qeclose.decide.panel import Deadline, Panel, Watch
from qeclose.decide.verdict import Verdict
from qeclose.errors import EngineNotFound, UsageError
from qeclose.supervise.clock import OutOfTime, time_limit
from qeclose.supervise.phases import phase

if TYPE_CHECKING:
    from qeclose.decide.method import Finding, Method
    from qeclose.decide.options import Options
    from qeclose.engine.protocol import Engine
    from qeclose.support.model import Support

__all__ = ["check_in_turn", "methods_of"]

_WORK = {
    "certify": "searching for a proof",
    "existential": "looking for limits and normal forms to ask about",
    "staged": "working on the description of E",
    "sentence": "writing down the sentence",
}


def methods_of(options: Options) -> list[Method]:
    """The methods that these options ask for: those of that name, or for "auto" all in the order in which they are tried.

    Unless told otherwise, presolve comes before the engines in "auto" only: "sentence" is the published algorithm as it is.
    Raises ``UsageError`` for options that contradict each other.
    """
    name, presolve, encoding = options.method, options.presolve, options.encoding
    if name == "certify" and presolve is False:
        raise UsageError("the method certify consists of presolve and what follows it")
    if encoding is not None and name not in ("sentence", "auto"):
        raise UsageError(f"an encoding is of the sentence; the method {name} does not ask for it")
    asking: list[Method] = [Staged(options.seed), Sentence(encoding)]
    reduced = presolve is True or (presolve is None and name == "auto")
    if reduced:
        asking = [Presolved(method) for method in asking]
    asking.insert(0, Existential(options.seed, presolve=reduced))
    certify = Certify(options.seed, table=options.table)
    methods: list[Method] = asking if presolve is False else [certify, *asking]
    return methods if name == "auto" else [method for method in methods if method.name == name]


def check_in_turn(support: Support, options: Options, *, watch: Watch | None = None) -> Verdict:
    """``strategy.decided`` for a support, by the methods one after the other, in this process.

    With engines named, each decides on its own, all at the same time, and all must agree.
    """
    deadline = Deadline(options.timeout)
    task = _Task(support, options, methods_of(options), deadline, watch)
    with time_limit(time.monotonic() + options.timeout):
        verdict = _unanimous(task) if options.named else _first_answer(task)
    return replace(verdict, method=verdict.method or options.method, seconds=task.deadline.elapsed())


@final
@dataclass(frozen=True, slots=True)
class _Task:
    """One check, its clock started."""

    support: Support
    options: Options
    methods: Sequence[Method]
    deadline: Deadline
    watch: Watch | None

    def panel(self, engines: Sequence[Engine]) -> Panel:
        return Panel(engines, self.deadline, self.options.memory_mb, self.watch)

    def undecided(self, reason: str, **details: Any) -> Verdict:
        return Verdict(self.support, "undecided", "", 0.0, reason, **details)


def _first_answer(task: _Task) -> Verdict:
    from qeclose.engine.registry import installed_engines

    asking = any(method.abilities for method in task.methods)
    with phase("looking for engines"):
        engines = installed_engines(task.options.binaries) if asking else []
    panel = task.panel(engines)
    if asking and not engines:
        panel.failures.append("no engine is installed; qeclose engines lists where they are looked for")
    return _run_methods(task, task.methods, panel)


def _run_methods(task: _Task, methods: Sequence[Method], panel: Panel) -> Verdict:
    """Try the methods in order, round after round with growing slices, until one finds an answer."""
    alone = len(methods) == len(panel.engines) == 1 and methods[0].one_question
    try:
        for _ in panel.rounds(alone=alone):
            for method in methods:
                with phase(_WORK.get(method.name, f"working by the method {method.name}")):
                    finding = method.run(Question(task.support), panel)
                if finding is not None:
                    return _decided(task, method, finding, panel)
    except OutOfTime as error:
        # Nobody nearer knew what to make of it; what was found out until then is told all the same.
        panel.note_limit(f"time ran out while {error.phase or 'deciding'}")
    return _nothing_found(task, panel)


def _decided(task: _Task, method: Method, finding: Finding, panel: Panel) -> Verdict:
    return Verdict(
        task.support,
        "well-posed" if finding.closed else "ill-posed",
        method.name,
        0.0,
        finding.reason,
        engines=finding.runs,
        presolve=finding.steps,
        witness=finding.witness,
        certificate=finding.certificate,
        warnings=tuple(panel.failures),
    )


def _nothing_found(task: _Task, panel: Panel) -> Verdict:
    late = task.deadline.left() <= 0 or panel.cut_short
    nothing = "time ran out before any method had an answer" if late else "no method applies"
    why = "; ".join(panel.failures + panel.limits) or nothing
    if panel.only_failed:
        return task.undecided(why, engines=panel.summary(), failures=tuple(panel.failures))
    # An engine that failed on one question is no failure of the check while others merely ran out of time.
    return task.undecided(why, engines=panel.summary(), warnings=tuple(panel.failures))


def _unanimous(task: _Task) -> Verdict:
    from qeclose.engine.process import kill_all

    names = task.options.named
    if len(names) == 1:
        return _by_one_engine(task, names[0])
    # One thread an engine, even beyond the number of cores: a queue would starve those at its end.
    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        try:
            # Each thread with the limits of this one, and a copy, for a context is of one thread at a time.
            contexts = [copy_context() for _ in names]
            verdicts = list(pool.map(lambda c, name: c.run(_by_one_engine, task, name), contexts, names))
        except BaseException:
            # Ctrl-C reaches this thread only; the others must not wait for their engines, or start new ones.
            task.deadline.expire()
            kill_all()
            raise
    return _agreement(task, names, verdicts)


def _by_one_engine(task: _Task, name: str) -> Verdict:
    from qeclose.engine.registry import find_engine

    try:
        engine = find_engine(name, task.options.binaries)
    except EngineNotFound as error:
        return task.undecided(str(error), failures=(str(error),))
    able = [method for method in task.methods if method.abilities & engine.abilities]
    if not able:
        wanted = " and ".join(method.name for method in task.methods)
        raise UsageError(f"{name} can do nothing for the method {wanted}")
    panel = task.panel((engine,))
    verdict = _run_methods(task, able, panel)
    if verdict.verdict == "undecided" and panel.failures:
        # Asked for by name, the engine has no substitute: its failure is the check's.
        return replace(verdict, failures=tuple(panel.failures), warnings=())
    return verdict


def _agreement(task: _Task, names: tuple[str, ...], verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict all engines gave; "undecided" if one gave none; a failure if two contradict each other."""
    said = "; ".join(f"{name}: {v.verdict}" for name, v in zip(names, verdicts, strict=True))
    runs = tuple(run for verdict in verdicts for run in verdict.engines)
    warnings = _distinct(line for verdict in verdicts for line in verdict.warnings)
    failures = _distinct(line for verdict in verdicts for line in verdict.failures)
    answers = {verdict.verdict for verdict in verdicts}
    if answers in ({"well-posed"}, {"ill-posed"}):
        methods = " and ".join(_distinct(verdict.method for verdict in verdicts))
        reasons = "; ".join(_distinct(str(verdict.why) for verdict in verdicts))
        return replace(verdicts[0], method=methods, why=reasons, engines=runs, warnings=warnings)
    if {"well-posed", "ill-posed"} <= answers:
        failures = (f"the engines disagree ({said})", *failures)
    why = _distinct(str(verdict.why) for verdict in verdicts if verdict.verdict == "undecided")
    reason = "; ".join((f"not all engines gave the same answer ({said})", *why))
    return task.undecided(reason, engines=runs, warnings=warnings, failures=failures)


def _distinct(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))
