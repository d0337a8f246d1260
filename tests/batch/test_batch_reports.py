"""Statuses, the JUnit report, and what a batch shows."""

from __future__ import annotations

import io
from typing import Any
from xml.etree import ElementTree

import pytest

from qeclose.batch.output.display import Display, item_line
from qeclose.batch.output.findings import finding_of
from qeclose.batch.output.record import Tally, malformed, record, status, translated
from qeclose.batch.requests.item import Item
from qeclose.batch.run import Finished
from qeclose.batch.workers.task import failure
from qeclose.decide.options import Options
from qeclose.decide.words import explained
from qeclose.findings.finding import Finding
from qeclose.findings.github import annotation
from qeclose.findings.junit import junit_xml
from qeclose.support import generate
from qeclose.support.relabelling import Relabelling

LU = generate("lu", "2")


def _finished(verdict: str, expected: Any = None, reason: str = "why", failures: Any = ()) -> Finished:
    if verdict == "malformed":
        item = Item("dir/a.txt", "", Options(), problem=reason, expected=expected)
        return Finished(0, item, record(item, malformed(reason)))
    item = Item("dir/a.txt", "block", Options(), LU, expected=expected)
    result = {**failure(reason, limit=True), "verdict": verdict, "failures": list(failures), "seconds": 1.5}
    said = translated(result, LU, Relabelling.identity((2, 2, 2)))
    return Finished(0, item, record(item, said))


def _found(*given: Any, **more: Any) -> Finding:
    return finding_of(_finished(*given, **more))


EVERYTHING = [
    ("well-posed", None, (), 0),
    ("ill-posed", None, (), 1),
    ("undecided", None, (), 3),
    ("undecided", None, ("z3 crashed",), 4),
    ("malformed", None, (), 2),
    ("well-posed", "well-posed", (), 0),
    ("ill-posed", "ill-posed", (), 0),
    ("undecided", "undecided", (), 0),
    ("well-posed", "ill-posed", (), 1),
    ("ill-posed", "well-posed", (), 1),
    ("ill-posed", "undecided", (), 1),
    ("well-posed", "undecided", (), 1),
    ("undecided", "ill-posed", (), 3),
    ("undecided", "undecided", ("z3 crashed",), 4),
    ("malformed", "ill-posed", (), 2),
]


@pytest.mark.parametrize(("verdict", "expected", "failures", "wanted"), EVERYTHING)
def test_the_status_of_an_item_follows_the_contract(
    verdict: str, expected: Any, failures: Any, wanted: int
) -> None:
    found = _finished(verdict, expected, failures=failures)
    assert status(found.record, expected) == wanted


def test_the_worst_status_counts_and_the_summary_names_everything() -> None:
    tally = Tally()
    worst = []
    for verdict, expected, failures, _ in [
        EVERYTHING[0],
        EVERYTHING[2],
        *EVERYTHING[8:10],
        EVERYTHING[3],
        EVERYTHING[4],
    ]:
        found = _finished(verdict, expected, failures=failures)
        tally.add(found.record, expected)
        worst.append(int(tally.worst))
    assert worst == [0, 3, 1, 1, 4, 2]
    assert tally.summary() == (
        "6 items: 2 well-posed, 1 ill-posed, 2 undecided, 1 malformed, 1 failed, 2 not as expected"
    )


def _parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.encode())  # noqa: S314 - our own


def test_junit_is_red_exactly_where_the_status_is_not_0() -> None:
    results = [_finished(*case[:2], failures=case[2]) for case in EVERYTHING]
    suite = _parsed(junit_xml(list(map(finding_of, results)))).find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert [case.find("failure") is not None or case.find("error") is not None for case in cases] == [
        wanted != 0 for *_, wanted in EVERYTHING
    ]
    counts = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {
        "tests": len(EVERYTHING),
        "failures": len(suite.findall("testcase/failure")),
        "errors": len(suite.findall("testcase/error")),
        "skipped": 0,
    }
    assert cases[0].attrib == {
        "classname": "dir/a.txt", "name": "block", "file": "dir/a.txt", "time": "1.500"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<&>\"']]>", "<&>\"']]>"),
        ("bell \x07 and null \x00", "bell \ufffd and null \ufffd"),
        ("\ud800 \ufffe", "\ufffd \ufffd"),
        ("two\nlines", "two\nlines"),
        ("ü∀", "ü∀"),
    ],
)
def test_junit_holds_whatever_text_there_is(text: str, shown: str) -> None:
    (error,) = _parsed(junit_xml([_found("malformed", reason=text)])).iter("error")
    assert error.attrib["message"] == f"malformed: {shown}"


def test_the_line_of_an_item_says_what_is_wrong_or_on_request_why() -> None:
    assert item_line(_finished("well-posed")) == "well-posed dir/a.txt block"
    assert item_line(_finished("well-posed"), verbose=True) == "well-posed dir/a.txt block: " + explained(
        "well-posed", "why"
    )
    assert item_line(_finished("well-posed", "ill-posed", "two\nlines")) == (
        "well-posed dir/a.txt block: expected ill-posed; " + explained("well-posed", "two lines")
    )


def test_annotations_point_to_the_line_and_escape_what_github_would_misread() -> None:
    assert annotation(_found("well-posed")) is None
    assert annotation(_found("malformed", reason="m,x.toml:7:2: 100% wrong\nreally")) == (
        "::error file=m%2Cx.toml,line=7,col=2,title=qeclose%3A dir/a.txt::100%25 wrong%0Areally"
    )
    assert annotation(_found("undecided")) == (
        "::warning file=dir/a.txt,title=qeclose%3A dir/a.txt block::undecided: no answer was found; why"
    )


def _shown(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, actions: str, quiet: bool = False
) -> tuple[str, str]:
    monkeypatch.setenv("GITHUB_ACTIONS", actions)
    lines = io.StringIO()
    tally = Tally()
    display = Display(tally, 2, lines=None if quiet else lines, live=False, quiet=quiet, verbose=False)
    found = _finished("ill-posed")
    found.record["warnings"] = ["take care"]
    with display.running():
        for _ in range(2):
            tally.add(found.record, None)
            display.show(found)
    assert display.summary().startswith("2 items: 2 ill-posed (")
    return lines.getvalue(), capsys.readouterr().err


def test_a_batch_shows_a_line_an_item_and_each_warning_once(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    lines, err = _shown(monkeypatch, capsys, "")
    assert lines == f"ill-posed  dir/a.txt block: {explained('ill-posed', 'why')}\n" * 2
    assert err == "qeclose: dir/a.txt block: warning: take care\n"


def test_a_quiet_batch_shows_neither(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert _shown(monkeypatch, capsys, "", quiet=True) == ("", "")


def test_annotations_are_given_under_github_actions(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    _, err = _shown(monkeypatch, capsys, "true", quiet=True)
    assert err.count("::error file=dir/a.txt") == 2
