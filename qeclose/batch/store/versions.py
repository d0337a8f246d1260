"""The versions of the engines, as far as they are part of a cache's keys.

Asking a binary for its version takes a tenth of a second, as long as reading dozens of decisions. So the answers are kept
beside the cache, for as long as the binary's size and time of change stay. A wrong note there leads to another
key and so, at worst, to an entry that another version helped to make, which is verified like any other.
"""

from __future__ import annotations

import json
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from qeclose.errors import EngineError

if TYPE_CHECKING:
    from qeclose.engine.protocol import Engine

__all__ = ["engine_versions", "write_atomically"]

Versions = tuple[tuple[str, str], ...]


@lru_cache(maxsize=64)
def engine_versions(names: tuple[str, ...], paths: tuple[tuple[str, str], ...], folder: Path) -> Versions:
    """Name and version of the engines that a check with these options may ask; notes are kept in ``folder``.

    An engine that is missing, or does not tell, has the version "".
    """
    from qeclose.engine.registry import find_engine, installed_engines

    forced = {name: Path(path) for name, path in paths}
    wanted = [name for name in dict.fromkeys(names) if name != "auto"]
    try:
        engines = [find_engine(name, forced) for name in wanted] if wanted else installed_engines(forced)
    except EngineError:
        return tuple((name, "") for name in wanted)
    notes = _read(folder / "engines.json")
    versions = tuple((engine.name, _version(engine, notes)) for engine in engines)
    if notes != _read(folder / "engines.json"):
        _write(folder / "engines.json", notes)
    return versions


def write_atomically(path: Path, content: str) -> None:
    """Put a whole file in place, with the folders above it. Raises ``OSError``, and leaves nothing half written then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _version(engine: Engine, notes: dict[str, str]) -> str:
    status = engine.path.stat()
    binary = f"{engine.path} {status.st_size} {status.st_mtime_ns}"
    if binary not in notes:
        try:
            notes[binary] = engine.version()
        except EngineError:
            return ""
    return notes[binary]


def _read(path: Path) -> dict[str, str]:
    try:
        notes = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if isinstance(notes, dict) and all(isinstance(version, str) for version in notes.values()):
        return notes
    return {}


def _write(path: Path, notes: dict[str, str]) -> None:
    try:
        write_atomically(path, json.dumps(notes))
    except OSError:
        return  # asking again costs little
