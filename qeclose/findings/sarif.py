"""Findings as SARIF 2.1.0 (OASIS standard, 27 March 2020), which code scanning services read."""

from __future__ import annotations

import json
from typing import Any

from qeclose import __version__
from qeclose.decide.verdict import Status
from qeclose.findings.finding import Finding, as_uri, plainly
from qeclose.findings.rules import RULES, rule_of

__all__ = ["sarif_log"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_FAILED = (Status.BAD_INPUT, Status.ENGINE_FAILURE)


def sarif_log(findings: list[Finding], *, baseline: bool = False) -> str:
    """A log with one run: a result for each finding that makes the job fail, and, suppressed, for each known one.

    With a ``baseline`` each result says whether it is new (section 3.27.24).
    """
    run: dict[str, Any] = {
        "tool": {"driver": _driver()},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not any(one.status in _FAILED for one in findings)}],
        "results": [_result(one, baseline) for one in findings if one.problem or one.known],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _driver() -> dict[str, Any]:
    rules = [
        {
            "id": rule.name,
            "shortDescription": {"text": rule.short},
            "fullDescription": {"text": f"{rule.short} {rule.help}"},
            "help": {"text": rule.help},
        }
        for rule in RULES
    ]
    return {"name": "qeclose", "version": __version__, "semanticVersion": __version__, "rules": rules}


def _result(finding: Finding, baseline: bool) -> dict[str, Any]:
    rule = rule_of(finding)
    result: dict[str, Any] = {
        "ruleId": rule.name,
        "ruleIndex": RULES.index(rule),
        "level": "warning" if finding.status is Status.UNDECIDED or finding.known else "error",
        "message": {"text": plainly(f"{finding.title}: {finding.message}")},
        "partialFingerprints": {"maskAndVerdict/v1": finding.fingerprint},
        "locations": [_location(finding)],
    }
    if baseline:
        result["baselineState"] = "unchanged" if finding.known else "new"
    if finding.known:
        result["suppressions"] = [{"kind": "external", "justification": "in the baseline"}]
    return result


def _location(finding: Finding) -> dict[str, Any]:
    file, line, column = finding.place
    physical: dict[str, Any] = {"artifactLocation": {"uri": as_uri(file)}}
    if line:
        physical["region"] = {"startLine": line, **({"startColumn": column} if column else {})}
    return {"physicalLocation": physical}
