"""Redlog, spoken to as recorded: on a stand-in always, on the real program where it is installed."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import pytest
import sympy

from qeclose.engine.process import Program, run
from qeclose.engine.protocol import Ability, Limits
from qeclose.engine.redlog import Redlog
from qeclose.engine.reduce import readable, reduce_program
from qeclose.engine.registry import find_engine
from qeclose.engine.selftest import self_test
from qeclose.errors import (
    EngineCrashed,
    EngineError,
    EngineGarbled,
    EngineNotFound,
    OutOfMemory,
    OutOfTime,
    UsageError,
)
from qeclose.formula.language import And, Atom, Exists, ForAll, Or, Relation
from qeclose.formula.operations import evaluate, variables
from qeclose.formula.parsers import parse_redlog

HERE = Path(__file__).parent
RECORDINGS = sorted((HERE / "recordings").glob("*.in"))
STATUS = (HERE / "recordings" / "status.txt").read_text().splitlines()
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


ENDLESS = ("degree-seven", "name-trst-endless")


@pytest.mark.parametrize(
    "recording", [path for path in RECORDINGS if path.stem not in ENDLESS], ids=lambda path: path.stem
)
def test_the_stand_in_replays_every_recording(redlog: Redlog, recording: Path) -> None:
    program = Program("redlog", redlog.path, ("-w", "--no-rcfile", "-K", "256M"))
    transcript = run(program, recording.read_text(), LIMITS)
    assert transcript.output == recording.with_suffix(".out").read_text()
    assert f"{recording.stem} rc={transcript.ending.status}" in STATUS


@pytest.mark.slow
@pytest.mark.parametrize("name", ["prologue", "many-lines", "no-quit", "sentence-lu2", "eliminate-lu3"])
def test_the_stand_in_plays_a_recorded_session_without_its_recording(redlog: Redlog, name: str) -> None:
    text = (HERE / "recordings" / f"{name}.in").read_text()
    transcript = run(Program("redlog", redlog.path, ("-K", "256M")), text + " \n", LIMITS)
    expected = (HERE / "recordings" / f"{name}.out").read_text()
    if name == "no-quit":
        # It reads on to the end: one prompt more.
        expected = expected.replace("1: \n+++", "1: 1: \n+++")
    assert _dateless(transcript.output) == _dateless(expected)


def _dateless(output: str) -> str:
    return re.sub(r"\d+-[A-Z][a-z]+-2026", "", output)


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


@pytest.mark.slow
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
        ("low-addresses", OutOfMemory, "REDUCE does not start in 1000 MB"),
        ("syntax-error", EngineCrashed, "Too few right parentheses"),
        ("undeclared-operator-default", EngineGarbled, "asked something"),
        ("undeclared-operator-prologue", EngineGarbled, "did not understand the formula"),
        ("narrow-lines", EngineCrashed, "ended before it answered"),
        ("empty-error", EngineCrashed, "reported: an error, without saying which"),
        ("name-index", EngineCrashed, "reported: -3 < 0 invalid as high energy vector [(]"),
        ("name-trst-endless", EngineGarbled, "did not understand the formula"),
        ("name-printf-renamed", EngineGarbled, "a variable that is not ours"),
    ],
)
def test_recorded_failures_end_with_their_error(
    redlog: Redlog, monkeypatch: pytest.MonkeyPatch, play: str, error: type[EngineError], message: str
) -> None:
    monkeypatch.setenv("FAKE_REDUCE", play)
    with pytest.raises(error, match=message) as caught:
        redlog.decide(Exists((x,), Atom(x**2 + 1, Relation.EQ)), LIMITS)
    assert caught.value.tail
    assert not re.search(r"\d+: (\n|$|\d+:)", caught.value.tail)


def test_an_answer_that_never_comes_ends_with_the_time(
    redlog: Redlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_REDUCE", "degree-seven")
    with pytest.raises(OutOfTime, match="stopped after 2 s"):
        redlog.decide(Exists((x,), Atom(x**2 + 1, Relation.EQ)), Limits(2, 1000))


def test_what_reduce_printed_is_shown_without_its_prompts() -> None:
    for recording in RECORDINGS:
        said = recording.with_suffix(".out").read_text()
        for start in range(max(0, len(said) - 200), len(said), 7):
            assert not re.search(r"(^|\n)\d+: |\d+: ?(\n|$)", readable(said[start:]))
    assert readable("1: 1: 1: 1: \n<<<true>>>$\n1: ") == "<<<true>>>$"
    assert readable(": 1: 1: 1: \n***** Zero divisor\n1: ") == "***** Zero divisor"
    assert readable("a : b = 1: 2\n") == "a : b = 1: 2"


@pytest.mark.slow
@pytest.mark.parametrize("memory_mb", [100, 500, 1000, 100_000])
def test_reduce_starts_whatever_the_memory_limit(redlog: Redlog, memory_mb: int) -> None:
    assert redlog.decide(parse_redlog("ex(x,x**2+1=0)"), Limits(20, memory_mb)).value is False


@pytest.mark.parametrize(
    ("memory_mb", "heap"), [(1, 128), (100, 128), (500, 250), (1000, 500), (4000, 1024), (10**6, 1024)]
)
def test_the_heap_is_half_of_the_memory_within_what_starts_and_what_helps(memory_mb: int, heap: int) -> None:
    with reduce_program(Path("/somewhere/redcsl"), Limits(1, memory_mb)) as program:
        assert program.arguments[-2:] == ("-K", f"{heap}M")
        assert not program.bounded_addresses


def test_a_heap_that_is_not_bounded_does_not_start_under_a_limit_of_addresses(redlog: Redlog) -> None:
    # As recorded; half of this machine's memory is certainly more than the limit of addresses here.
    machine_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    if machine_mb // 2 <= 8192 + 400:
        pytest.skip("the machine is too small to show it")
    transcript = run(Program("redlog", redlog.path, ("-w", "--no-rcfile")), "quit;\n", Limits(20, 100))
    assert "insufficient freestore" in transcript.output
    assert transcript.ending.status == 1


@pytest.mark.slow
def test_reduce_on_psl_gets_no_flags(redlog: Redlog, tmp_path: Path) -> None:
    psl = redlog.path.rename(tmp_path / "redpsl")
    wrapper = tmp_path / "reduce"
    wrapper.write_text(f'#!/bin/sh\nexec "{psl}" "$@"\n')
    wrapper.chmod(0o755)
    link = tmp_path / "mine"
    link.symlink_to(psl)
    for path in (psl, wrapper, link):
        outcome = Redlog(path).decide(parse_redlog("ex(x,x**2+1=0)"), LIMITS)
        assert (outcome.value, outcome.run.version) == (False, "Free PSL version revision 6261")


@pytest.mark.slow
@pytest.mark.parametrize("play", ["", "empty-error", "degree-seven"])
def test_nothing_is_left_in_the_folder_for_temporary_files(
    redlog: Redlog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, play: str
) -> None:
    monkeypatch.setenv("FAKE_REDUCE", play)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with suppress(EngineError):
        redlog.decide(parse_redlog("ex(x,x**2+1=0)"), Limits(3, 1000))
    assert list(folder.iterdir()) == []


def test_the_staged_questions_of_lu_three_are_answered_as_recorded(redlog: Redlog) -> None:
    text = (HERE / "recordings" / "eliminate-lu3.in").read_text()
    question = re.search(r'rlqe (.*), ">>>"', text, re.DOTALL)
    assert question is not None
    formula = redlog.eliminate(parse_redlog(question[1]), LIMITS).value
    assert formula is not None
    entries = sympy.symbols("a11 a12 a13 a21 a22 a23 a31 a32 a33")
    assert set(variables(formula)) <= set(entries)

    def holds(*values: int) -> bool:
        return evaluate(formula, dict(zip(entries, map(Fraction, values), strict=True)))

    # A matrix is a product of a lower and an upper triangular one if its leading minors are not zero.
    assert holds(1, 2, 3, 4, 5, 6, 7, 8, 10)
    assert holds(*[0] * 9)
    assert not holds(0, 1, 0, 1, 0, 0, 0, 0, 1)


@pytest.mark.slow
def test_long_answers_are_read_whole(redlog: Redlog, tmp_path: Path) -> None:
    terms = [f"x*{n} - y*z{n} <> 0 and x + y**2 - {n} >= 0" for n in range(1, 5000)]
    answer = " or ".join(terms)
    program = tmp_path / "redcsl"
    lines = "\n".join(answer[i : i + 10000] for i in range(0, len(answer), 10000))
    program.write_text(
        f"#!/bin/sh\ncat > /dev/null\ncat <<'END'\nReduce (CSL, rev 1)\n\n<<<{lines}>>>$\nEND\n"
    )
    names = sympy.symbols("x y z1:5000")
    question = Exists((a,), And(tuple(Atom(a - name, Relation.EQ) for name in names)))
    formula = Redlog(program).eliminate(question, Limits(60, 1000)).value
    assert len(answer) > 200_000
    assert isinstance(formula, Or)
    assert len(formula.arguments) == len(terms)


def test_an_error_of_redlog_carries_its_words(redlog: Redlog) -> None:
    with pytest.raises(EngineCrashed, match="no recording answers this"):
        redlog.decide(Exists((x,), Atom(x**7 - 12345, Relation.EQ)), LIMITS)


def test_a_formula_is_no_answer_to_a_sentence(redlog: Redlog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_REDUCE", "too-hard-degree")
    with pytest.raises(EngineGarbled, match="a variable that is not ours"):
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
