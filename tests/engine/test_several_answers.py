"""What an engine says besides its answer: other answers, and messages that hold what looks like one."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import pytest
import sympy

from qeclose.engine import smt
from qeclose.engine.process import Ending, Transcript
from qeclose.engine.protocol import Limits
from qeclose.engine.qepcad_samples import parse_witness
from qeclose.engine.redlog import Redlog
from qeclose.engine.smt import SmtSolver
from qeclose.errors import EngineCrashed, EngineError, EngineGarbled
from qeclose.formula.language import Atom, Exists, Relation
from qeclose.formula.parsers import parse_smtlib_model

x = sympy.Symbol("x11")
SENTENCE = Exists((x,), Atom(x**2 - 2, Relation.EQ))
LIMITS = Limits(10, 500)


@pytest.fixture(params=["z3", "cvc5", "yices"])
def solver(request: pytest.FixtureRequest) -> SmtSolver:
    return SmtSolver(request.param, Path("/nowhere"))


def _says(monkeypatch: pytest.MonkeyPatch, output: str) -> None:
    monkeypatch.setattr(smt, "run", lambda *_: Transcript(output, Ending(0, 0.1, 1.0)))


@pytest.mark.parametrize(
    "output", ["sat\nunsat\n", "unsat\nsat\n", "unknown\nunsat\n", "sat\n(model)\nunsat\n"]
)
def test_a_solver_that_answers_twice_has_not_answered(
    solver: SmtSolver, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    _says(monkeypatch, f'(:version "1")\n{output}')
    with pytest.raises(EngineGarbled, match="several answers"):
        solver.decide(SENTENCE, LIMITS)


@pytest.mark.parametrize(
    "output",
    [
        '(error "line 1:\nunsat\n")\n',
        '(error "a ""quoted""\nsat\n word")\nsat\n',
        '(error "never ended\nunsat\n',
        "(objectives\nunsat\n)\n",
        "|a name\nsat\n|\n",
    ],
)
def test_an_answer_inside_a_message_is_none(
    solver: SmtSolver, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    _says(monkeypatch, f'(:version "1")\n{output}')
    with pytest.raises(EngineCrashed) as caught:
        solver.decide(SENTENCE, LIMITS)
    assert "\n" not in str(caught.value)


def test_an_error_after_the_answer_is_no_second_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Solvers complain that there is no model when they are asked for one that cannot be."""
    _says(monkeypatch, '(:version "1")\nunsat\n(error "line 9:\nsat\n model is not available")\n')
    assert SmtSolver("z3", Path("/nowhere")).decide(SENTENCE, LIMITS).value is False


@pytest.mark.parametrize("second", ["<<<false>>>", "<<<true>>>"])
def test_reduce_must_not_answer_twice(tmp_path: Path, second: str) -> None:
    program = tmp_path / "redcsl"
    program.write_text(f"#!/bin/sh\ncat >/dev/null\necho '<<<true>>>'\nsleep 0.1\necho '{second}'\n")
    program.chmod(0o755)
    with pytest.raises(EngineGarbled, match="several answers"):
        Redlog(program).decide(SENTENCE, Limits(30, 500))


@pytest.mark.parametrize(
    "term",
    [
        "(_ real_algebraic_number <1*x^2 + (-r), (5/4, 3/2)>)",
        "(_ real_algebraic_number <1*x^2 + (-2), (5/0, 3/2)>)",
        "1/0",
        "(/ 1 0)",
        "(- 1/0)",
        "(root-obj (^ x 99999999999) 1)",
        "(" * 50_000 + "x" + ")" * 50_000,
    ],
)
def test_a_value_that_is_none_is_told_as_such(term: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_smtlib_model(f"((define-fun a () Real {term}))")


def test_a_witness_between_no_numbers_is_told_as_such() -> None:
    cell = "----- Information about the cell\nCoordinate 1 = the unique root of x^2 - 2 between 1/0 and 2\n"
    with pytest.raises(ValueError, match="division by zero"):
        parse_witness(cell)


def test_a_long_model_is_read_in_time_linear_in_its_length() -> None:
    count = 40_000
    text = "(" + "\n".join(f"(define-fun a{n} () Real {n})" for n in range(count)) + ")"
    before = time.process_time()
    assert parse_smtlib_model(text)[f"a{count - 1}"] == Fraction(count - 1)
    # Half a second; quadratic in the length it was minutes.
    assert time.process_time() - before < 30


def test_messages_of_engines_fit_one_line() -> None:
    assert str(EngineError("z3", "reported: a\nb\r\n c")) == "z3: reported: a b c"
