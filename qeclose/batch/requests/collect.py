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
from qeclose.files.read import read
from qeclose.supervise.clock import OutOfTime

if TYPE_CHECKING:
    from qeclose.batch.options import Options
    from qeclose.decide.verdict import Answer
    from qeclose.support.bounded import BoundedSupport
    from qeclose.support.model import Support

__all__ = ["collect"]


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
        for item in _from_path(path, options, expected, choice):
            key = item.identity, item.source
            if key not in seen:
                seen[key] = item.expected
                yield item
            elif seen[key] != item.expected:
                problem = f"{item.title} is listed twice, with different expectations"
                yield replace(item, support=None, problem=problem)


def _from_path(path: str, options: Options, expected: Answer | None, choice: Choice) -> Iterator[Item]:
    for file in expand(path, choice):
        if isinstance(file, InputError):
            yield Request(path, options, expected).malformed(str(file))
        elif is_manifest(file):
            # A manifest that merely lies in a folder was not asked for.
            if file == path or glob.has_magic(path):
                for request in read_manifest(file, options, expected):
                    yield from request if isinstance(request, list) else _items_of(request, choice)
        else:
            yield from _items_of(Request(file, options, expected), choice)


def _items_of(request: Request, choice: Choice) -> Iterator[Item]:
    for file in expand(request.path, choice):
        if isinstance(file, InputError):
            yield request.malformed(str(file))
        else:
            yield from _read(replace(request, path=file))


def _read(request: Request) -> Iterator[Item]:
    try:
        with within(request.options.timeout, f"reading {request.path}"):
            supports = read(request.path)
    except OutOfTime as error:
        yield replace(request.malformed(ran_out(error)), late=True)
        return
    except QecloseError as error:
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
