"""Conversations with programs that prompt: what is waited for, by pexpect, over the pipes of a process."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

from qeclose.engine.process import Process
from qeclose.errors import EngineCrashed

if TYPE_CHECKING:
    from pexpect.spawnbase import SpawnBase

__all__ = ["Dialogue"]

# pexpect searches only the last so many characters of what it holds: a piece, and before it the longest match.
_PIECE = 2**16
_WINDOW = _PIECE + 2**12


@final
class Dialogue:
    """The talk with one running process. Waiting raises what ``Process`` raises, and ``EngineCrashed``."""

    def __init__(self, engine: str, process: Process) -> None:
        self._engine = engine
        self._process = process
        self._spawn = _spawn(process)
        self.before = ""

    def send(self, text: str) -> None:
        """Queue text; it goes out while this side waits."""
        self._process.feed(text)

    def wait_for(self, patterns: Sequence[str]) -> int:
        """The index of the pattern that matches first; ``before`` is the text up to it.

        Patterns are regular expressions, with ``.`` matching any character. If several match at one place, the
        first of the list counts. Silence is ended by the deadline (``OutOfTime``); the end of the output is
        an ``EngineCrashed``, unless a limit was the reason.
        """
        import pexpect

        index: int = self._spawn.expect([*map(_compiled, patterns), pexpect.EOF], timeout=None)
        self.before = self._spawn.before
        if index < len(patterns):
            return index
        ending = self._process.finish()
        raise EngineCrashed(
            self._engine, f"ended before it answered (exit status {ending.status})", self._process.tail
        )

    def rest(self, seconds: float) -> str:
        """What the program says from here on until it ends, for that time at most."""
        until = time.monotonic() + seconds
        said = str(self._spawn.buffer).encode()
        while (left := until - time.monotonic()) > 0 and (data := self._process.read(timeout=left)):
            said += data
        return said.decode(errors="replace")

    @property
    def match(self) -> re.Match[str]:
        """The match ``wait_for`` found."""
        match: re.Match[str] = self._spawn.match
        return match


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


def _spawn(process: Process) -> SpawnBase:
    import pexpect
    from pexpect.spawnbase import SpawnBase

    class PipeSpawn(SpawnBase):  # type: ignore[misc]
        """pexpect on the pipes of a guarded process.

        pexpect's own ``spawn`` would put a terminal in between, whose line buffer holds 4096 characters, and
        ``PopenSpawn`` would start a process that nothing guards.
        """

        def read_nonblocking(self, size: int = 1, timeout: Any = None) -> str:  # noqa: ARG002 - pexpect's signature
            data = process.read(size=min(size, _PIECE))
            text: str = self._decoder.decode(data or b"", final=not data)
            if not data and not text:
                self.flag_eof = True
                raise pexpect.EOF("end of output")
            return text.replace("\r\n", "\n")

    spawn = PipeSpawn(
        timeout=None, maxread=_PIECE, searchwindowsize=_WINDOW, encoding="utf-8", codec_errors="replace"
    )
    spawn.delayafterread = None
    return spawn
