"""What a command line or a manifest asks for, before its files are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from qeclose.batch.requests.item import Item

if TYPE_CHECKING:
    from qeclose.decide.options import Options
    from qeclose.decide.verdict import Answer

__all__ = ["Request"]


@final
@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of the supports in one file: all of them, or the one called ``block``."""

    path: str
    options: Options
    expected: Answer | None = None
    block: str = ""
    origin: str = ""

    def malformed(self, problem: str) -> Item:
        """The item that reports ``problem``; a mistake in a manifest is told where it stands there."""
        where = f"{self.origin}: " if self.origin else ""
        return Item(self.path, self.block, self.options, problem=where + problem, expected=self.expected)
