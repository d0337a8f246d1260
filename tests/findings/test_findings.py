"""What CI systems read: places, levels, and the shape that each format demands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from qeclose.decide.verdict import Status
from qeclose.errors import InputError
from qeclose.findings.baseline import Baseline, baseline_text
from qeclose.findings.finding import Finding
from qeclose.findings.formats import laid_out
from qeclose.findings.rules import RULES

BLOCKS = "# two\n== first ==\nI:\n1\nJ:\n1\n\n== the second ==\nI:\n10\n11\nJ:\n10\n11\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.txt").write_text(BLOCKS)
    return tmp_path


def ill(source: str = "two.txt", name: str = "the second", mask: str = "d1", **more: Any) -> Finding:
    return Finding(source, name, "ill-posed", Status.ILL_POSED, "bad", "why", mask=mask, **more)


def everything() -> list[Finding]:
    return [
        Finding("two.txt", "first", "well-posed", Status.WELL_POSED, reason="good"),
        ill(),
        Finding("two.txt", "first", "well-posed", Status.ILL_POSED, "expected ill-posed; good"),
        Finding("a b#c:%ü.npz", "x", "undecided", Status.UNDECIDED, "time"),
        Finding("no.txt", "", "malformed", Status.BAD_INPUT, "no.txt:3:7: wrong"),
        Finding("/abs/x.txt", "", "undecided", Status.ENGINE_FAILURE, "z3 crashed", details=("a\x1bb",)),
        Finding("two.txt", "the second", "ill-posed", Status.WELL_POSED, "", "why", mask="d2", known=True),
    ]


def test_a_finding_stands_where_its_block_begins_or_where_a_malformed_file_breaks(folder):
    assert [one.place for one in everything()] == [
        ("two.txt", 2, 0), ("two.txt", 8, 0), ("two.txt", 2, 0), ("a b#c:%ü.npz", 0, 0), ("no.txt", 3, 7),
        ("/abs/x.txt", 0, 0), ("two.txt", 8, 0),
    ]  # fmt: skip


def test_a_text_without_blocks_stands_where_its_first_section_begins(folder):
    (folder / "plain.txt").write_text("# a comment\n\nJT:\n1\nI:\n1\n")
    assert ill("plain.txt", "plain").place == ("plain.txt", 3, 0)


def test_paths_are_relative_to_the_workspace_of_the_job(folder, monkeypatch):
    monkeypatch.setenv("CI_PROJECT_DIR", str(folder))
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    (issue,) = json.loads(laid_out([ill("../two.txt")], "gitlab"))
    assert issue["location"] == {"path": "two.txt", "lines": {"begin": 8}}


def test_sarif_has_all_that_the_standard_demands(folder):
    log = json.loads(laid_out(everything(), "sarif", baseline=True))
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "qeclose" and re.fullmatch(r"\d+\.\d+\.\d+", driver["semanticVersion"])
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids) == len(RULES)
    assert all(rule["shortDescription"]["text"].endswith(".") for rule in driver["rules"])
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    assert run["invocations"] == [{"executionSuccessful": False}]
    assert [result["ruleId"] for result in run["results"]] == [
        "ill-posed", "unexpected", "undecided", "malformed", "engine-failure", "ill-posed",
    ]  # fmt: skip
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"].isprintable()
        assert all(isinstance(value, str) and value for value in result["partialFingerprints"].values())
        assert result["baselineState"] == ("unchanged" if "suppressions" in result else "new")
        (location,) = result["locations"]
        where = location["physicalLocation"]
        uri = where["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+", uri)
        assert urlsplit(uri).scheme in ("", "file") and not urlsplit(uri).fragment
        assert all(
            where.get("region", {"startLine": 1}).get(key, 1) >= 1 for key in ("startLine", "startColumn")
        )
    assert run["results"][3]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 3,
        "startColumn": 7,
    }
    (suppression,) = run["results"][-1]["suppressions"]
    assert suppression["kind"] in ("inSource", "external")


def test_sarif_without_a_baseline_says_nothing_of_what_is_new(folder):
    (run,) = json.loads(laid_out([ill()], "sarif"))["runs"]
    assert "baselineState" not in run["results"][0] and run["invocations"][0]["executionSuccessful"] is True


def test_gitlab_gets_an_issue_for_each_finding_that_fails(folder):
    issues = json.loads(laid_out(everything(), "gitlab"))
    assert [issue["severity"] for issue in issues] == ["major", "major", "minor", "critical", "critical"]
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    assert all(issue["location"]["lines"]["begin"] >= 1 for issue in issues)


def test_github_gets_a_command_for_each_finding_that_fails(folder):
    lines = laid_out(everything(), "github").splitlines()
    assert len(lines) == 5
    assert lines[0] == "::error file=two.txt,line=8,title=qeclose%3A two.txt the second::ill-posed: bad"
    assert lines[2].startswith("::warning file=a b#c%3A%25ü.npz,title=")


def test_junit_has_file_and_line_of_every_case_and_skips_what_is_known(folder):
    suite = ElementTree.fromstring(laid_out(everything(), "junit").encode()).find("testsuite")  # noqa: S314 - ours
    cases = suite.findall("testcase")
    assert [(case.get("file"), case.get("line")) for case in cases][:3] == [
        ("two.txt", "2"), ("two.txt", "8"), ("two.txt", "2"),
    ]  # fmt: skip
    assert [[child.tag for child in case] for case in cases] == [
        [], ["failure"], ["failure"], ["failure"], ["error"], ["error"], ["skipped"],
    ]  # fmt: skip
    assert {key: suite.get(key) for key in ("tests", "errors", "failures", "skipped")} == {
        "tests": "7", "errors": "2", "failures": "3", "skipped": "1",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["github", "gitlab", "sarif", "junit"])
def test_nothing_found_is_written_too(kind):
    assert laid_out([], kind) or kind == "github"


def baseline(folder: Path, *known: Finding) -> Baseline:
    (folder / "known.json").write_text(baseline_text(known, str(folder / "known.json")))
    return Baseline.read(str(folder / "known.json"))


def test_a_known_mask_does_not_fail_and_a_changed_or_renamed_or_moved_one_does(folder):
    known = baseline(folder, ill())
    met = known.judged(ill())
    assert (met.known, met.status, met.problem) == (True, Status.WELL_POSED, "")
    for other in (ill(mask="other"), ill(name="first"), ill("sub/two.txt")):
        assert known.judged(other) == other


def test_only_what_is_ill_posed_can_be_known(folder):
    known = baseline(folder, ill())
    for verdict, status in (("undecided", Status.UNDECIDED), ("undecided", Status.ENGINE_FAILURE)):
        finding = Finding("two.txt", "the second", verdict, status, "bad", mask="d1")
        assert known.judged(finding) == finding
    assert (
        json.loads(baseline_text([Finding("x", "", "undecided", Status.UNDECIDED, "p", mask="m")], "b"))[
            "known"
        ]
        == []
    )


def test_a_baseline_is_about_files_whatever_the_working_directory(folder, monkeypatch):
    known = baseline(folder, ill())
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    assert known.judged(ill("../two.txt")).known and known.judged(ill(str(folder / "two.txt"))).known


def test_entries_that_are_of_no_use_any_more_are_told(folder):
    known = baseline(folder, ill(), ill(name="gone"))
    known.judged(ill())
    assert known.left() == ["two.txt gone"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "1:2"), ("[]", "1:1"), ('{"schema": 2, "known": []}', "1:1"), ('{"schema": 1}', "1:1"),
        ('{"schema": 1, "known": [{"path": "x"}]}', "0:0"), ("[" * 100_000, "1:1"), ("\xff", "1:1"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_baseline_is_an_error_at_its_place(folder, text, place):
    (folder / "b.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=rf"b\.json:{place}: "):
        Baseline.read("b.json")
