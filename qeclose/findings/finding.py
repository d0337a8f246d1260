"""One support with its verdict, as a CI job sees it: where it stands, and whether it makes the job fail."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import final
from urllib.parse import quote

from qeclose.decide.verdict import Status
from qeclose.errors import InputError
from qeclose.files.opening import STDIN, read_bytes
from qeclose.files.read import is_text
from qeclose.files.text import block_lines, decode
from qeclose.report.drawing import clean

__all__ = ["MALFORMED", "Finding"]

MALFORMED = "malformed"
"""What stands in place of a verdict if there was no support to decide."""

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<problem>.*)", re.DOTALL)


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """What came out for one support.

    ``status`` is its exit status if it were alone, ``problem`` what is wrong, "" exactly if the status is 0. ``known``: it is
    ill-posed and in the baseline, so that its status is 0 although there is something to say, ``reason``.
    """

    source: str
    name: str
    verdict: str
    status: Status
    problem: str = ""
    reason: str = ""
    seconds: float = 0.0
    details: tuple[str, ...] = ()
    mask: str = ""
    known: bool = False

    @property
    def title(self) -> str:
        """How a list calls it: the path, and the block's name unless the path tells."""
        plain = self.name in ("", Path(self.source).stem)
        return self.source if plain else f"{self.source} {self.name}"

    @property
    def message(self) -> str:
        """What is wrong, in words that stand alone."""
        place = self._told_place()
        told = self.reason if self.known else self.problem
        return place["problem"] if place else f"{self.verdict}: {told}"

    @property
    def place(self) -> tuple[str, int, int]:
        """The file, the line and the column that this is about; 0 where there is none.

        A malformed file's is where it breaks; another support's is where its block begins.
        """
        place = self._told_place()
        if place:
            return place["file"], int(place["line"]), int(place["column"])
        line = _block_lines(self.source).get(self.name) or _block_lines(self.source).get("", 0)
        return self.source, line, 0

    @property
    def fingerprint(self) -> str:
        """A digest of the file, the name, the masks and the verdict: the same in the next run if these are."""
        parts = "\0".join((in_workspace(self.source), self.name, self.mask, self.verdict))
        return sha256(parts.encode("utf-8", "surrogateescape")).hexdigest()

    def _told_place(self) -> re.Match[str] | None:
        return _PLACE.fullmatch(self.problem) if self.verdict == MALFORMED else None


@lru_cache(maxsize=64)
def _block_lines(source: str) -> dict[str, int]:
    """Where the blocks of a text file begin; nothing for files of other kinds, and those that are gone by now."""
    if source == STDIN or not is_text(source):
        return {}
    try:
        return block_lines(decode(read_bytes(source), source))
    except InputError:
        return {}


def in_workspace(source: str) -> str:
    """The path relative to the root of the workspace, wherever the job runs in it, as CI systems want it."""
    root = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR")
    if source == STDIN:
        return source
    if not root:
        return source.removeprefix("./")
    relative = os.path.relpath(Path(source).resolve(), Path(root).resolve())
    return source if relative.startswith("..") else relative


def as_uri(source: str) -> str:
    """The path as a URI, relative to the workspace if it lies there."""
    path = in_workspace(source)
    if Path(path).is_absolute():
        return Path(path).as_uri()
    # A first part with a colon would be read as a scheme.
    return quote(path.encode("utf-8", "surrogateescape"), safe="/-._~!$&'()*+,;=@")


def plainly(text: str) -> str:
    """The text, line by line, without what would drive a terminal."""
    return "\n".join(map(clean, text.replace("\r", "\n").split("\n")))
