"""One support of a batch, or what stands in for it if it cannot be read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, final

from qeclose.support.canonical import digest

if TYPE_CHECKING:
    from qeclose.decide.options import Options
    from qeclose.decide.verdict import Answer
    from qeclose.support.bounded import BoundedSupport
    from qeclose.support.model import Support

__all__ = ["Item"]


@final
@dataclass(frozen=True)
class Item:
    """A support to decide with its options and the verdict expected of it, if any.

    A malformed item has no support, and ``problem`` says what is wrong with it, on one line; ``late`` if that is only
    that it could not be read in time.
    """

    source: str
    name: str
    options: Options
    support: Support | BoundedSupport | None = None
    problem: str = ""
    expected: Answer | None = None
    late: bool = False

    @cached_property
    def identity(self) -> str:
        """A digest of the path, the block's name, the masks and the options that decide the answer.

        The same item of the same batch has it in every run; a changed file gives new ones.
        """
        content = self.problem if self.support is None else digest(self.support)
        parts = [self.source, self.name, content, *self.options.decisive()]
        return sha256(json.dumps(parts).encode()).hexdigest()[:32]

    @property
    def title(self) -> str:
        """How tables call it: the path, and the block's name unless the path tells."""
        from pathlib import Path

        plain = self.name in ("", Path(self.source).stem)
        return self.source if plain else f"{self.source} {self.name}"
