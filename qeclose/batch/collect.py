"""From the PATHs of a command line to the items of a batch, in a reproducible order."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, final

from qeclose.batch.items import Item
from qeclose.batch.options import Options
from qeclose.errors import InputError, QecloseError
from qeclose.files.read import SUFFIXES, companions, read

if TYPE_CHECKING:
    from qeclose.decide.verdict import Answer
    from qeclose.support.bounded import BoundedSupport
    from qeclose.support.model import Support

__all__ = ["Wish", "collect", "expand"]

MASK_SUFFIXES = tuple(ending + gz for ending in (".txt", ".mask", *SUFFIXES) for gz in ("", ".gz"))
"""What the files of a folder end in that are read as masks; files named one by one may end in anything."""


@final
@dataclass(frozen=True, slots=True)
class Wish:
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


def collect(paths: Iterable[str], options: Options, expected: Answer | None = None) -> Iterator[Item]:
    """The items of files, folders (searched through), globs and manifests, each once.

    Whatever cannot be read becomes a malformed item; nothing is raised for it.
    """
    seen: dict[tuple[str, str], Answer | None] = {}
    for path in paths:
        for item in _items(path, options, expected):
            key = item.identity, item.source
            if key not in seen:
                seen[key] = item.expected
                yield item
            elif seen[key] != item.expected:
                problem = f"{item.title} is listed twice, with different expectations"
                yield replace(item, support=None, problem=problem)


def _items(path: str, options: Options, expected: Answer | None) -> Iterator[Item]:
    from qeclose.batch.manifest import is_manifest, read_manifest

    for file in expand(path):
        if isinstance(file, InputError):
            yield Wish(path, options, expected).malformed(str(file))
        elif is_manifest(file):
            # A manifest that merely lies in a folder was not asked for.
            if file == path or glob.has_magic(path):
                for wish in read_manifest(file, options, expected):
                    yield from wish if isinstance(wish, list) else _granted(wish)
        else:
            yield from _granted(Wish(file, options, expected))


def _granted(wish: Wish) -> Iterator[Item]:
    for file in expand(wish.path):
        if isinstance(file, InputError):
            yield wish.malformed(str(file))
        else:
            yield from _read(replace(wish, path=file))


def _read(wish: Wish) -> Iterator[Item]:
    try:
        supports = read(wish.path)
    except QecloseError as error:
        yield wish.malformed(str(error))
        return
    chosen = [support for support in supports if wish.block in ("", support.name)]
    if not chosen:
        names = ", ".join(support.name for support in supports[:5])
        yield wish.malformed(f"{wish.path}:0:0: no support is called {wish.block!r}; there are {names}")
    for support in chosen:
        yield _item(support, wish)


def _item(support: Support | BoundedSupport, wish: Wish) -> Item:
    return Item(wish.path, support.name, wish.options, support, expected=wish.expected)


def expand(path: str) -> Iterator[str | InputError]:
    """The files that ``path`` means, sorted; of files that are one support together, the first.

    A path that exists means itself, also if it contains ``*``; a glob without a match is an ``InputError``.
    """
    if path == "-" or os.path.lexists(path) or not glob.has_magic(path):
        found = _walk(path) if Path(path).is_dir() else [path]
        if not found:
            yield InputError(path, 0, 0, f"no file in this folder ends in {', '.join(MASK_SUFFIXES)}")
    else:
        matches = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - keeps "./" and absolute paths as typed
        folders = [match for match in matches if Path(match).is_dir()]
        # With ** a folder matches beside its own files.
        found = [match for match in matches if match not in folders]
        if not found:
            found = [file for folder in folders for file in _walk(folder)]
        if not found:
            yield InputError(path, 0, 0, "no file matches")
    taken: set[str] = set()
    for file in found:
        if file not in taken:
            taken.update(companions(file))
            yield file


def _walk(folder: str) -> list[str]:
    """The mask files below ``folder``; hidden files and folders are passed over."""
    found = []
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            str(Path(where, name))
            for name in sorted(files)
            if not name.startswith(".") and name.lower().endswith(MASK_SUFFIXES)
        ]
    return found
