"""Findings as a code quality report of GitLab: an array of issues (its documentation, "Code Quality report format")."""

from __future__ import annotations

import json

from qeclose.decide.verdict import Status
from qeclose.findings.finding import Finding, in_workspace, plainly
from qeclose.findings.rules import rule_of

__all__ = ["gitlab_report"]

_SEVERITY = {
    Status.ILL_POSED: "major",
    Status.BAD_INPUT: "critical",
    Status.UNDECIDED: "minor",
    Status.ENGINE_FAILURE: "critical",
}


def gitlab_report(findings: list[Finding]) -> str:
    """The array, with an issue for each finding that makes the job fail."""
    issues = [
        {
            "description": plainly(f"{finding.title}: {finding.message}"),
            "check_name": f"qeclose/{rule_of(finding).name}",
            "fingerprint": finding.fingerprint,
            "severity": _SEVERITY[finding.status],
            "location": {
                "path": in_workspace(finding.place[0]),
                "lines": {"begin": max(finding.place[1], 1)},
            },
        }
        for finding in findings
        if finding.problem
    ]
    return json.dumps(issues, indent=1) + "\n"
