"""A process that has said everything already."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from qeclose.engine.process import Ending

__all__ = ["ScriptedProcess"]

_PIECES = (1, 7, 64, 4096)


class ScriptedProcess:
    """What ``qeclose.engine.process.Process`` is to a dialogue; its output comes in pieces of changing length."""

    def __init__(self, output: bytes) -> None:
        self._output = output
        self._at = self._reads = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    @property
    def tail(self) -> str:
        return self._output[: self._at][-1200:].decode(errors="replace").strip()

    def feed(self, text: str) -> None:
        return

    def end_input(self) -> None:
        return

    def read(self, timeout: float | None = None, size: int = 2**18) -> bytes | None:
        self._reads += 1
        size = min(size, _PIECES[self._reads % len(_PIECES)])
        piece = self._output[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def finish(self) -> Ending:
        return Ending(0, 0.1, 1.0)

    def release(self, grace: float = 0.5) -> Ending:
        return self.finish()
