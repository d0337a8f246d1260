"""What engines say of one matrix: whether it has factors, and whether descriptions of E and of its closure hold for it.

The first is a question without quantifier alternation, for every engine; the descriptions are eliminated by those that can,
and evaluated exactly. Where φ describes E and fails for A, two things are tried before the closure is described
(``decide.closure``): if φ fails with its inequalities weakened too, A is no limit; if a segment inside φ ends at A, a
question about one direction, it is one. Of missing entries no question speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from qeclose.decide.closure import line_limits, relaxed
from qeclose.decide.description import describe
from qeclose.decide.panel import Deadline, Panel
from qeclose.decide.verdict import run_json
from qeclose.errors import EngineNotFound
from qeclose.formula.builders import SetName
from qeclose.formula.language import Exists, Truth
from qeclose.formula.operations import evaluate, simplify_truth, substitute
from qeclose.location.matrix import Matrix

if TYPE_CHECKING:
    from qeclose.decide.panel import Watch
    from qeclose.engine.protocol import Engine, Run
    from qeclose.formula.language import Formula
    from qeclose.support import Support

__all__ = ["EngineWord", "ask_engines", "contradiction"]

_FIRST_SHARE = 0.4
"""Of an engine's time, for the existential question, if it can describe sets as well."""
_LINES_SHARE = 0.5
"""Of what is left of it, for segments that end at A."""
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
            self._by_descriptions(word, engine, deadline)
        return word

    def _by_descriptions(self, word: EngineWord, engine: Engine, deadline: Deadline) -> None:
        """Whether a description of E holds for A and, if not, whether A is a limit."""
        found = self._described(word, SetName.E, deadline, "inside")
        if found is None or word.inside is True:
            return
        phi, run = found
        if not evaluate(relaxed(phi), self._values()):
            question = "the description of E with weak inequalities holds for A"
            word.hear(replace(run, seconds=0.0), question, False, about="closure")
            return
        half = Deadline(deadline.left() * _LINES_SHARE)
        self._at_an_end(word, found, Panel([engine], half, self.memory_mb, self.watch))
        if word.closure is None:
            self._described(word, SetName.CLOSURE, deadline, "closure", known=found)

    def _at_an_end(self, word: EngineWord, found: tuple[Formula, Run], panel: Panel) -> None:
        """Whether a segment inside φ ends at A: then A is a limit, else it may be one all the same."""
        phi, run = found
        segments = line_limits(phi)
        germ = segments.body if isinstance(segments, Exists) else segments
        asked = simplify_truth(substitute(germ, self._numbers()))
        question = "a segment inside the description of E ends at A"
        if isinstance(asked, Truth):
            if asked.value:
                word.hear(replace(run, seconds=0.0), question, True, about="closure")
            return
        outcome = panel.exists(asked, question)
        if outcome is not None and outcome.value is not False:
            word.hear(outcome.run, question, outcome.value, about="closure")
        self._unanswered(word, panel)

    def _factors(self, word: EngineWord, panel: Panel) -> None:
        """Whether factors of A exist."""
        from qeclose.formula.builders import AtomShape, membership

        member = membership(self.support, shape=AtomShape.EQUATIONS)
        asked = simplify_truth(substitute(member, self._numbers()))
        if isinstance(asked, Truth):
            word.inside = asked.value
            word.notes.append(f"{self.name}: not asked for factors: no equation with a variable is left")
            return
        system = asked.body if isinstance(asked, Exists) else asked
        outcome = panel.exists(system, "A = X Yᵀ has a solution")
        if outcome is not None:
            word.hear(outcome.run, "A = X Yᵀ has a solution", outcome.value, about="inside")
        self._unanswered(word, panel)

    def _described(
        self,
        word: EngineWord,
        which: SetName,
        deadline: Deadline,
        about: str,
        known: tuple[Formula, Run] | None = None,
    ) -> tuple[Formula, Run] | None:
        """Whether a description that the engine finds of a set holds for A; the description, and the run it is from.

        ``known`` is that of E, if there is one.
        """
        found = describe(
            self.support,
            which,
            known=None if known is None else known[0],
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
            return None
        # What needed no run of its own is still the word of the one that described E.
        run = found.runs[-1] if known is None or found.runs else replace(known[1], seconds=0.0)
        word.hear(run, question, evaluate(found.formula, self._values()), about=about)
        return found.formula, run

    def _numbers(self) -> dict[Any, Any]:
        """The entries of A that are observed as numbers of formulas, by their symbols."""
        import sympy

        values = self._values().items()
        return {symbol: sympy.Rational(entry.numerator, entry.denominator) for symbol, entry in values}

    def _values(self) -> dict[Any, Fraction]:
        """The entries of A that are observed, by their symbols."""
        from qeclose.formula.builders import entries

        return {symbol: self.matrix[i][j] for (i, j), symbol in entries(self.support).items()}

    def _unanswered(self, word: EngineWord, panel: Panel) -> None:
        word.failed |= bool(panel.failures)
        word.notes += [*panel.failures, *panel.limits]
        if not panel.summary() and not word.notes:
            word.notes.append(f"{self.name}: not asked, for want of time")
