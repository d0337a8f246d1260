"""Redlog, spoken to as recorded: on a stand-in always, on the real program where it is installed."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
import sympy

from qeclose.engine.process import Program, run
from qeclose.engine.protocol import Ability, Limits
from qeclose.engine.redlog import Redlog
from qeclose.engine.registry import find_engine
from qeclose.engine.selftest import self_test
from qeclose.errors import EngineCrashed, EngineError, EngineGarbled, EngineNotFound, OutOfMemory, UsageError
from qeclose.formula.language import And, Atom, Exists, ForAll, Or, Relation
from qeclose.formula.operations import evaluate, variables
from qeclose.formula.parsers import parse_redlog

HERE = Path(__file__).parent
RECORDINGS = sorted((HERE / "recordings").glob("*.in"))
LIMITS = Limits(20, 1000)
a, b, c, d, x, y = sympy.symbols("a b c d x y")
RANK_ONE = "ex({x,z,y,w}, x*y=a and x*w=b and z*y=c and z*w=d)"


@pytest.fixture
def redlog(tmp_path: Path, tag: str) -> Redlog:
    """The stand-in, run by this interpreter, whatever python3 is on PATH."""
    program = tmp_path / "redcsl"
    program.write_text(f"#!{sys.executable}\n" + (HERE / "standins" / "fake_reduce.py").read_text())
    program.write_text(program.read_text().replace("Path(__file__).parent.parent", f"Path({str(HERE)!r})"))
    program.chmod(0o755)
    return Redlog(program)


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_the_stand_in_replays_every_recording(redlog: Redlog, recording: Path) -> None:
    program = Program("redlog", redlog.path, ("-w", "--no-rcfile"))
    transcript = run(program, recording.read_text(), LIMITS)
    assert transcript.output == recording.with_suffix(".out").read_text()


def test_the_stand_in_plays_a_recorded_session_without_its_recording(redlog: Redlog) -> None:
    text = (HERE / "recordings" / "prologue.in").read_text()
    transcript = run(Program("redlog", redlog.path), text + "\n", LIMITS)
    assert transcript.output == (HERE / "recordings" / "prologue.out").read_text()


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("ex(x,x**2+1=0)", False),
        ("all(x,x**2+1>0)", True),
        (
            "ex({a,b,c,d},all({e},ex({u,v,k,s,tt,h}, e<=0 or (u*s-a)^2+(u*tt-b)^2+(v*s-c)^2+(v*tt+k*h-d)^2<e))"
            " and all({x,z,q,y,w,p}, x*y<>a or x*w<>b or z*y<>c or z*w+q*p<>d))",
            True,
        ),
    ],
)
def test_recorded_sentences_are_decided(redlog: Redlog, text: str, truth: bool) -> None:
    outcome = redlog.decide(parse_redlog(text), LIMITS)
    assert outcome.value is truth
    assert (outcome.run.engine, outcome.run.version) == ("redlog", "CSL rev 6261")
    assert outcome.run.seconds > 0


@pytest.mark.parametrize("width", ["10000", "80", "30", "6"])
def test_a_recorded_elimination_is_read_however_its_lines_are_broken(
    redlog: Redlog, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("FAKE_WIDTH", width)
    formula = redlog.eliminate(parse_redlog(RANK_ONE), LIMITS).value
    assert formula is not None
    assert set(variables(formula)) <= {a, b, c, d}
    point = {a: Fraction(1), b: Fraction(2), c: Fraction(3)}
    assert evaluate(formula, {**point, d: Fraction(6)})
    assert not evaluate(formula, {**point, d: Fraction(5)})


def test_a_strange_name_comes_back_as_its_symbol(redlog: Redlog) -> None:
    odd = sympy.Symbol("X")
    cubic = And((Atom(odd**3 + a * odd + b, Relation.EQ), Atom(odd, Relation.GT)))
    formula = redlog.eliminate(Exists((odd,), cubic), LIMITS).value
    assert formula is not None
    assert set(variables(formula)) == {a, b}


@pytest.mark.parametrize(
    ("play", "error", "message"),
    [
        ("out-of-memory", OutOfMemory, "ran out of memory"),
        ("syntax-error", EngineCrashed, "Too few right parentheses"),
        ("undeclared-operator-default", EngineGarbled, "asked something"),
        ("narrow-lines", EngineCrashed, "ended before it answered"),
    ],
)
def test_recorded_failures_end_with_their_error(
    redlog: Redlog, monkeypatch: pytest.MonkeyPatch, play: str, error: type[EngineError], message: str
) -> None:
    monkeypatch.setenv("FAKE_REDUCE", play)
    with pytest.raises(error, match=message) as caught:
        redlog.decide(Exists((x,), Atom(x**2 + 1, Relation.EQ)), LIMITS)
    assert caught.value.tail


def test_an_error_of_redlog_carries_its_words(redlog: Redlog) -> None:
    with pytest.raises(EngineCrashed, match="no recording answers this"):
        redlog.decide(Exists((x,), Atom(x**7 - 12345, Relation.EQ)), LIMITS)


def test_a_formula_is_no_answer_to_a_sentence(redlog: Redlog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_REDUCE", "too-hard-degree")
    with pytest.raises(EngineGarbled, match="free variables"):
        redlog.decide(Exists((x,), Atom(x**2 + 1, Relation.EQ)), LIMITS)


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ("silent", "stopped after"),
        ("spewing", "stopped after"),
        ("stubborn", "stopped after"),
        ("flooding", "printed more than 64 MB|stopped after"),
        ("crashing", "SIGSEGV"),
        ("garbage", "ended before it answered"),
        ("mute", "ended before it answered"),
        ("failing", "exit status 3"),
        ("closing", "closed its output|stopped after"),
    ],
)
def test_a_misbehaving_reduce_ends_with_a_typed_error(
    misbehaving: Callable[[str], Path], behaviour: str, error: str
) -> None:
    engine = Redlog(misbehaving(behaviour))
    with pytest.raises(EngineError, match=error):
        engine.decide(Exists((x,), Atom(x**2 + 1, Relation.EQ)), Limits(1, 500))


def test_redlog_claims_no_models() -> None:
    engine = Redlog(Path("/nowhere/redcsl"))
    assert Ability.SATISFY not in engine.abilities
    with pytest.raises(UsageError):
        engine.satisfy(Atom(x, Relation.EQ), LIMITS)


def test_a_formula_with_free_variables_is_not_decided() -> None:
    with pytest.raises(UsageError, match="free variables: a, b"):
        Redlog(Path("/nowhere/redcsl")).decide(Exists((x,), Atom(a * x - b, Relation.EQ)), LIMITS)


@pytest.fixture
def real_redlog(tag: str) -> Redlog:
    try:
        engine = find_engine("redlog")
    except EngineNotFound:
        pytest.skip("REDUCE is not installed; put redcsl, redpsl or reduce on PATH, or set QECLOSE_REDLOG")
    assert isinstance(engine, Redlog)
    return engine


def test_the_real_redlog_passes_its_self_test(real_redlog: Redlog) -> None:
    assert [check for check in self_test(real_redlog, LIMITS) if not check.passed] == []


def test_the_real_redlog_answers_the_recorded_questions(real_redlog: Redlog) -> None:
    lu = re.search(r"rlqe (.*), \">>>\"", (HERE / "recordings" / "sentence-lu2.in").read_text())
    assert lu is not None
    assert real_redlog.decide(parse_redlog(lu[1]), Limits(60, 2000)).value is True
    assert real_redlog.decide(parse_redlog("ex(x,x**2+1=0)"), LIMITS).value is False


def test_the_real_redlog_takes_a_formula_of_a_hundred_thousand_characters(real_redlog: Redlog) -> None:
    many = Or(tuple(Atom(x + y - number, Relation.EQ) for number in range(8000)))
    assert real_redlog.decide(ForAll((x,), Exists((y,), many)), Limits(60, 4000)).value is True
