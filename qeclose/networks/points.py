"""Input points read from a table of rational numbers."""

from __future__ import annotations

from fractions import Fraction

from qeclose.errors import InputError
from qeclose.files.opening import read_bytes
from qeclose.files.text import decode, numbered_lines

__all__ = ["read_points"]

_MAX_LENGTH = 100


def read_points(path: str) -> list[tuple[Fraction, ...]]:
    """The points in a ``.csv`` file: one a line, coordinates such as 2, -1/2 or 0.25 separated by commas, # a comment.

    Raises ``InputError`` at the first thing that is no number, or at a line of another length.
    """
    points: list[tuple[Fraction, ...]] = []
    for number, line in numbered_lines(decode(read_bytes(path), path)):
        body = line.partition("#")[0]
        if not body.strip():
            continue
        column, point = 1, []
        for cell in body.split(","):
            point.append(_number(cell, path, number, column))
            column += len(cell) + 1
        if points and len(point) != len(points[0]):
            problem = f"{len(point)} coordinates, where the first point has {len(points[0])}"
            raise InputError(path, number, 1, problem)
        points.append(tuple(point))
    if not points:
        raise InputError(path, 0, 0, "no point here")
    return points


def _number(cell: str, path: str, line: int, column: int) -> Fraction:
    text = cell.strip()
    # A large exponent would be written out in full.
    if len(text) > _MAX_LENGTH or "e" in text.lower():
        raise InputError(path, line, column, f"{text[:40]!r} is not a number such as 2, -1/2 or 0.25")
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise InputError(
            path, line, column, f"{text[:40]!r} is not a number such as 2, -1/2 or 0.25"
        ) from None
