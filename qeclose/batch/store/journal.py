"""The JSONL file of a batch: one line an item, kept whole through every kind of sudden death.

Each line is handed to the kernel in one write, so that SIGKILL cannot lose it; once a second, and at the end, the
kernel is asked to put the file on disk, so that a power cut loses a second at most. What a death in the middle
of a write leaves behind is a last line without its end, which the next run removes.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

from qeclose.errors import InputError, UsageError

__all__ = ["Journal", "opened_journal"]

_SYNC_SECONDS = 1.0
_MODE = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC

Record = dict[str, Any]

# What counting and reporting a record that an earlier run wrote rests on.
_KEYS: dict[str, type | tuple[type, ...]] = {
    "item": str,
    "source": str,
    "name": str,
    "verdict": str,
    "reason": str,
    "seconds": (int, float),
    "failures": list,
    "warnings": list,
}
_VERDICTS = ("well-posed", "ill-posed", "undecided", "malformed")


@final
class Journal:
    """An open JSONL file, locked against other batches.

    ``finished`` holds the records that an earlier run wrote, by item; ``waiting`` those it had finished but not
    yet written, because input order made them wait for others (they are in a second file, NAME.waiting).
    With ``resume`` false, a file with something in it is refused: results are never thrown away.

    Raises ``UsageError`` if the file cannot be written or another batch writes it, ``InputError`` if it holds
    something else than the lines of a batch.
    """

    def __init__(self, path: str, *, resume: bool) -> None:
        self._main = _Lines(path, resume)
        self._aside = Path(f"{path}.waiting")
        self._second: _Lines | None = None
        self.finished = self._main.records
        self.waiting: dict[str, Record] = {}
        if self._aside.exists() and not resume:
            self._aside.unlink()  # of a file that is gone
        elif self._aside.exists():
            self._second = _Lines(str(self._aside), resume)
            self.waiting = {
                item: record for item, record in self._second.records.items() if item not in self.finished
            }

    def forget(self, outdated: Callable[[Record], bool]) -> None:
        """Take the records that are ``outdated`` out of the file, at once: a kill leaves it as it was, or without them."""
        gone = [item for item, record in self.finished.items() if outdated(record)]
        for item in gone:
            del self.finished[item]
        if gone:
            self._main.rewrite()

    def write(self, record: Record) -> None:
        """Add a record for good."""
        self._main.append(record)

    def set_aside(self, record: Record) -> None:
        """Keep a record that will be written later."""
        if self._second is None:
            self._second = _Lines(str(self._aside), resume=False)
        self._second.append(record)

    def close(self, *, complete: bool) -> None:
        """End the writing; ``complete`` tells that nothing set aside is still to be written."""
        self._main.close()
        if self._second is not None:
            self._second.close()
            if complete:
                self._aside.unlink()


@contextmanager
def opened_journal(path: str | None, *, resume: bool) -> Iterator[Journal | None]:
    """The journal, None without a path; what was set aside is dropped only if the block ends well."""
    if path is None:
        yield None
        return
    journal = Journal(path, resume=resume)
    complete = False
    try:
        yield journal
        complete = True
    finally:
        journal.close(complete=complete)


@final
class _Lines:
    """One JSONL file: what it held before, and a way to append."""

    def __init__(self, path: str, resume: bool) -> None:
        self.records: dict[str, Record] = {}
        self._path = path
        try:
            self._file = os.open(path, _MODE, 0o666)
        except OSError as error:
            raise UsageError.unwritable(path, error) from None
        try:
            self._lock(path)
            if resume:
                self._recover(path)
            elif Path(path).is_file() and os.fstat(self._file).st_size:
                raise UsageError(
                    f"{path} holds something already: --resume goes on with results in it, or remove it"
                )
        except BaseException:
            os.close(self._file)
            raise
        self._synced = time.monotonic()

    def append(self, record: Record) -> None:
        line = json.dumps(record).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self._file, line) :]
        except OSError as error:
            raise UsageError.unwritable(self._path, error) from None
        if time.monotonic() - self._synced > _SYNC_SECONDS:
            self._sync()

    def rewrite(self) -> None:
        """Put a file in place that holds ``records`` only; it is locked before anybody can open it."""
        aside = f"{self._path}.new"
        try:
            old, self._file = self._file, os.open(aside, _MODE | os.O_TRUNC, 0o666)
            self._lock(aside)
            for record in self.records.values():
                self.append(record)
            self._sync()
            Path(aside).replace(self._path)
            os.close(old)
        except OSError as error:
            raise UsageError.unwritable(self._path, error) from None

    def close(self) -> None:
        self._sync()
        os.close(self._file)

    def _sync(self) -> None:
        self._synced = time.monotonic()
        try:
            os.fsync(self._file)
        except OSError:
            return  # a pipe or a device

    def _lock(self, path: str) -> None:
        try:
            import fcntl
        except ImportError:
            return  # no such locks on Windows
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"{path} is being written by another batch") from None
        except OSError:
            return  # a file system without locks

    def _recover(self, path: str) -> None:
        """Read the records, and cut off a last line that was not finished."""
        if not Path(path).is_file():
            return
        data = Path(path).read_bytes()
        whole = data.rfind(b"\n") + 1
        for number, line in enumerate(data[:whole].split(b"\n")[:-1], 1):
            record = _record(line)
            if record is None:
                raise InputError(path, number, 1, "not a line that qeclose batch wrote")
            self.records.setdefault(record["item"], record)
        if whole < len(data):
            os.ftruncate(self._file, whole)


def _record(line: bytes) -> Record | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not all(
        isinstance(value.get(key), kind) for key, kind in _KEYS.items()
    ):
        return None
    return value if value["verdict"] in _VERDICTS else None
