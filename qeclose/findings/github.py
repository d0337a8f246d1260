"""Findings as workflow commands, which GitHub Actions shows at their file and line."""

from __future__ import annotations

from qeclose.decide.verdict import Status
from qeclose.findings.finding import Finding, in_workspace, plainly

__all__ = ["annotation", "github_commands"]


def github_commands(findings: list[Finding]) -> str:
    """A line for each finding that makes the job fail."""
    return "".join(f"{line}\n" for finding in findings if (line := annotation(finding)))


def annotation(finding: Finding) -> str | None:
    """The workflow command that shows what is wrong; None if nothing is."""
    if not finding.problem:
        return None
    file, line, column = finding.place
    properties = {"file": in_workspace(file), "line": str(line), "col": str(column)}
    properties["title"] = f"qeclose: {finding.title}"
    level = "warning" if finding.status is Status.UNDECIDED else "error"
    told = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in properties.items() if value != "0")
    return f"::{level} {told}::{_escaped(finding.message, '')}"


def _escaped(text: str, further: str) -> str:
    text = plainly(text)
    # The percent sign first, since escaping makes more of them.
    for character in "%\r\n" + further:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
