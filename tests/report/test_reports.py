"""Verdicts as text and JSON."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from fractions import Fraction

import pytest

import qeclose
from qeclose.decide.verdict import Step, Verdict
from qeclose.decide.witness import Witness
from qeclose.decide.words import explained
from qeclose.engine.protocol import Run
from qeclose.report.drawing import drawn_factors, title
from qeclose.report.plain import json_line
from qeclose.report.spoken import spoken_report
from qeclose.report.terminal import terminal_report
from qeclose.support.names import Names
from qeclose.support.phrase import Lines, phrase

LU = qeclose.Support([[1, 0], [1, 1]], [[1, 0], [1, 1]], name="lu", source="lu.txt")
RUN = Run("qepcad", "B 1.74", 0.1234567, 43.2, "true")
VERDICT = Verdict(LU, "ill-posed", "staged", 0.25, "because", engines=(RUN,))
WITNESS = Witness(
    ((0, 1), (0, 1), (0, 1)),
    (("0", "1"), ("1", "0")),
    ((("t", "0"), ("1", "-1/t")), (("1", "1/t"), ("0", "1/t"))),
)


def on_terminal(verdict: Verdict) -> str:
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=100, force_terminal=True, color_system="standard").print(terminal_report(verdict))
    return out.getvalue()


def test_the_plain_report_says_verdict_mask_reason_engine_and_time():
    assert VERDICT.report() == (
        "lu: ill-posed\n"
        "  mask     2×2, rank 2\n"
        "           I    JT\n"
        "           1.   11\n"
        "           11   .1\n"
        "  why      some matrices have no best approximation: ever better factors grow\n"
        "           without bound; because\n"
        "  method   staged\n"
        "  engine   qepcad B 1.74: true (0.12 s, 43 MB)\n"
        "  time     0.25 s\n"
    )


def test_the_plain_report_shows_presolve_warnings_failures_and_witness():
    text = replace(
        VERDICT,
        presolve=(Step("twin-capping", "3 rows fewer"),),
        warnings=("z3: odd",),
        failures=("cvc5: gone",),
        witness=WITNESS,
    ).report()
    for line in ("presolve twin-capping: 3 rows fewer", "warning  z3: odd", "failure  cvc5: gone"):
        assert f"  {line}\n" in text
    assert "           X(t):\n                t     0\n                1  -1/t\n" in text


def test_a_witness_of_many_factors_lists_each():
    chain = qeclose.Support.of_factors([[[1]], [[1]], [[1]]])
    witness = Witness(((0,),) * 4, (("1",),), ((("t",),), (("1",),), (("1/t",),)))
    text = Verdict(chain, "ill-posed", "m", 0, "r", witness=witness).report()
    assert "1×1, 3 factors, inner dimensions 1×1" in text
    assert "X3(t):\n             1/t\n" in text


def test_the_terminal_report_draws_the_mask_and_colours_the_verdict():
    text = on_terminal(VERDICT)
    lines = bare(text)
    assert "1 ·      1 1      1 1" in lines
    assert "1 2      · 2      1 +" in lines
    assert re.search(r"\x1b\[30;4[0-9]m1\x1b\[0m", text) and "\x1b[30;43m2" in text
    assert "\x1b[1;31mill-posed" in text
    assert "\x1b[1;32mwell-posed" in on_terminal(replace(VERDICT, verdict="well-posed"))


def bare(text: str) -> str:
    """What is left without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_where_the_mask_is_ill_posed_is_marked_without_colours_too():
    mask = qeclose.Support(["100", "110", "111"], ["100", "110", "111"])
    lines = [
        line.strip("│ ")
        for line in bare(on_terminal(replace(VERDICT, support=mask, witness=WITNESS))).splitlines()
    ]
    at = lines.index(next(line for line in lines if "XYᵀ" in line and "JT" in line))
    drawn = [re.sub(" +", " ", line) for line in lines[at + 1 : at + 5]]
    assert drawn == ["▸ 1 · · ▸ 1 1 1 ▸ 1 1 1", "▸ 1 2 · ▸ · 2 2 ▸ 1 + +", "1 2 3 · · 3 1 + +", "▴ ▴ ▴ ▴ ▴ ▴"]
    assert any("mark the rows, columns and terms" in line for line in lines)


def test_entries_that_are_not_observed_are_question_marks_in_the_product():
    mask = qeclose.Support(["10", "11"], ["10", "11"], missing=["10", "00"])
    assert "1 ·      1 1      ? 1" in bare(on_terminal(replace(VERDICT, support=mask)))


@pytest.mark.parametrize(("m", "n", "r"), [(1, 1, 36), (33, 1, 1), (1, 40, 1), (20, 20, 20)])
def test_no_drawing_is_wider_or_higher_than_a_terminal(m, n, r):
    mask = qeclose.Support([[1] * r] * m, [[1] * r] * n, name="large")
    text = bare(on_terminal(replace(VERDICT, support=mask)))
    assert max(map(len, text.splitlines())) <= 100 and "XYᵀ" not in text.partition("why")[0]


def test_the_report_for_screen_readers_says_everything_in_lines():
    names = Names((("alice", "bob"), None, ("x", "y")))
    support = qeclose.Support.of_factors(LU.factors, name="lu", names=names)
    told = spoken_report(replace(VERDICT, support=support, witness=WITNESS)).splitlines()
    assert told[0] == "lu is ill-posed."
    assert "Term 1: rows alice, bob; columns x, y." in told and "Term 2: rows bob; columns y." in told
    assert "A, row 1: column 2 is 1." in told
    assert not [line for line in told if "  " in line or set(line) & set("│╭■·▸")]


def test_the_report_for_screen_readers_tells_runs_chains_and_missing_entries():
    tall = qeclose.Support([[1]] * 5, [[1], [0], [1]], missing=[[0, 0, 0]] * 4 + [[0, 1, 0]])
    told = spoken_report(replace(VERDICT, support=tall)).splitlines()
    assert "Term 1: rows 1 to 5; columns 1, 3." in told and "Not observed in row 5: columns 2." in told
    chain = qeclose.Support.of_factors([[[1, 1]], [[1, 0], [1, 1]], [[1], [0]]])
    told = spoken_report(replace(VERDICT, support=chain)).splitlines()
    assert "F2, row 1: columns 1." in told and "F3, row 2: columns none." in told


def test_names_of_lines_stand_in_drawings_witnesses_and_reasons():
    names = Names((("alice", "b\x1b[2J"), ("t1", "t2"), ("x", "a column with a long name")))
    support = qeclose.Support.of_factors(LU.factors, name="lu", names=names)
    why = phrase("see ", Lines("row", (0,)), " and ", Lines("term", (1,)))
    verdict = replace(VERDICT, support=support, why=why, witness=WITNESS)
    text = verdict.report()
    assert (
        "                 I       JT\n           alice 1.   t1 11\n           b\ufffd[2J 11   t2 .1\n" in text
    )
    assert "  columns  x, a column with a…\n" in text
    assert "see row alice and term t2" in " ".join(text.split())
    assert [line.split() for line in text.splitlines() if "alice" in line and "t" in line][-1] == [
        "alice",
        "t",
        "0",
    ]
    terminal = on_terminal(verdict)
    assert (
        re.search(r"alice ▸ 1 ·  +t1 ▸ 1 1  +▸ 1 1 ", bare(terminal))
        and "a column with a…" in terminal
        and "\x1b[2J" not in terminal
    )


def test_names_of_a_mask_that_is_not_drawn_are_listed():
    names = Names((tuple(f"g{k}" for k in range(100)), ("t",), None))
    tall = qeclose.Support.of_factors([[[1]] * 100, [[1]]], name="tall", names=names)
    text = replace(VERDICT, support=tall).report()
    assert "  rows     g0, g1, " in text and "g19 and 80 more" in text and "  terms    t\n" in text


def test_markup_in_a_name_is_text():
    odd = qeclose.Support([[1]], [[1]], name="[red]x[/red]")
    assert "[red]x[/red]" in on_terminal(replace(VERDICT, support=odd))


def test_a_large_mask_is_not_drawn():
    wide = qeclose.Support([[1] * 100], [[1] * 100], name="wide")
    assert "JT" not in replace(VERDICT, support=wide).report()


def test_factors_of_different_heights_stand_side_by_side():
    chain = qeclose.Support.of_factors([[[1, 1]], [[1, 0], [1, 1]], [[1], [0]]])
    assert drawn_factors(chain) == ["F1   F2   F3", "11   1.   1", "     11   ."]


def test_control_characters_in_a_name_do_not_reach_the_terminal():
    assert title(qeclose.Support([[1]], [[1]], name="a\x1b[2Jb")) == "a\ufffd[2Jb"


def test_the_json_object_has_the_contracts_keys_and_values():
    assert json.loads(json_line(VERDICT)) == {
        "schema": 2,
        "name": "lu",
        "source": "lu.txt",
        "factors": 2,
        "shape": {"m": 2, "n": 2, "r": 2},
        "verdict": "ill-posed",
        "extent": "unknown",
        "algorithm": None,
        "method": "staged",
        "engines": [
            {"name": "qepcad", "version": "B 1.74", "seconds": 0.123, "answer": "true", "question": None}
        ],
        "presolve": [],
        "seconds": 0.25,
        "reason": explained("ill-posed", "because"),
        "witness": None,
        "certificate": None,
        "names": None,
        "notes": [],
        "warnings": [],
        "failures": [],
    }


def test_the_json_of_several_factors_lists_the_inner_dimensions():
    chain = qeclose.Support.of_factors([[[1, 1]], [[1, 0], [1, 1]], [[1], [1]]])
    found = json.loads(json_line(replace(VERDICT, support=chain)))
    assert (found["factors"], found["shape"]) == (3, {"m": 1, "n": 1, "r": [2, 2]})


@pytest.mark.parametrize(
    ("verdict", "failures", "status"),
    [("well-posed", (), 0), ("ill-posed", (), 1), ("undecided", (), 3), ("undecided", ("x",), 4)],
)
def test_the_status_follows_the_verdict(verdict, failures, status):
    assert replace(VERDICT, verdict=verdict, failures=failures).status == status


def test_a_large_matrix_of_a_witness_is_told_by_its_nonzero_entries():
    curve = [
        {(2 * i, i): {-1: Fraction(1)} for i in range(30)},
        {(i, 3 * i): {1: Fraction(1)} for i in range(30)},
    ]
    point = {(2 * i, 3 * i): Fraction(1) for i in range(30)}
    text = replace(VERDICT, witness=Witness.of_entries(point, curve)).report()
    assert "X(t), nonzero entries:\n" in text
    assert "row 7, column 4: 1/t\n" in text
    assert len(text.splitlines()) < 110


def test_a_witness_shows_the_lines_that_are_not_zero_under_their_own_numbers():
    curve = [{(4, 1): {-1: Fraction(1)}}, {(1, 6): {1: Fraction(2)}}]
    witness = Witness.of_entries({(4, 6): Fraction(2)}, curve)
    assert (
        "A, with its row and column numbers:\n                7\n             5  2\n"
        in replace(VERDICT, witness=witness).report()
    )
    assert witness.to_json() == {
        "rows": [4],
        "columns": [6],
        "terms": [1],
        "A": [["2"]],
        "X": [["1/t"]],
        "Y": [["2*t"]],
    }


def test_many_presolve_steps_are_counted_by_rule():
    steps = tuple(Step("twin-capping" if i % 3 else "split-term", f"step {i}") for i in range(30))
    text = replace(VERDICT, presolve=steps).report()
    assert "  presolve split-term: 10 times\n" in text
    assert "  presolve twin-capping: 20 times\n" in text
    assert "step 7" not in text
