"""The table's entries, read from the package's data when they are first asked for.

``scripts/build_table.py`` writes the data from the files of ``scripts/census.py``.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, final

from qeclose.support.mask import Mask
from qeclose.support.model import Support
from qeclose.table.types import Types

__all__ = ["DATA", "RANKS", "Entry", "entries", "written"]

RANKS = (1, 2, 3)

DATA = Path(__file__).with_name("entries.jsonl.gz")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A minimal ill-posed pair of types or a maximal well-posed one, with the proof (docs/certificates.md).

    The proof is about ``support``: rows and columns in the order of the types, terms 0 … rank − 1.
    """

    rank: int
    rows: Types
    columns: Types
    closed: bool
    proof: dict[str, Any]

    @property
    def support(self) -> Support:
        """The support with these rows and columns."""
        return Support(Mask(self.rows, self.rank), Mask(self.columns, self.rank))


@cache
def entries(rank: int) -> tuple[Entry, ...]:
    """The entries of a rank: obstructions, then closed pairs, in each group those with short proofs first."""
    with gzip.open(DATA, "rt") as file:
        read = [json.loads(line) for line in file]
    return tuple(
        Entry(line["rank"], tuple(line["rows"]), tuple(line["columns"]), line["closed"], line["proof"])
        for line in read
        if line["rank"] == rank
    )


def written(listed: Iterable[Entry]) -> bytes:
    """The content of ``DATA``: the same bytes for the same entries."""
    lines = sorted(
        (entry.rank, entry.closed, len(text), text) for entry in listed for text in (_line(entry),)
    )
    return gzip.compress("".join(f"{text}\n" for *_, text in lines).encode(), mtime=0)


def _line(entry: Entry) -> str:
    line = {name: getattr(entry, name) for name in entry.__slots__}
    return json.dumps(line, separators=(",", ":"))
