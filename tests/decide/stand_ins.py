"""Engines that answer from a script, to test the strategy without processes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qeclose.engine.protocol import Ability, Limits, Outcome, Run
from qeclose.errors import OutOfTime
from qeclose.formula.language import Formula


@dataclass
class ScriptedEngine:
    """Answers each kind of question with a value, by raising an error, or after a delay; counts what it is asked."""

    name: str
    answers: dict[Ability, Any]
    needs_seconds: float = 0.0
    asked: list[tuple[Ability, Formula, Limits]] = field(default_factory=list)
    path: Path = Path("/nowhere")

    @property
    def abilities(self) -> frozenset[Ability]:
        return frozenset(self.answers)

    def version(self) -> str:
        return "1.0"

    def decide(self, sentence: Formula, limits: Limits) -> Outcome[bool]:
        return self._answer(Ability.DECIDE, sentence, limits)

    def eliminate(self, formula: Formula, limits: Limits) -> Outcome[Formula]:
        return self._answer(Ability.ELIMINATE, formula, limits)

    def satisfy(self, system: Formula, limits: Limits) -> Outcome[Any]:
        return self._answer(Ability.SATISFY, system, limits)

    def _answer(self, ability: Ability, formula: Formula, limits: Limits) -> Outcome[Any]:
        self.asked.append((ability, formula, limits))
        if limits.seconds < self.needs_seconds:
            time.sleep(limits.seconds)
            raise OutOfTime(self.name, f"stopped after {limits.seconds} s")
        time.sleep(self.needs_seconds)
        answer = self.answers[ability]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = answer(formula)
        return Outcome(answer, Run(self.name, "1.0", self.needs_seconds, 1.0, str(answer)))
