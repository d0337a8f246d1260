"""Python values over a pipe, each behind its length; reading never waits longer than it is told to."""

from __future__ import annotations

import os
import pickle
import select
import struct
import threading
import time
from typing import Any, final

__all__ = ["Closed", "Receiver", "Sender", "pipe"]

_HEAD = struct.Struct(">Q")
_PIECE = 2**20


def pipe() -> tuple[int, int]:
    """A pipe whose ends are no standard streams, even if those are closed."""
    ends = os.pipe()
    if min(ends) > 2:
        return ends
    import fcntl

    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3) for end in ends)
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


class Closed(Exception):
    """The other side is gone."""


@final
class Sender:
    """The writing end; threads may share it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def send(self, value: object) -> None:
        """Write one value. Raises ``Closed``, and what pickle raises for a value it cannot write down."""
        data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        rest = memoryview(_HEAD.pack(len(data)) + data)
        with self._lock:
            try:
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
            except BrokenPipeError:
                raise Closed from None

    def close(self) -> None:
        """Close this end of the pipe."""
        os.close(self._descriptor)


@final
class Receiver:
    """The reading end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._data = bytearray()
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def receive(self, until: float | None = None) -> tuple[Any] | None:
        """The next value, in a tuple; None if it is not there by ``until`` (``time.monotonic``). Raises ``Closed``."""
        while True:
            if len(self._data) >= _HEAD.size:
                (length,) = _HEAD.unpack_from(self._data)
                if len(self._data) >= _HEAD.size + length:
                    value = pickle.loads(memoryview(self._data)[_HEAD.size : _HEAD.size + length])  # noqa: S301 - from our own fork
                    self._data = self._data[_HEAD.size + length :]
                    return (value,)
            wait = None if until is None else max(0.0, until - time.monotonic()) * 1000
            if not self._poll.poll(wait):
                return None
            piece = os.read(self._descriptor, _PIECE)
            if not piece:
                raise Closed
            self._data += piece

    def close(self) -> None:
        """Close this end of the pipe."""
        os.close(self._descriptor)
