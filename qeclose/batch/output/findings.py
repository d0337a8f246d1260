"""The results of a batch as findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qeclose.batch.output.record import status, unexpected
from qeclose.findings.finding import Finding
from qeclose.support.canonical import digest

if TYPE_CHECKING:
    from qeclose.batch.run import Finished

__all__ = ["finding_of"]


def finding_of(found: Finished) -> Finding:
    """What a CI job sees of an item."""
    record, item = found.record, found.item
    problem = unexpected(record, item.expected)
    return Finding(
        item.source,
        item.name,
        record["verdict"],
        status(record, item.expected),
        problem,
        record["reason"] or "",
        record["seconds"] or 0.0,
        (*record["failures"], *record["warnings"]),
        digest(item.support) if item.support is not None and record["verdict"] != "well-posed" else "",
    )
