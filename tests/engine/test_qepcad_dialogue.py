"""What QEPCAD may say instead of an answer, played by a stand-in."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sympy

from qeclose.engine.protocol import Limits
from qeclose.engine.qepcad import Qepcad
from qeclose.errors import EngineCrashed, EngineError, EngineGarbled, OutOfMemory
from qeclose.formula.language import TRUE, Atom, Exists, Relation

QEPCAD = Qepcad(Path(__file__).with_name("standins") / "fake_qepcad.py")
LIMITS = Limits(10, 500)
a, x = sympy.symbols("a x")
SENTENCE = Exists((x, a), Atom(x**2 - a, Relation.EQ))
ANSWER = "\nAn equivalent quantifier-free formula:\n\n{}\n\n\n=====================  The End  ====================\n"
FAILURE = (
    "\n\nFailure occurred in:    {}\nReason for the failure: {}\n\n"
    "Now the FAIL handler is aborting the program ...\n"
)
WARNING = (
    "\nWARNING! Projection factor P_2,1\nis everywhere zero in the cylinder over the cell (2)\n"
    "of positive dimension.  The McCallum projection may not be valid.\n"
)


def test_an_answer_is_read(monkeypatch: pytest.MonkeyPatch, tag: str) -> None:
    monkeypatch.setenv("FAKE_QEPCAD", ANSWER.format("TRUE"))
    assert QEPCAD.decide(SENTENCE, LIMITS).value is True
    assert QEPCAD.eliminate(SENTENCE, LIMITS).value == TRUE


def test_a_long_answer_over_many_lines_is_read(monkeypatch: pytest.MonkeyPatch, tag: str) -> None:
    lines = " \\/\n".join(f"a - {n} = 0" for n in range(3000))
    monkeypatch.setenv("FAKE_QEPCAD", ANSWER.format(lines))
    answer = QEPCAD.eliminate(SENTENCE, LIMITS).value
    assert answer is not None
    assert not isinstance(answer, Atom)
    assert len(getattr(answer, "arguments", ())) == 3000


@pytest.mark.parametrize(
    ("said", "error", "message"),
    [
        (WARNING + ANSWER.format("TRUE"), EngineGarbled, "warned of a projection"),
        ("\nError! Delineating polynomial should be added over cell(2,2)!\n", EngineCrashed, "Delineating"),
        (
            "\nError GETCID: There is no such command.\n\nBefore Solution >\n",
            EngineCrashed,
            "no such command",
        ),
        (FAILURE.format("MAIN", "Prime list exhausted."), EngineCrashed, "failed: Prime list exhausted"),
        (FAILURE.format("GCSI (final check)", "Too few cells reclaimed."), OutOfMemory, "does not fit"),
        ("\nDo you really want to do it (y/n)?\n", EngineGarbled, "asked something else"),
        ("\nEnter a prenex formula:\n", EngineGarbled, "asked something else"),
        ("\nBefore Projection (x) >\n", EngineGarbled, "asked something else"),
        (ANSWER.format("x > _root_1 x^2 - 2"), EngineGarbled, "extended language"),
        (ANSWER.format("a > > 0"), EngineGarbled, "cannot be read"),
        (ANSWER.format(""), EngineGarbled, "cannot be read"),
        (ANSWER.format("a > 0"), EngineGarbled, "free variables"),
        ("\n=====================  The End  ====================\n", EngineCrashed, "before it answered"),
    ],
)
def test_anything_but_an_answer_ends_the_run_at_once(
    monkeypatch: pytest.MonkeyPatch, tag: str, said: str, error: type[EngineError], message: str
) -> None:
    monkeypatch.setenv("FAKE_QEPCAD", said)
    start = time.monotonic()
    with pytest.raises(error, match=message) as caught:
        QEPCAD.decide(SENTENCE, LIMITS)
    assert time.monotonic() - start < 5
    assert caught.value.tail or error in (OutOfMemory, EngineGarbled)


def test_a_witness_that_is_missing_is_the_origin_if_that_will_do(
    monkeypatch: pytest.MonkeyPatch, tag: str
) -> None:
    monkeypatch.setenv("FAKE_QEPCAD", ANSWER.format("TRUE"))
    assert QEPCAD.satisfy(Atom(x - 1, Relation.LT), LIMITS).value == {x: 0}
    with pytest.raises(EngineGarbled, match="does not satisfy"):
        QEPCAD.satisfy(Atom(x - 1, Relation.EQ), LIMITS)


def test_a_projection_that_may_not_be_valid_is_replaced_by_one_that_is(
    monkeypatch: pytest.MonkeyPatch, tag: str
) -> None:
    monkeypatch.setenv("FAKE_QEPCAD", WARNING + ANSWER.format("TRUE"))
    monkeypatch.setenv("FAKE_QEPCAD_HONG", ANSWER.format("FALSE"))
    two = Exists((x, a), Atom(x**2 - 2 * a, Relation.EQ))
    assert QEPCAD.decide(two, LIMITS).value is False
