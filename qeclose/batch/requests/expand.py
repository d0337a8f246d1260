"""The mask files that a path, a folder or a glob means, in a reproducible order."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import final

from qeclose.errors import InputError
from qeclose.files.read import SUFFIXES, companions

__all__ = ["MASK_SUFFIXES", "Choice", "expand"]

MASK_SUFFIXES = tuple(ending + gz for ending in (".txt", ".mask", *SUFFIXES) for gz in ("", ".gz"))
"""What the files of a folder end in that are read as masks; files named one by one may end in anything."""


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the files that folders and globs lead to are read; of them, who is told which turned out to be no masks."""

    exclude: tuple[str, ...] = ()
    passed_over: Callable[[str], object] = field(default=lambda _: None)

    def takes(self, path: str) -> bool:
        """Whether this path is a regular file that is not left out."""
        # A pipe in a folder would be waited for, for ever.
        return Path(path).is_file() and not self.excludes(path)

    def excludes(self, path: str) -> bool:
        """Whether a pattern matches the name of the file or of a folder it is in, or the whole path."""
        return any(
            fnmatch(path, pattern) or any(fnmatch(part, pattern) for part in Path(path).parts)
            for pattern in self.exclude
        )


def expand(path: str, choice: Choice | None = None) -> Iterator[str | InputError]:
    """The files that ``path`` means, sorted; of files that are one support together, the first.

    A path that exists means itself, also if it contains ``*``; a glob without a match is an ``InputError``.
    """
    choice = choice or Choice()
    if path == "-" or os.path.lexists(path) or not glob.has_magic(path):
        found = _walk(path, choice) if Path(path).is_dir() else [path]
        if not found:
            yield InputError(path, 0, 0, f"no file in this folder ends in {', '.join(MASK_SUFFIXES)}")
    else:
        matches = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - keeps "./" and absolute paths as typed
        folders = [match for match in matches if Path(match).is_dir()]
        # With ** a folder matches beside its own files.
        found = [match for match in matches if match not in folders and choice.takes(match)]
        if not found:
            found = [file for folder in folders for file in _walk(folder, choice)]
        if not found:
            yield InputError(path, 0, 0, "no file matches")
    taken: set[str] = set()
    for file in found:
        if file not in taken:
            taken.update(companions(file))
            yield file


def _walk(folder: str, choice: Choice) -> list[str]:
    """The mask files below ``folder``; hidden files and folders are passed over."""
    found = []
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        named = (name for name in sorted(files) if not name.startswith("."))
        paths = (str(Path(where, name)) for name in named if name.lower().endswith(MASK_SUFFIXES))
        found += [path for path in paths if choice.takes(path)]
    return found
