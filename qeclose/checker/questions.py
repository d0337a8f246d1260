"""What a certificate leaves to engines: the questions, asked again.

The only module of the checker that leaves its own arithmetic; everything it learns is reported as resting on
an engine's word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, final

from qeclose.checker.budget import Rational
from qeclose.checker.masks import Factors
from qeclose.checker.polynomial import Polynomial, Variable, variables
from qeclose.checker.reading import Path, distinct, fields, members
from qeclose.checker.tree import Goal
from qeclose.errors import CertificateError, EngineError, LimitReached, UsageError

if TYPE_CHECKING:
    import sympy

    from qeclose.engine.protocol import Engine, Limits, Outcome
    from qeclose.formula.language import And, Formula

__all__ = [
    "Answer",
    "Ask",
    "Question",
    "asker",
    "engine_names",
    "full_space",
    "plain_sentence",
    "unsatisfiable",
]

_MAX_VARIABLES = 1000


@final
@dataclass(frozen=True, slots=True)
class Question:
    """A sentence whose truth a certificate takes from engines.

    ``path`` is where, ``statement`` says it in words, ``expected`` is the truth value claimed, ``recorded``
    are the engines that are said to have given it, ``size`` is the number of variables; ``sentence`` builds
    the formula, which has no free variables.
    """

    path: str
    statement: str
    expected: bool
    recorded: tuple[str, ...]
    size: int
    sentence: Callable[[], Formula]


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """What one engine said when it was asked again: whether it ``agrees``; None: undecided, ``note`` says why."""

    engine: str
    version: str
    agrees: bool | None
    note: str = ""


Ask = Callable[[Question], Sequence[Answer]]
"""Asks engines again. May raise the engine errors of ``qeclose.errors``."""


def engine_names(value: Any, path: Path) -> tuple[str, ...]:
    """The engines a certificate names, each ``{"name": …, "version": …}``; at least one."""
    names: list[str] = []
    for where, engine in members(value, path):
        for part, key in zip(fields(engine, where, "name", "version"), ("name", "version"), strict=True):
            if type(part) is not str or not part or not part.isprintable():
                raise (where / key).error("a line of text is wanted here")
        names.append(engine["name"])
    distinct(names, path)
    if not names:
        raise path.error("at least one engine is wanted here")
    return tuple(names)


def unsatisfiable(
    equations: Sequence[Polynomial],
    path: str,
    recorded: tuple[str, ...],
    some: Sequence[Sequence[Polynomial]] = (),
) -> Question:
    """That these equations have no real solution at which, moreover, of each list in ``some`` one polynomial is 0."""
    unknown = _all_variables([*equations, *(p for choice in some for p in choice)])
    choices = f" and {len(some)} disjunctions" if some else ""
    statement = f"{len(equations)} equations{choices} in {len(unknown)} variables have no real solution"

    def sentence() -> Formula:
        from qeclose.formula.language import And, Atom, Exists, Or, Relation

        symbols = _symbols(unknown)
        zero = [Or(tuple(Atom(_expression(p, symbols), Relation.EQ) for p in choice)) for choice in some]
        body = And((*_conjunction(equations, symbols).arguments, *zero))
        return Exists(tuple(symbols.values()), body) if symbols else body

    return Question(path, statement, False, recorded, len(unknown), sentence)


def full_space(goal: Goal, universal: frozenset[Variable], path: str, recorded: tuple[str, ...]) -> Question:
    """That the goal has a solution for all values of the universal variables."""
    statement = f"every matrix on these {len(universal)} positions is reached (∀A ∃X ∃Y)"
    equations = goal.all_equations()

    def sentence() -> Formula:
        from qeclose.formula.language import Exists, ForAll

        symbols = _symbols(_all_variables(equations))
        outer = tuple(symbol for v, symbol in symbols.items() if v in universal)
        inner = tuple(symbol for v, symbol in symbols.items() if v not in universal)
        body: Formula = _conjunction(equations, symbols)
        body = Exists(inner, body) if inner else body
        return ForAll(outer, body) if outer else body

    size = len(_all_variables(equations))
    return Question(path, statement, True, recorded, size, sentence)


def plain_sentence(factors: Factors, *, ill_posed: bool, path: str, recorded: tuple[str, ...]) -> Question:
    """That the sentence of the mask, ∃A (A ∈ cl E and A ∉ E), is true or false as claimed."""
    statement = f"the sentence of the mask is {str(ill_posed).lower()}"

    def sentence() -> Formula:
        from qeclose.formula.builders import sentence as sentence_of
        from qeclose.support import Support

        return sentence_of(Support.of_factors([[int(c) for c in row] for row in rows] for rows in factors))

    entries = len(factors[0]) * len(factors[-1][0])
    size = entries + 2 * sum(row.count("1") for rows in factors for row in rows) + 1
    return Question(path, statement, ill_posed, recorded, size, sentence)


def asker(names: Sequence[str], limits: Limits, paths: Mapping[str, FilePath] | None = None) -> Ask:
    """Asks every engine in ``names``; if there are none, the installed ones until one answers, those recorded first.

    ``limits`` hold for each run. A limit that is reached, or "unknown", is an answer that decides nothing.
    An engine that fails, or one named that has no means for the question, raises its ``EngineError`` or
    ``UsageError``; without names that happens only if no other engine answers.
    """

    def ask(question: Question) -> list[Answer]:
        if question.size > _MAX_VARIABLES:
            problem = f"{question.size} variables, more than {_MAX_VARIABLES}, are not given to an engine"
            return [Answer("", "", None, problem)]
        sentence = question.sentence()
        if names:
            return [_answer(engine, sentence, question, limits) for engine in _named(names, paths or {})]
        return _first_answer(question, sentence, limits, paths or {})

    return ask


def _named(names: Sequence[str], paths: Mapping[str, FilePath]) -> list[Engine]:
    from qeclose.engine.registry import find_engine

    return [find_engine(name, paths) for name in names]


def _first_answer(
    question: Question, sentence: Formula, limits: Limits, paths: Mapping[str, FilePath]
) -> list[Answer]:
    from qeclose.engine.registry import installed_engines

    answers: list[Answer] = []
    failures: list[EngineError] = []
    # Sorting keeps the order of the registry otherwise.
    for engine in sorted(installed_engines(paths), key=lambda engine: engine.name not in question.recorded):
        try:
            answers.append(_answer(engine, sentence, question, limits))
        except UsageError:
            continue
        except EngineError as error:
            failures.append(error)
            continue
        if answers[-1].agrees is not None:
            return answers
    if failures:
        raise failures[0]
    return answers or [Answer("", "", None, "no installed engine can answer it")]


def _answer(engine: Engine, sentence: Formula, question: Question, limits: Limits) -> Answer:
    try:
        outcome = _put(engine, sentence, limits)
    except LimitReached as error:
        return Answer(engine.name, engine.version(), None, str(error))
    agrees = None if outcome.value is None else outcome.value is question.expected
    note = {None: "answered unknown", True: "", False: "says otherwise"}[agrees]
    return Answer(engine.name, outcome.run.version or engine.version(), agrees, note)


def _put(engine: Engine, sentence: Formula, limits: Limits) -> Outcome[bool]:
    """The truth of the sentence; a solver of existential systems gets the system alone."""
    from qeclose.engine.protocol import Ability, Outcome
    from qeclose.formula.language import Exists
    from qeclose.formula.operations import is_quantifier_free

    is_system = isinstance(sentence, Exists) and is_quantifier_free(sentence.body)
    if isinstance(sentence, Exists) and is_system and Ability.SATISFY in engine.abilities:
        found = engine.satisfy(sentence.body, limits)
        return Outcome(None if found.value is None else found.value is not False, found.run)
    if Ability.DECIDE not in engine.abilities:
        raise UsageError(f"{engine.name} cannot decide sentences of this kind")
    return engine.decide(sentence, limits)


def contradicted(answers: Sequence[Answer], path: str) -> None:
    """Raise ``CertificateError`` if an engine says the opposite of what the certificate claims."""
    for answer in answers:
        if answer.agrees is False:
            raise CertificateError(f"{path}: {answer.engine} {answer.version} says otherwise")


def _all_variables(polynomials: Iterable[Polynomial]) -> list[Variable]:
    return sorted(set().union(*map(variables, polynomials)))


def _symbols(listed: Sequence[Variable]) -> dict[Variable, sympy.Symbol]:
    import sympy

    width = len(str(len(listed)))
    return {v: sympy.Symbol(f"v{number:0{width}d}") for number, v in enumerate(listed)}


def _conjunction(polynomials: Iterable[Polynomial], symbols: Mapping[Variable, sympy.Symbol]) -> And:
    from qeclose.formula.language import And, Atom, Relation

    return And(tuple(Atom(_expression(p, symbols), Relation.EQ) for p in polynomials))


def _expression(p: Polynomial, symbols: Mapping[Variable, sympy.Symbol]) -> sympy.Expr:
    import sympy

    def rational(value: Rational) -> sympy.Rational:
        return sympy.Rational(value.numerator, value.denominator)

    return sympy.Add(
        *(
            sympy.Mul(rational(value), *(symbols[v] ** e for v, e in monomial))
            for monomial, value in p.items()
        )
    )
