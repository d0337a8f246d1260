"""The results of a batch as JUnit XML, which CI systems show as a table of tests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from qeclose.batch.output.record import status, unexpected
from qeclose.decide.verdict import Status

if TYPE_CHECKING:
    from qeclose.batch.run import Finished

__all__ = ["junit_xml"]

# What XML 1.0 cannot hold, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(results: Sequence[Finished]) -> str:
    """One test case an item: red exactly if the item alone would give an exit status other than 0."""
    errors = (Status.BAD_INPUT, Status.ENGINE_FAILURE)
    statuses = [status(found.record, found.item.expected) for found in results]
    suite = ElementTree.Element(
        "testsuite",
        name="qeclose batch",
        tests=str(len(results)),
        errors=str(sum(found in errors for found in statuses)),
        failures=str(sum(found in (Status.ILL_POSED, Status.UNDECIDED) for found in statuses)),
        skipped="0",
        time=_seconds(sum(found.record["seconds"] for found in results)),
    )
    for found, outcome in zip(results, statuses, strict=True):
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=_text(found.item.source),
            name=_text(found.item.name or found.item.source),
            time=_seconds(found.record["seconds"]),
        )
        if outcome is not Status.WELL_POSED:
            tag = "error" if outcome in errors else "failure"
            verdict = found.record["verdict"]
            problem = _text(f"{verdict}: {unexpected(found.record, found.item.expected)}")
            mark = ElementTree.SubElement(case, tag, type=verdict, message=problem)
            mark.text = "\n".join(map(_text, [*found.record["failures"], *found.record["warnings"]]))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"
