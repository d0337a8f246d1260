"""What engines say of one matrix: whether it has factors, and whether descriptions of E and of its closure hold for it.

The first is a question without quantifier alternation, for every engine; the descriptions are eliminated by those that can,
and evaluated exactly. Of missing entries no question speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from qeclose.decide.description import describe
from qeclose.decide.panel import Deadline, Panel
from qeclose.decide.verdict import run_json
from qeclose.errors import EngineNotFound
from qeclose.location.matrix import Matrix

if TYPE_CHECKING:
    from qeclose.decide.panel import Watch
    from qeclose.engine.protocol import Run
    from qeclose.formula.builders import SetName
    from qeclose.support import Support

__all__ = ["EngineWord", "ask_engines", "contradiction"]

_FIRST_SHARE = 0.4
"""Of an engine's time, for the existential question, if it can describe sets as well."""
_TELLING = {True: "true", False: "false", None: "unknown"}


@final
@dataclass(slots=True)
class EngineWord:
    """One engine's word: ``inside``: A is in E; ``closure``: A is in the closure of E; None: not said.

    ``disagrees``: two of its own answers contradict each other. ``notes`` say why something was not answered.
    """

    engine: str
    inside: bool | None = None
    closure: bool | None = None
    disagrees: bool = False
    failed: bool = False
    runs: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        """In words."""
        match self.inside, self.closure:
            case True, _:
                return "A has factors"
            case False, True:
                return "A has no factors, and is in the closure of E"
            case _, False:
                return "A is not in the closure of E"
            case False, None:
                return "A has no factors"
            case None, True:
                return "A is in the closure of E"
        return "nothing"

    def to_json(self) -> dict[str, Any]:
        """The engine's word as a JSON object."""
        return {
            "name": self.engine,
            "says": self.said,
            "inside": self.inside,
            "in_closure": self.closure,
            "runs": self.runs,
            "notes": self.notes,
        }

    def hear(self, run: Run, question: str, value: bool | None, *, about: str) -> None:
        """Take in an answer to a question about ``inside`` or about ``closure``."""
        self.runs.append({**run_json(run), "answer": _TELLING[value], "question": question})
        before = getattr(self, about)
        if value is None:
            return
        self.disagrees |= before not in (None, value)
        setattr(self, about, value)
        # What is in E is in its closure.
        self.disagrees |= self.inside is True and self.closure is False


def ask_engines(
    names: Sequence[str],
    matrix: Matrix,
    support: Support,
    *,
    timeout: float,
    memory_mb: int,
    seed: int = 0,
    paths: Mapping[str, Path] | None = None,
    watch: Watch | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> list[EngineWord]:
    """The word of each engine, one after the other, in equal parts of the time that is left."""
    deadline = Deadline(timeout)
    words = []
    for number, name in enumerate(names):
        tell(f"asking {name}")
        seconds = max(0.0, deadline.left()) / (len(names) - number)
        words.append(_Asking(name, matrix, support, seconds, memory_mb, seed, paths or {}, watch).word())
    return words


def contradiction(words: Sequence[EngineWord], inside: bool | None, closure: bool | None) -> str | None:
    """How engines contradict each other, or what is known already; None if they do not."""
    heard = [word for word in words if word.inside is not None or word.closure is not None]
    for about, known in (("inside", inside), ("closure", closure)):
        said = {getattr(word, about) for word in words} | {known}
        if {True, False} <= said:
            break
    else:
        if not any(word.disagrees for word in words):
            return None
    proved = (
        [] if inside is None else ["the proof: A has factors" if inside else "the proof: A has no factors"]
    )
    if closure is False:
        proved = ["the proof: A is not in the closure of E"]
    return "; ".join([*(f"{word.engine}: {word.said}" for word in heard), *proved])


@final
@dataclass(frozen=True, slots=True)
class _Asking:
    name: str
    matrix: Matrix
    support: Support
    seconds: float
    memory_mb: int
    seed: int
    paths: Mapping[str, Path]
    watch: Watch | None

    def word(self) -> EngineWord:
        from qeclose.engine.protocol import Ability
        from qeclose.engine.registry import find_engine
        from qeclose.formula.builders import SetName

        word, deadline = EngineWord(self.name), Deadline(self.seconds)
        try:
            engine = find_engine(self.name, self.paths)
        except EngineNotFound as error:
            word.failed = True
            word.notes.append(str(error))
            return word
        describes = Ability.ELIMINATE in engine.abilities
        first = Deadline(self.seconds * (_FIRST_SHARE if describes else 1.0))
        self._factors(word, Panel([engine], first, self.memory_mb, self.watch))
        if describes:
            self._described(word, SetName.E, deadline, "inside")
            if word.inside is not True:
                self._described(word, SetName.CLOSURE, deadline, "closure")
        return word

    def _factors(self, word: EngineWord, panel: Panel) -> None:
        """Whether factors of A exist."""
        import sympy

        from qeclose.formula.builders import AtomShape, membership
        from qeclose.formula.language import Exists, Truth
        from qeclose.formula.operations import simplify_truth, substitute

        numbers = {
            symbol: sympy.Rational(entry.numerator, entry.denominator)
            for symbol, entry in self._values().items()
        }
        asked = simplify_truth(substitute(membership(self.support, shape=AtomShape.EQUATIONS), numbers))
        if isinstance(asked, Truth):
            word.inside = asked.value
            word.notes.append(f"{self.name}: not asked for factors: no equation with a variable is left")
            return
        system = asked.body if isinstance(asked, Exists) else asked
        outcome = panel.exists(system, "A = X Yᵀ has a solution")
        if outcome is not None:
            word.hear(outcome.run, "A = X Yᵀ has a solution", outcome.value, about="inside")
        self._unanswered(word, panel)

    def _described(self, word: EngineWord, which: SetName, deadline: Deadline, about: str) -> None:
        """Whether a description that the engine finds of a set holds for A."""
        from qeclose.formula.operations import evaluate

        found = describe(
            self.support,
            which,
            engine=self.name,
            timeout=max(0.01, deadline.left()),
            memory_mb=self.memory_mb,
            seed=self.seed,
            paths=self.paths,
            watch=self.watch,
        )
        question = f"the description of {'E' if about == 'inside' else 'the closure of E'} holds for A"
        if found.formula is None:
            word.failed |= found.failed
            word.notes.append(f"{question}: {found.reason or 'no description'}")
            return
        value = evaluate(found.formula, self._values())
        for run in found.runs[-1:]:
            word.hear(run, question, value, about=about)

    def _values(self) -> dict[Any, Fraction]:
        """The entries of A that are observed, by their symbols."""
        from qeclose.formula.builders import entries

        return {symbol: self.matrix[i][j] for (i, j), symbol in entries(self.support).items()}

    def _unanswered(self, word: EngineWord, panel: Panel) -> None:
        word.failed |= bool(panel.failures)
        word.notes += [*panel.failures, *panel.limits]
        if not panel.summary() and not word.notes:
            word.notes.append(f"{self.name}: not asked, for want of time")
