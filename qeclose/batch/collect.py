"""From the PATHs of a command line to the items of a batch, in a reproducible order."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
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

__all__ = ["Choice", "Wish", "collect", "expand", "looks_like_masks"]

_SECTION_LINE = re.compile(rb"^\s*(?:(?:I|J|JT|W|F[1-9][0-9]{0,3})\s*:|==)", re.MULTILINE)
_GLANCE = 2**20

MASK_SUFFIXES = tuple(ending + gz for ending in (".txt", ".mask", *SUFFIXES) for gz in ("", ".gz"))
"""What the files of a folder end in that are read as masks; files named one by one may end in anything."""


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the files that folders and globs lead to are read."""

    exclude: tuple[str, ...] = ()
    passed_over: Callable[[str], object] = field(default=lambda path: None)

    def takes(self, path: str) -> bool:
        # A pipe in a folder would be waited for, for ever.
        if not Path(path).is_file() or self.excludes(path):
            return False
        if path.lower().endswith(".txt") and not looks_like_masks(path):
            self.passed_over(path)
            return False
        return True

    def excludes(self, path: str) -> bool:
        """Whether a pattern matches the name of the file or of a folder it is in, or the whole path."""
        return any(
            fnmatch(path, pattern) or any(fnmatch(part, pattern) for part in Path(path).parts)
            for pattern in self.exclude
        )


def looks_like_masks(path: str) -> bool:
    """Whether a text has a section, or its author meant it to: at least one line that is a label or names a block.

    A file that cannot be read looks like one, so that it is reported.
    """
    try:
        with Path(path).open("rb") as file:
            return _SECTION_LINE.search(file.read(_GLANCE)) is not None
    except OSError:
        return True


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


def collect(
    paths: Iterable[str],
    options: Options,
    expected: Answer | None = None,
    *,
    exclude: Sequence[str] = (),
    passed_over: Callable[[str], object] | None = None,
) -> Iterator[Item]:
    """The items of files, folders (searched through), globs and manifests, each once.

    Whatever cannot be read becomes a malformed item; nothing is raised for it. Files that folders and globs lead to are left
    out if they match a pattern of ``exclude`` (by their name, or the whole path), and so are texts without a single section,
    which are no masks: ``passed_over`` is told of these.
    """
    seen: dict[tuple[str, str], Answer | None] = {}
    choice = Choice(tuple(exclude), passed_over or (lambda path: None))
    for path in paths:
        for item in _items(path, options, expected, choice):
            key = item.identity, item.source
            if key not in seen:
                seen[key] = item.expected
                yield item
            elif seen[key] != item.expected:
                problem = f"{item.title} is listed twice, with different expectations"
                yield replace(item, support=None, problem=problem)


def _items(path: str, options: Options, expected: Answer | None, choice: Choice) -> Iterator[Item]:
    from qeclose.batch.manifest import is_manifest, read_manifest

    for file in expand(path, choice):
        if isinstance(file, InputError):
            yield Wish(path, options, expected).malformed(str(file))
        elif is_manifest(file):
            # A manifest that merely lies in a folder was not asked for.
            if file == path or glob.has_magic(path):
                for wish in read_manifest(file, options, expected):
                    yield from wish if isinstance(wish, list) else _granted(wish, choice)
        else:
            yield from _granted(Wish(file, options, expected), choice)


def _granted(wish: Wish, choice: Choice) -> Iterator[Item]:
    for file in expand(wish.path, choice):
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
