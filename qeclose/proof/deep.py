"""Recursion that goes as deep as a proof, without Python's stack."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, TypeVar

__all__ = ["Work", "done", "each"]

T = TypeVar("T")

Work = Generator[Any, Any, T]
"""A recursive function as a generator: ``yield`` of the work on a part gives the result of that work."""


def done(work: Work[T]) -> T:
    """The result of the work.

    >>> def depth(n: int) -> Work[int]:
    ...     return 0 if n == 0 else 1 + (yield depth(n - 1))
    >>> done(depth(100_000))
    100000
    """
    pending: list[Work[Any]] = [work]
    result: Any = None
    while pending:
        try:
            part = pending[-1].send(result)
        except StopIteration as finished:
            pending.pop()
            result = finished.value
        else:
            pending.append(part)
            result = None
    return result  # type: ignore[no-any-return]


def each(works: Iterable[Work[T]]) -> Work[list[T]]:
    """All of the work, piece by piece; to be used with ``yield from``."""
    results: list[T] = []
    for work in works:
        results.append((yield work))  # noqa: PERF401 (a comprehension cannot yield)
    return results
