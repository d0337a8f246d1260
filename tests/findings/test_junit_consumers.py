"""JUnit XML against what its readers ask for. It has no standard: these are the demands that the common ones share.

Jenkins, GitLab, GitHub's report actions, Azure Pipelines and CircleCI read ``testsuite`` elements with counts, and in them
``testcase`` elements told apart by ``classname`` and ``name``, each with at most one outcome.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from qeclose.decide.verdict import Status
from qeclose.findings.finding import Finding
from qeclose.findings.formats import laid_out

OUTCOMES = ("failure", "error", "skipped")
DECIMAL = re.compile(r"\d+\.\d+")


def demanded(text: bytes) -> list[ElementTree.Element]:
    """The test cases of a report that has all that is asked for."""
    root = ElementTree.fromstring(text)  # noqa: S314 - ours
    assert text.startswith(b'<?xml version="1.0" encoding="UTF-8"?>') and root.tag == "testsuites"
    cases = []
    for suite in root:
        assert suite.tag == "testsuite" and suite.get("name")
        inside = list(suite)
        assert {case.tag for case in inside} <= {"testcase"}
        counts = Counter(child.tag for case in inside for child in case)
        told = {key: int(suite.attrib[key]) for key in ("tests", "failures", "errors", "skipped")}
        assert told == {
            "tests": len(inside), "failures": counts["failure"], "errors": counts["error"], "skipped": counts["skipped"],
        }  # fmt: skip
        # A decimal point whatever the language, no exponent, no thousands.
        assert DECIMAL.fullmatch(suite.attrib["time"])
        assert abs(float(suite.attrib["time"]) - sum(float(case.attrib["time"]) for case in inside)) < 0.01
        cases += inside
    for case in cases:
        assert case.attrib["name"] and case.attrib["classname"] and DECIMAL.fullmatch(case.attrib["time"])
        assert [child.tag in OUTCOMES for child in case] in ([], [True])
        assert case.attrib.keys() <= {"name", "classname", "time", "file", "line"}
        assert case.get("line") is None or int(case.attrib["line"]) >= 1
        for child in case:
            assert child.attrib["message"] and (child.tag == "skipped" or child.attrib["type"])
            assert not list(child)
    keys = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(set(keys)) == len(keys), "readers would take two cases for one"
    return cases


def test_a_report_of_every_kind_of_finding_has_what_readers_ask_for() -> None:
    findings = [
        Finding("a.txt", "", "well-posed", Status.WELL_POSED, "", "why", 1.25),
        Finding("a b#c:%ü.txt", "x", "ill-posed", Status.ILL_POSED, "ill", "why", 1234.5, ("one", "two\x00")),
        Finding("a.txt", "y<&>\"'", "undecided", Status.UNDECIDED, "late\nand later", "", 0.0001),
        Finding("a.txt", "z\x1b", "undecided", Status.ENGINE_FAILURE, "crash \ufffe \ud800", "", 1e-9),
        Finding("no.txt", "", "malformed", Status.BAD_INPUT, "no.txt:3:7: ]]> wrong"),
        Finding("a.txt", "k", "ill-posed", Status.WELL_POSED, "", "why", mask="e", known=True),
    ]
    cases = demanded(laid_out(findings, "junit").encode())
    assert [[child.tag for child in case] for case in cases] == [
        [], ["failure"], ["failure"], ["error"], ["error"], ["skipped"],
    ]  # fmt: skip
    assert cases[2].get("name") == "y<&>\"'"


def test_an_empty_report_is_one_too() -> None:
    assert demanded(laid_out([], "junit").encode()) == []


def test_what_the_commands_write_has_what_readers_ask_for(tmp_path: Path) -> None:
    (tmp_path / "lü 2.txt").write_text("== one ==\nI:\n10\n11\nJ:\n10\n11\n== two ==\nI:\n1\nJ:\n1\n")
    (tmp_path / "no.txt").write_text("I:\n1\nJ:\n12x\n")
    commands = (["check", "lü 2.txt", "no.txt"], ["batch", "--no-cache", "--jobs", "1", "."])
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "qeclose", *command, "--output-format", "junit"],
            cwd=tmp_path, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        cases = demanded(done.stdout)
        places = [(case.get("file"), case.get("line"), [child.tag for child in case]) for case in cases]
        assert places == [
            ("lü 2.txt", "1", ["failure"]), ("lü 2.txt", "8", []), ("no.txt", "4", ["error"]),
        ]  # fmt: skip
