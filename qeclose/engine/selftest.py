"""Real questions to an engine, with answers known beforehand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, final

from qeclose.engine.protocol import Ability, AlgebraicNumber, Engine, Limits
from qeclose.errors import LimitReached, QecloseError
from qeclose.formula.language import And, Atom, Exists, ForAll, Formula, Or, Relation
from qeclose.formula.operations import evaluate, is_quantifier_free

if TYPE_CHECKING:
    import sympy

__all__ = ["Check", "self_test"]


@final
@dataclass(frozen=True, slots=True)
class Check:
    """One question of a self-test: whether it was answered rightly, and if not, what happened instead."""

    ability: Ability
    question: str
    passed: bool
    detail: str
    seconds: float


@final
@dataclass(frozen=True, slots=True)
class _Question:
    ability: Ability
    text: str
    ask: Callable[[Engine, Limits], str]
    """Asks, and returns what is wrong with the answer; nothing if it is right."""
    may_be_too_hard: bool = False


def self_test(engine: Engine, limits: Limits) -> list[Check]:
    """Put every question the engine has the ability for to it; nothing is raised for a wrong answer."""
    return [
        _check(engine, question, limits) for question in _questions() if question.ability in engine.abilities
    ]


def _check(engine: Engine, question: _Question, limits: Limits) -> Check:
    start = time.monotonic()
    try:
        problem = question.ask(engine, limits)
    except LimitReached as error:
        passed = question.may_be_too_hard
        return Check(question.ability, question.text, passed, str(error), time.monotonic() - start)
    except QecloseError as error:
        problem = str(error)
    return Check(question.ability, question.text, not problem, problem, time.monotonic() - start)


def _questions() -> Iterator[_Question]:
    import sympy

    x, y, a, b = sympy.symbols("x y a b")
    root_of_two = Atom(x**2 - 2, Relation.EQ)
    no_root = Atom(x**2 + 1, Relation.EQ)
    line = And((Atom(3 * x - y, Relation.EQ), Atom(y - 1, Relation.EQ)))
    yield _decision("∃x x² = 4", Exists((x,), Atom(x**2 - 4, Relation.EQ)), True)
    yield _decision("∃x x² = −1", Exists((x,), no_root), False)
    yield _decision("∀x x² + 1 > 0", ForAll((x,), Atom(x**2 + 1, Relation.GT)), True)
    yield _elimination("∃x a x = b", Exists((x,), Atom(a * x - b, Relation.EQ)), _solvable(a, b), (a, b))
    yield _elimination("∃x x² = a", Exists((x,), Atom(x**2 - a, Relation.EQ)), Atom(a, Relation.GE), (a,))
    yield _unsatisfiable("x² = −1", no_root)
    yield _irrational("x² = 2, x > 0", And((root_of_two, Atom(x, Relation.GT))), x)
    yield _satisfiable("3 x = y, y = 1", line, {x: Fraction(1, 3), y: Fraction(1)})


def _solvable(a: sympy.Symbol, b: sympy.Symbol) -> Formula:
    return Or((Atom(a, Relation.NE), Atom(b, Relation.EQ)))


def _decision(text: str, sentence: Formula, truth: bool) -> _Question:
    def ask(engine: Engine, limits: Limits) -> str:
        answer = engine.decide(sentence, limits).value
        return "" if answer is truth else f"answered {answer}, not {truth}"

    return _Question(Ability.DECIDE, text, ask)


def _elimination(text: str, formula: Formula, expected: Formula, free: tuple[sympy.Symbol, ...]) -> _Question:
    """The answer must agree with the expected one on a grid around the places where that changes."""

    def ask(engine: Engine, limits: Limits) -> str:
        answer = engine.eliminate(formula, limits).value
        if answer is None or not is_quantifier_free(answer):
            return "left a quantifier"
        for point in _grid(free):
            if evaluate(answer, point) is not evaluate(expected, point):
                return f"gave a formula that is wrong at {point}"
        return ""

    return _Question(Ability.ELIMINATE, text, ask)


def _grid(free: tuple[sympy.Symbol, ...]) -> Iterator[dict[sympy.Symbol, Fraction]]:
    values = [Fraction(n, 2) for n in range(-4, 5)]
    for choice in product(values, repeat=len(free)):
        yield dict(zip(free, choice, strict=True))


def _unsatisfiable(text: str, system: Formula) -> _Question:
    def ask(engine: Engine, limits: Limits) -> str:
        answer = engine.satisfy(system, limits).value
        return "" if answer is False else f"found {answer} where there is nothing"

    return _Question(Ability.SATISFY, text, ask)


def _satisfiable(text: str, system: Formula, only: dict[sympy.Symbol, Fraction]) -> _Question:
    def ask(engine: Engine, limits: Limits) -> str:
        answer = engine.satisfy(system, limits).value
        return "" if answer == only else f"found {answer}, not {only}"

    return _Question(Ability.SATISFY, text, ask)


def _irrational(text: str, system: Formula, unknown: sympy.Symbol) -> _Question:
    """The answer must be the positive root of two, or "there is one" from an engine that rounds."""

    def ask(engine: Engine, limits: Limits) -> str:
        answer = engine.satisfy(system, Limits(min(limits.seconds, 2), limits.memory_mb)).value
        if answer is True:
            return ""
        value = answer.get(unknown) if isinstance(answer, Mapping) else None
        if not isinstance(value, AlgebraicNumber):
            return f"found {answer}, not the root of 2"
        low, high = Fraction(value.low), Fraction(value.high)
        right = value.polynomial.eval(0) == -2 * value.polynomial.LC() and value.polynomial.degree() == 2
        return "" if right and high > 0 and low * abs(low) <= 2 <= high**2 else f"found {value}"

    # A cvc5 built without libpoly searches for ever.
    return _Question(Ability.SATISFY, text, ask, may_be_too_hard=True)
