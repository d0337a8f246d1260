"""The formats of ``--output-format``."""

from __future__ import annotations

from qeclose.findings.finding import Finding
from qeclose.findings.github import github_commands
from qeclose.findings.gitlab import gitlab_report
from qeclose.findings.junit import junit_xml
from qeclose.findings.sarif import sarif_log

__all__ = ["laid_out"]


def laid_out(findings: list[Finding], kind: str, *, baseline: bool = False) -> str:
    """All findings in one of the formats github, gitlab, sarif and junit; ``baseline``: some may be known."""
    match kind:
        case "github":
            return github_commands(findings)
        case "gitlab":
            return gitlab_report(findings)
        case "sarif":
            return sarif_log(findings, baseline=baseline)
        case "junit":
            return junit_xml(findings)
        case _:
            raise ValueError(f"no format is called {kind!r}")
