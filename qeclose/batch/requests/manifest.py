"""Manifests: lists of mask files with what is expected of each, in TOML or CSV (docs/batch.md)."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qeclose.batch.requests.item import Item
from qeclose.batch.requests.request import Request
from qeclose.decide.options import Options
from qeclose.decide.strategy import METHOD_NAMES
from qeclose.engine.registry import ENGINE_NAMES
from qeclose.errors import InputError
from qeclose.files.opening import open_input, read_bytes
from qeclose.files.text import decode
from qeclose.supervise.limits import MOST_MB, MOST_SECONDS

if TYPE_CHECKING:
    from qeclose.decide.verdict import Answer

__all__ = ["KEYS", "is_manifest", "read_manifest"]

KEYS = ("path", "name", "expect", "method", "presolve", "engine", "timeout", "memory", "seed")
"""What an item of a manifest may say; all but ``path`` may be left out."""

_ANSWERS = ("well-posed", "ill-posed", "undecided")
_TABLE = re.compile(r"\s*\[\[\s*item\s*\]\]\s*(#.*)?")
_DEFAULTS = re.compile(r"\s*\[\s*defaults\s*\]\s*(#.*)?")
_PLACE = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")


def is_manifest(path: str) -> bool:
    """Whether the file is a manifest: it ends in .toml, or in .csv with a first row that names a ``path``."""
    match Path(path).suffix.lower():
        case ".toml":
            return True
        case ".csv":
            try:
                with open_input(path) as file:
                    head = file.readline(4096).decode("utf-8-sig", "replace")
            except (InputError, OSError):
                return False
            return "path" in [cell.strip().strip('"') for cell in head.split(",")]
        case _:
            return False


def read_manifest(path: str, options: Options, expected: Answer | None) -> Iterator[Request | list[Item]]:
    """What the manifest at ``path`` asks for; paths in it are relative to its own folder.

    ``options`` and ``expected`` hold where the manifest says nothing. A mistake makes a malformed item with
    the manifest's line, and the rest is read nevertheless.
    """
    base = Request(path, options, expected)
    try:
        text = decode(read_bytes(path), path)
        entries = _toml(text, path) if path.lower().endswith(".toml") else _csv(text, path)
        for line, entry in entries:
            try:
                yield _request(entry, path, line, base)
            except InputError as error:
                yield [replace(base, block=f"line {line}").malformed(str(error))]
    except InputError as error:
        yield [base.malformed(str(error))]


_Entry = Mapping[str, Any]


def _toml(text: str, source: str) -> Iterator[tuple[int, _Entry]]:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place and place[1] else (text.count("\n") + 1, 1)
        raise InputError(source, line, column, f"not TOML: {_PLACE.sub('', str(error))}") from None
    except RecursionError:
        raise InputError(source, 1, 1, "not TOML that can be read: nested too deeply") from None
    except ValueError as error:  # a number of thousands of digits
        raise InputError(source, 1, 1, f"not TOML that can be read: {error}") from None
    lines = text.split("\n")
    for key in content:
        if key not in ("item", "defaults"):
            raise InputError(
                source, 1, 1, f"unknown key {key!r}: a manifest has [[item]] tables and [defaults]"
            )
    items, defaults = content.get("item", []), content.get("defaults", {})
    starts = [number for number, line in enumerate(lines, 1) if _TABLE.fullmatch(line)]
    if not isinstance(items, list) or not items or len(starts) != len(items):
        raise InputError(source, 1, 1, "no [[item]] table")
    if not isinstance(defaults, dict) or {"path", "name"} & defaults.keys():
        start = next((number for number, line in enumerate(lines, 1) if _DEFAULTS.fullmatch(line)), 1)
        raise InputError(source, start, 1, "[defaults] is a table without path and name")
    yield from ((start, {**defaults, **item}) for start, item in zip(starts, items, strict=True))


def _csv(text: str, source: str) -> Iterator[tuple[int, _Entry]]:
    reader = csv.reader(text.splitlines(), strict=True, skipinitialspace=True)
    try:
        header = [cell.strip() for cell in next(reader)]
        for key in header:
            if key not in KEYS or header.count(key) > 1:
                raise InputError(source, 1, 1, f"column {key!r} is unknown or there twice: {', '.join(KEYS)}")
        for row in reader:
            if not row or row[0].lstrip().startswith("#"):
                continue
            cells = [cell.strip() for cell in row]
            # A row too long or too short is told by its entry, so that the others are read.
            entry: dict[str, Any] = {
                key: _cell(key, cell) for key, cell in zip(header, cells, strict=False) if cell
            }
            if len(cells) != len(header):
                entry[""] = f"{len(cells)} cells where the header has {len(header)}"
            yield reader.line_num, entry
    except csv.Error as error:
        raise InputError(source, reader.line_num, 1, f"not CSV: {error}") from None


def _cell(key: str, cell: str) -> Any:
    """A cell as TOML would have it; what is no number stays text and is refused later."""
    try:
        match key:
            case "timeout":
                return float(cell)
            case "memory" | "seed":
                return int(cell)
            case "engine":
                return cell.split()
            case "presolve":
                return {"true": True, "false": False}.get(cell.lower(), cell)
            case _:
                return cell
    except ValueError:
        return cell


def _request(entry: _Entry, source: str, line: int, base: Request) -> Request:
    def refuse(problem: str) -> InputError:
        return InputError(source, line, 1, problem)

    if "" in entry:
        raise refuse(entry[""])
    for key in entry:
        if key not in KEYS:
            raise refuse(f"unknown key {key!r}: an item has {', '.join(KEYS)}")
    path = entry.get("path")
    if not isinstance(path, str) or not path or "\0" in path:
        raise refuse("path is missing")
    if not isinstance(entry.get("name", ""), str):
        raise refuse("name must be text")
    expected = entry.get("expect", base.expected)
    if expected is not None and expected not in _ANSWERS:
        raise refuse(f"expect is {expected!r}, none of {', '.join(_ANSWERS)}")
    try:
        options = _options(entry, base.options)
    except ValueError as error:
        raise refuse(str(error)) from None
    full = path if path == "-" else str(Path(source).parent / path)
    return Request(full, options, expected, entry.get("name", ""), origin=f"{source}:{line}:1")


def _options(entry: _Entry, options: Options) -> Options:
    """``options`` with the entry's own in their place. Raises ``ValueError`` on a value that makes no sense."""
    engines = entry.get("engine", list(options.engines))
    engines = [engines] if isinstance(engines, str) else engines
    if not isinstance(engines, list) or any(engine not in ("auto", *ENGINE_NAMES) for engine in engines):
        raise ValueError(f"engine is {engines!r}, not among auto, {', '.join(ENGINE_NAMES)}")
    method = entry.get("method", options.method)
    if method not in METHOD_NAMES:
        raise ValueError(f"method is {method!r}, none of {', '.join(METHOD_NAMES)}")
    timeout = _positive("timeout", entry.get("timeout", options.timeout), (int, float), MOST_SECONDS)
    memory = _positive("memory", entry.get("memory", options.memory_mb), (int,), MOST_MB)
    seed = entry.get("seed", options.seed)
    if type(seed) is not int:
        raise ValueError(f"seed is {seed!r}, not a whole number")
    presolve = entry.get("presolve", options.presolve)
    if not isinstance(presolve, bool | None):
        raise ValueError(f"presolve is {presolve!r}, neither true nor false")
    return replace(
        options,
        method=method,
        presolve=presolve,
        engines=tuple(engines),
        timeout=float(timeout),
        memory_mb=int(memory),
        seed=seed,
    )


def _positive(key: str, value: Any, kinds: tuple[type, ...], most: float) -> float:
    # NaN is not positive either.
    if type(value) not in kinds or not 0 < value <= most:
        raise ValueError(f"{key} is {value!r}, not a positive number up to {most:g}")
    return float(value)
