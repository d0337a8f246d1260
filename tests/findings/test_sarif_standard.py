"""SARIF logs against the standard, object by object: what must be there, what may be, and of which kind.

No package that is kept up ships the standard's JSON schema, so the part of it that our logs use is written down here, by
section of "Static Analysis Results Interchange Format (SARIF) Version 2.1.0". A property that is not listed is refused: who
writes a new one looks it up first.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from qeclose.decide.verdict import Status
from qeclose.findings.finding import Finding
from qeclose.findings.formats import laid_out

Check = Callable[[Any], bool]


@dataclass(frozen=True)
class Object:
    """An object of the standard: its properties, those that must be there, and sets of which at least one must."""

    properties: Mapping[str, Check | str | list[str]]
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = field(default=())


def text(value: Any) -> bool:
    return isinstance(value, str)


def whole(least: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


def among(*values: str) -> Check:
    return lambda value: value in values


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def words(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def reference(value: Any) -> bool:
    """A URI reference (RFC 3986): no blanks, nothing that is not ASCII, and ``%`` only before two digits."""
    unreserved = re.fullmatch(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+", value)
    return unreserved is not None and urlsplit(value).scheme in ("", "file")


def semantic(value: Any) -> bool:
    return (
        re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", value)
        is not None
    )


# A name stands for an object, a list of one for an array of such objects.
STANDARD = {
    "sarifLog (3.13)": Object(
        {"$schema": text, "version": among("2.1.0"), "runs": ["run (3.14)"]}, required=("version", "runs")
    ),
    "run (3.14)": Object(
        {
            "tool": "tool (3.18)",
            "invocations": ["invocation (3.20)"],
            "results": ["result (3.27)"],
            "columnKind": among("utf16CodeUnits", "unicodeCodePoints"),
        },
        required=("tool",),
    ),
    "tool (3.18)": Object({"driver": "toolComponent (3.19)"}, required=("driver",)),
    "toolComponent (3.19)": Object(
        {"name": text, "version": text, "semanticVersion": semantic, "rules": ["reportingDescriptor (3.49)"]},
        required=("name",),
    ),
    "reportingDescriptor (3.49)": Object(
        {
            "id": text,
            "shortDescription": "multiformatMessageString (3.12)",
            "fullDescription": "multiformatMessageString (3.12)",
            "help": "multiformatMessageString (3.12)",
        },
        required=("id",),
    ),
    "multiformatMessageString (3.12)": Object({"text": text, "markdown": text}, required=("text",)),
    "invocation (3.20)": Object({"executionSuccessful": flag}, required=("executionSuccessful",)),
    "result (3.27)": Object(
        {
            "ruleId": text,
            "ruleIndex": whole(-1),
            "level": among("none", "note", "warning", "error"),
            "message": "message (3.11)",
            "locations": ["location (3.28)"],
            "partialFingerprints": words,
            "baselineState": among("new", "unchanged", "updated", "absent"),
            "suppressions": ["suppression (3.35)"],
        },
        required=("message",),
    ),
    "message (3.11)": Object({"text": text, "markdown": text, "id": text}, one_of=("text", "id")),
    "location (3.28)": Object({"physicalLocation": "physicalLocation (3.29)"}),
    "physicalLocation (3.29)": Object(
        {"artifactLocation": "artifactLocation (3.4)", "region": "region (3.30)"},
        one_of=("artifactLocation", "address"),
    ),
    "artifactLocation (3.4)": Object({"uri": reference, "uriBaseId": text, "index": whole(-1)}),
    "region (3.30)": Object(
        {"startLine": whole(1), "startColumn": whole(1), "endLine": whole(1), "endColumn": whole(1)}
    ),
    "suppression (3.35)": Object(
        {"kind": among("inSource", "external"), "justification": text}, required=("kind",)
    ),
}


def faults(value: Any, name: str = "sarifLog (3.13)", where: str = "$") -> list[str]:
    """What in the value is not as the object of that name has to be."""
    wanted = STANDARD[name]
    if not isinstance(value, dict):
        return [f"{where} is no object: {name}"]
    found = [f"{where}.{key} is none of {name}" for key in value.keys() - wanted.properties.keys()]
    found += [f"{where}.{key} is missing: {name}" for key in wanted.required if key not in value]
    if wanted.one_of and not any(key in value for key in wanted.one_of):
        found.append(f"{where} has none of {wanted.one_of}: {name}")
    for key, one in value.items():
        match wanted.properties.get(key):
            case str() as inner:
                found += faults(one, inner, f"{where}.{key}")
            case [inner]:
                if not isinstance(one, list):
                    found.append(f"{where}.{key} is no array")
                    continue
                for place, element in enumerate(one):
                    found += faults(element, inner, f"{where}.{key}[{place}]")
            case None:
                pass
            case check:
                assert callable(check)
                found += [] if check(one) else [f"{where}.{key} = {one!r} is not as {name} demands"]
    return found


def of_every_kind() -> list[Finding]:
    verdicts = [
        ("well-posed", Status.WELL_POSED), ("well-posed", Status.ILL_POSED), ("ill-posed", Status.ILL_POSED),
        ("undecided", Status.UNDECIDED), ("undecided", Status.ENGINE_FAILURE), ("malformed", Status.BAD_INPUT),
    ]  # fmt: skip
    files = ["masks/a.txt", "a b#c:%ü?.npz", "/abs/x.txt", "-", "../up.csv"]
    found = [
        Finding(file, name, verdict, status, "" if status is Status.WELL_POSED else f"{file}:3:7: pröblem", "why", mask="d")
        for file in files
        for name in ("", "a block\x07")
        for verdict, status in verdicts
    ]  # fmt: skip
    known = Finding("m.txt", "k", "ill-posed", Status.WELL_POSED, "", "why", mask="e", known=True)
    return [*found, known]


@pytest.mark.parametrize("baseline", [False, True])
def test_a_log_of_every_kind_of_finding_is_as_the_standard_has_it(baseline: bool) -> None:
    log = json.loads(laid_out(of_every_kind(), "sarif", baseline=baseline))
    assert faults(log) == []
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        # 3.27.7: the index and the name speak of one rule; 3.27.16: a fingerprint has a version.
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert all(re.fullmatch(r".+/v\d+", name) for name in result["partialFingerprints"])
    # Code scanning services take no rule without these, and cut them at 1024 characters.
    for rule in rules:
        assert all(
            0 < len(rule[key]["text"]) <= 1024 for key in ("shortDescription", "fullDescription", "help")
        )


def test_an_empty_log_is_one_too() -> None:
    log = json.loads(laid_out([], "sarif"))
    assert faults(log) == [] and log["runs"][0]["results"] == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda log: log.pop("version"), "$.version is missing"),
        (lambda log: log["runs"][0]["results"][0].pop("message"), "message is missing"),
        (lambda log: log["runs"][0]["results"][0].update(level="fatal"), "'fatal' is not as"),
        (lambda log: log["runs"][0]["results"][0].update(severity="high"), "severity is none of"),
        (lambda log: log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"].update(
            uri="a b.txt"), "'a b.txt' is not as"),
    ],
)  # fmt: skip
def test_the_test_itself_sees_faults(change: Callable[[Any], object], fault: str) -> None:
    log = json.loads(laid_out(of_every_kind(), "sarif"))
    change(log)
    (told,) = faults(log)
    assert fault in told


def test_what_the_command_writes_is_as_the_standard_has_it(tmp_path: Path) -> None:
    (tmp_path / "lü 2.txt").write_text("== one ==\nI:\n10\n11\nJ:\n10\n11\n")
    (tmp_path / "no.txt").write_text("I:\n1\nJ:\n12x\n")
    done = subprocess.run(
        [sys.executable, "-m", "qeclose", "check", "lü 2.txt", "no.txt", "--output-format", "sarif"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    log = json.loads(done.stdout)
    assert done.returncode == 2 and faults(log) == []
    places = [result["locations"][0]["physicalLocation"] for result in log["runs"][0]["results"]]
    assert places[0]["artifactLocation"]["uri"] == "l%C3%BC%202.txt" and places[0]["region"]["startLine"] == 1
    assert places[1]["region"] == {"startLine": 4, "startColumn": 2}
