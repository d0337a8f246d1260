"""Parts of a result, handed over as they are finished: whoever waits for the whole has them, should the rest never come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["hand_over", "kept_by"]

_keep: Callable[[Any], None] | None = None


@contextmanager
def kept_by(keep: Callable[[Any], None] | None) -> Iterator[None]:
    """Inside, ``keep`` is called with every part; without one, parts are nobody's."""
    global _keep
    before, _keep = _keep, keep
    try:
        yield
    finally:
        _keep = before


def hand_over(part: Any) -> None:
    """``part`` is finished. Between processes it has to be fit for pickle."""
    if _keep is not None:
        _keep(part)
