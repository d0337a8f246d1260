"""What a part of the campaign counts, and what it found wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

__all__ = ["COUNTS", "Tally"]

COUNTS = ("masks", "comparisons", "undecided", "certificates", "mutants", "accepted", "accepted_false")
"""The counts that every summary shows; parts add others of their own."""


@dataclass
class Tally:
    """Counts by name, and one JSON object for each disagreement: part, trial, what was said, and the smallest mask."""

    counts: Counter[str] = field(default_factory=Counter)
    disagreements: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, number: int = 1) -> None:
        self.counts[name] += number

    def disagree(self, what: str, **details: Any) -> None:
        self.disagreements.append({"what": what, **details})

    def merge(self, other: Tally) -> None:
        self.counts.update(other.counts)
        self.disagreements += other.disagreements
