"""What the user calls the rows, columns and terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

__all__ = ["Names"]


@final
@dataclass(frozen=True, slots=True)
class Names:
    """Names of the L + 1 layers of a support: rows of A, inner indices (the terms if L = 2), columns of A.

    A layer without names is None. Names say how to speak of a support; its masks say what it is.

    >>> Names((None, ("t1", "t2"), ("x", "y"))).columns
    ('x', 'y')
    """

    layers: tuple[tuple[str, ...] | None, ...]

    @property
    def rows(self) -> tuple[str, ...] | None:
        """The names of A's rows."""
        return self.layers[0]

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The names of A's columns."""
        return self.layers[-1]

    @property
    def terms(self) -> tuple[str, ...] | None:
        """The names of the terms of two factors, or of the first inner indices of more."""
        return self.layers[1]

    def to_json(self) -> dict[str, list[str] | list[list[str] | None] | None]:
        """``rows``, ``columns`` and ``terms`` (with more than two factors ``inner``, a list for each), null if unnamed."""
        inner = [None if layer is None else list(layer) for layer in self.layers[1:-1]]
        ends = {
            "rows": None if self.rows is None else list(self.rows),
            "columns": None if self.columns is None else list(self.columns),
        }
        return {**ends, "terms": inner[0]} if len(inner) == 1 else {**ends, "inner": inner}
