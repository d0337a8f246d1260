"""Sections with bounds in place of a mask, as in ``I: rows=3 cols=2 nnz<=4``; ``docs/mask-files.md`` defines them."""

from __future__ import annotations

import re

from qeclose.errors import InputError
from qeclose.files.text import numbered_lines, parse_many, parse_one
from qeclose.support.bounded import BoundedSupport, Bounds
from qeclose.support.limits import too_large
from qeclose.support.model import Support

__all__ = ["parse_bounded", "parse_questions"]

_HEADER = re.compile(r"\s*(?P<label>I|J|JT)\s*:\s*(?P<bounds>[a-z].*?)\s*$")
_MISSING = re.compile(r"\s*W\s*:")
_BOUND = re.compile(r"(?P<name>rows|cols|nnz|row|column)(?P<relation><=|=)(?P<value>[0-9]{1,7})")


def parse_questions(text: str, source: str) -> list[Support] | list[BoundedSupport]:
    """The supports written in ``text``, or the one pair of factors with bounds. Raises ``InputError``."""
    return [parse_bounded(text, source)] if _is_constrained(text) else parse_many(text, source)


def parse_bounded(text: str, source: str = "<string>") -> BoundedSupport:
    """The factors written in ``text``, one support with bounds in at least one section. Raises ``InputError``."""
    lines: list[str] = []
    origin: list[int] = []
    bounds: dict[str, Bounds] = {}
    for number, line in numbered_lines(text):
        header = _HEADER.match(line.partition("#")[0])
        if header is None:
            lines.append(line)
            origin.append(number)
            continue
        label = header["label"]
        shape, bounds[label] = _read_bounds(header, source, number)
        lines += [f"{label}:", *(["1" * shape[1]] * shape[0])]
        origin += [number] * (shape[0] + 1)
    try:
        box = parse_one("\n".join(lines) + "\n", source)
    except InputError as error:
        at = origin[error.line - 1] if 0 < error.line <= len(origin) else error.line
        raise InputError(source, at, error.column, error.problem) from None
    if box.missing is not None:
        at = next(number for number, line in zip(origin, lines, strict=True) if _MISSING.match(line))
        problem = "bounds (nnz<=…) and section W: no proof is known to qeclose of such a question, so far"
        raise InputError(source, at, 1, problem)
    right = bounds.get("J", Bounds())
    if "JT" in bounds:
        right = bounds["JT"].flipped
    return BoundedSupport(box, bounds.get("I", Bounds()), right)


def _is_constrained(text: str) -> bool:
    """Whether a mask file's text has a section with bounds."""
    return any(_HEADER.match(line.partition("#")[0]) for _, line in numbered_lines(text))


def _read_bounds(header: re.Match[str], source: str, line: int) -> tuple[tuple[int, int], Bounds]:
    found: dict[str, int] = {}
    for word in re.finditer(r"\S+", header["bounds"]):
        column = header.start("bounds") + word.start() + 1
        bound = _BOUND.fullmatch(word[0])
        if bound is None or (bound["relation"] == "=") is not (bound["name"] in ("rows", "cols")):
            problem = f"{word[0]!r} is none of rows=, cols=, nnz<=, row<=, column<= with a number"
            raise InputError(source, line, column, problem)
        if bound["name"] in found:
            raise InputError(source, line, column, f"{bound['name']} is given twice")
        found[bound["name"]] = int(bound["value"])
    if not found.get("rows") or not found.get("cols"):
        raise InputError(source, line, 1, f"{header['label']} needs rows= and cols=, at least 1 each")
    shape = found["rows"], found["cols"]
    if reason := too_large(*shape):
        raise InputError(source, line, 1, f"{header['label']}: {reason}")
    return shape, Bounds(found.get("nnz"), found.get("row"), found.get("column"))
