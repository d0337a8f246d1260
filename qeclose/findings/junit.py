"""Findings as JUnit XML, which CI systems show as a table of tests."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from qeclose.decide.verdict import Status
from qeclose.findings.finding import Finding

__all__ = ["junit_xml"]

# What XML 1.0 cannot hold, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ERRORS = (Status.BAD_INPUT, Status.ENGINE_FAILURE)
_FAILURES = (Status.ILL_POSED, Status.UNDECIDED)


def junit_xml(findings: list[Finding]) -> str:
    """One test case a support, with its file and line: red exactly if it alone would give an exit status other than 0.

    A mask that is known to be ill-posed is skipped.
    """
    suite = ElementTree.Element(
        "testsuite",
        name="qeclose",
        tests=str(len(findings)),
        errors=str(sum(one.status in _ERRORS for one in findings)),
        failures=str(sum(one.status in _FAILURES for one in findings)),
        skipped=str(sum(one.known for one in findings)),
        time=_seconds(sum(one.seconds for one in findings)),
    )
    for finding in findings:
        suite.append(_case(finding))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _case(finding: Finding) -> ElementTree.Element:
    file, line, _ = finding.place
    case = ElementTree.Element(
        "testcase",
        classname=_text(finding.source),
        name=_text(finding.name or finding.source),
        file=_text(file),
        time=_seconds(finding.seconds),
    )
    if line:
        case.set("line", str(line))
    if finding.problem:
        tag = "error" if finding.status in _ERRORS else "failure"
        told = _text(f"{finding.verdict}: {finding.problem}")
        mark = ElementTree.SubElement(case, tag, type=finding.verdict, message=told)
        mark.text = "\n".join(map(_text, finding.details))
    elif finding.known:
        ElementTree.SubElement(case, "skipped", message=_text(f"known: {finding.message}"))
    return case


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"
