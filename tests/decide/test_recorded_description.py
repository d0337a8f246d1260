"""What staged makes of a description that a real Redlog gave: that of LU 3×3, 782 atoms with 20 polynomials."""

from __future__ import annotations

import random
import re
from fractions import Fraction
from pathlib import Path

import pytest
import sympy
from stand_ins import ScriptedEngine

from qeclose.decide.methods.staged import closure_of_description, simplified
from qeclose.decide.panel import Deadline, Panel
from qeclose.engine.protocol import Ability
from qeclose.engine.registry import find_engine
from qeclose.errors import EngineNotFound
from qeclose.formula.cases import StopWork
from qeclose.formula.language import And, Atom, Formula, Or
from qeclose.formula.operations import evaluate
from qeclose.formula.parsers import parse_redlog
from qeclose.formula.simplify import simplify_description

RECORDING = Path(__file__).parent.parent / "engine" / "recordings" / "eliminate-lu3.out"
ENTRIES = sympy.symbols("a11 a12 a13 a21 a22 a23 a31 a32 a33")
HOUR = 3600.0


@pytest.fixture(scope="module")
def description() -> Formula:
    answer = re.search(r"<<<(.*)>>>\$", RECORDING.read_text(), re.DOTALL)
    assert answer is not None
    return parse_redlog(answer[1].replace("\n", ""))


@pytest.fixture(scope="module")
def simple(description: Formula) -> Formula:
    return simplified(description, Panel((), Deadline(HOUR), 1000))


def atoms(phi: Formula) -> int:
    match phi:
        case And(arguments) | Or(arguments):
            return sum(map(atoms, arguments))
        case Atom():
            return 1
        case _:
            return 0


def matrices(count: int) -> list[dict[sympy.Symbol, Fraction]]:
    """Matrices of small integers, many of them singular or with zeros."""
    rng = random.Random(5)
    return [{a: Fraction(rng.choice((-1, 0, 0, 0, 1, 1, 2))) for a in ENTRIES} for _ in range(count)]


def test_it_is_simplified_to_a_few_atoms_that_say_the_same(description: Formula, simple: Formula) -> None:
    assert atoms(description) == 782
    assert atoms(simple) <= 20
    points = matrices(400)
    assert [evaluate(description, p) for p in points] == [evaluate(simple, p) for p in points]
    assert {evaluate(simple, p) for p in points} == {True, False}


@pytest.mark.parametrize("pieces", [1, 50, 500, 3000])
def test_cut_short_it_says_the_same_and_is_no_longer_than_before(description: Formula, pieces: int) -> None:
    left = pieces

    def tick() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise StopWork

    found = simplify_description(description, tick)
    assert atoms(found) <= atoms(description)
    points = matrices(100)
    assert [evaluate(description, p) for p in points] == [evaluate(found, p) for p in points]


@pytest.mark.parametrize("name", ["z3", "cvc5", "yices"])
def test_the_questions_about_it_are_answered_by_every_solver(simple: Formula, name: str) -> None:
    try:
        engine = find_engine(name)
    except EngineNotFound as error:
        pytest.skip(str(error))
    finding = closure_of_description(simple, (), Panel((engine,), Deadline(120), 2000))
    assert finding is not None
    assert not finding.closed
    assert [run.engine for run in finding.runs] == [name]


def test_staged_asks_a_solver_about_the_description_of_redlog(
    description: Formula, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both engines of one panel: Redlog describes E, where our own linear algebra is held not to; a solver decides."""
    from qeclose.decide.method import Question
    from qeclose.decide.methods import staged
    from qeclose.support.families import lu

    monkeypatch.setattr(staged, "linear_description", lambda question, seconds: None)
    redlog = ScriptedEngine("redlog", {Ability.ELIMINATE: description})
    solver = ScriptedEngine("z3", {Ability.SATISFY: True})
    panel = Panel((redlog, solver), Deadline(HOUR), 2000)
    finding = staged.Staged().run(Question(lu(3)), panel)
    assert finding is not None
    assert not finding.closed
    assert [run.engine for run in finding.runs] == ["redlog", "z3"]
    (_, line, _) = solver.asked[-1]
    assert atoms(line) < 400


def test_a_description_that_misses_products_is_not_used(
    description: Formula, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redlog's answer with its last conjunctions lost, as if the output had been cut."""
    from qeclose.decide.method import Question
    from qeclose.decide.methods import staged
    from qeclose.support.families import lu

    assert isinstance(description, Or)
    monkeypatch.setattr(staged, "linear_description", lambda question, seconds: None)
    cut = Or(description.arguments[: len(description.arguments) // 2])
    panel = Panel((ScriptedEngine("redlog", {Ability.ELIMINATE: cut}),), Deadline(HOUR), 2000)
    assert staged.Staged().run(Question(lu(3)), panel) is None
    assert any("misses the product" in line for line in panel.failures)
