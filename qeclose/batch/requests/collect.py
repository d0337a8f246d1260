"""From the PATHs of a command line to the items of a batch, in a reproducible order."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qeclose.batch.own_work import ran_out, within
from qeclose.batch.requests.expand import Choice, expand
from qeclose.batch.requests.item import Item
from qeclose.batch.requests.manifest import is_manifest, read_manifest
from qeclose.batch.requests.request import Request
from qeclose.errors import InputError, QecloseError
from qeclose.files.foreign import holds_no_mask
from qeclose.files.read import read
from qeclose.supervise.clock import OutOfTime

if TYPE_CHECKING:
    from qeclose.decide.options import Options
    from qeclose.decide.verdict import Answer
    from qeclose.support.bounded import BoundedSupport
    from qeclose.support.model import Support

__all__ = ["collect"]

_NO_MASKS = "no masks here: all files that are read hold something else"


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
    out if they match a pattern of ``exclude`` (by their name, or the whole path), and so are those that are plainly something
    else than masks (``files.foreign``): ``passed_over`` is told of these.
    """
    seen: dict[tuple[str, str], Answer | None] = {}
    choice = Choice(tuple(exclude), passed_over or (lambda _: None))
    for path in paths:
        for item in _from_path(path, options, expected, choice):
            key = item.identity, item.source
            if key not in seen:
                seen[key] = item.expected
                yield item
            elif seen[key] != item.expected:
                problem = f"{item.title} is listed twice, with different expectations"
                yield replace(item, support=None, problem=problem)


def _from_path(path: str, options: Options, expected: Answer | None, choice: Choice) -> Iterator[Item]:
    here = Request(path, options, expected)
    nothing = True
    for file in expand(path, choice):
        for item in _from_file(here, file, choice):
            nothing = False
            yield item
    if nothing:
        yield here.malformed(f"{path}:0:0: {_NO_MASKS}")


def _from_file(asked: Request, file: str | InputError, choice: Choice) -> Iterator[Item]:
    if isinstance(file, InputError):
        yield asked.malformed(str(file))
    elif is_manifest(file):
        # A manifest that merely lies in a folder was not asked for.
        if file == asked.path or glob.has_magic(asked.path):
            for request in read_manifest(file, asked.options, asked.expected):
                yield from request if isinstance(request, list) else _items_of(request, choice)
    else:
        yield from _read(asked, file, choice)


def _items_of(request: Request, choice: Choice) -> Iterator[Item]:
    nothing = True
    for file in expand(request.path, choice):
        found = (
            [request.malformed(str(file))] if isinstance(file, InputError) else _read(request, file, choice)
        )
        for item in found:
            nothing = False
            yield item
    if nothing:
        yield request.malformed(f"{request.path}:0:0: {_NO_MASKS}")


def _read(asked: Request, file: str, choice: Choice) -> Iterator[Item]:
    request = replace(asked, path=file)
    try:
        with within(request.options.timeout, f"reading {request.path}"):
            supports = read(request.path)
    except OutOfTime as error:
        yield replace(request.malformed(ran_out(error)), late=True)
        return
    except QecloseError as error:
        if file != asked.path and holds_no_mask(file):
            choice.passed_over(file)
        else:
            yield request.malformed(str(error))
        return
    chosen = [support for support in supports if request.block in ("", support.name)]
    if not chosen:
        names = ", ".join(support.name for support in supports[:5])
        yield request.malformed(
            f"{request.path}:0:0: no support is called {request.block!r}; there are {names}"
        )
    for support in chosen:
        yield _item(support, request)


def _item(support: Support | BoundedSupport, request: Request) -> Item:
    return Item(request.path, support.name, request.options, support, expected=request.expected)
