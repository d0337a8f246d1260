"""The cache of decisions on disk: one file an entry, in canonical coordinates, believed only when proved again.

A file is written under another name and then renamed, which is atomic on every file system, network ones
included: readers see a whole entry or none, writers at the same time replace each other by equals, and SIGKILL
leaves at worst a forgotten temporary file, which pruning removes. (A database would need locks that network
file systems do not keep.) An entry cut short by a power failure is a damaged entry like any other.

What an entry says is evidence, not authority: its certificate is checked again for the very masks that are
asked about. So the worst a damaged or forged entry can do is cost the time to find that out.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from qeclose.batch.store.versions import engine_versions, write_atomically
from qeclose.decide.gate import require
from qeclose.decide.witness import Witness
from qeclose.errors import CertificateError, EngineError, UsageError
from qeclose.support.canonical import digest
from qeclose.support.phrase import Phrase

if TYPE_CHECKING:
    from qeclose.batch.store.versions import Versions
    from qeclose.checker import Ask
    from qeclose.decide.options import Options
    from qeclose.support.model import Support

__all__ = ["Cache", "Entry", "cache_folder"]

_FORMAT = 2
_KEPT = (
    "verdict",
    "extent",
    "method",
    "engines",
    "presolve",
    "why",
    "witness",
    "certificate",
    "seconds",
    "warnings",
)
_STALE_SECONDS = 3600.0
# How exactly an entry's time of change says when it was used.
_USED_SECONDS = 60.0
_SMALL = 2**16
_NO_PROOF = (CertificateError, EngineError, ValueError, LookupError, TypeError, RecursionError)


def cache_folder(given: str | None = None) -> Path:
    """The folder given, or else the one in the user's cache folder, as the XDG conventions have it.

    Raises ``UsageError`` if there is no such folder to be found.
    """
    if given is not None:
        return Path(given).resolve()
    root = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        # The conventions tell to ignore a relative path there.
        base = root if root.is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        raise UsageError("the user has no home folder; name a folder with --cache") from None
    return base / "qeclose" / "decisions"


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as `qeclose cache` lists it: nothing of it has been verified."""

    path: Path
    size: int
    used: float
    verdict: str


@final
class Cache:
    """The decisions kept in one folder, which is made when it is first written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / f"v{_FORMAT}"

    def key(self, canonical: Support, options: Options) -> str:
        """What a decision depends on: the masks, the options, the program and the engines it could ask."""
        from qeclose import __version__

        engines = engine_versions(options.engines, options.paths, self.folder)
        return sha256((digest(canonical) + _depends_on(__version__, options, engines)).encode()).hexdigest()

    def get(self, canonical: Support, options: Options) -> tuple[dict[str, Any] | None, str]:
        """The decision kept for these masks, verified, and why there is none although a file is there.

        An engine on whose word a certificate rests is asked again, within the limits of ``options``.
        """
        from qeclose.attest import asker
        from qeclose.engine.protocol import Limits

        path = self._path(self.key(canonical, options))
        data = _content(path)
        if data is None:
            return None, ""
        limits = Limits(options.timeout, options.memory_mb)
        ask = asker((), limits, {name: Path(path) for name, path in options.paths})
        try:
            return _proved(data, canonical, ask), ""
        except _NO_PROOF as error:
            return None, f"the cache entry {path.name} is not believed: {error}"

    def peek(self, canonical: Support, options: Options) -> dict[str, Any] | None:
        """What ``get`` finds, if that takes milliseconds at most: the entry is small and needs no engine's word."""
        data = _content(self._path(self.key(canonical, options)))
        if data is None or len(data) > _SMALL:
            return None
        try:
            return _proved(data, canonical, None)
        except _NO_PROOF:
            return None  # for ``get`` to tell why

    def put(self, canonical: Support, options: Options, result: Mapping[str, Any]) -> str:
        """Keep a decision that has a certificate, others not; what went wrong, if the folder takes no files."""
        if result["verdict"] == "undecided" or result.get("certificate") is None:
            return ""
        key = self.key(canonical, options)
        kept = {name: result[name] for name in _KEPT}
        body = json.dumps(kept)
        content = f"{_checksum(body.encode())}\n{body}\n"
        path = self._path(key)
        try:
            write_atomically(path, content)
        except OSError as error:
            return f"the cache in {self.folder} cannot be written: {error.strerror or error}"
        return ""

    def entries(self) -> Iterator[Entry]:
        """All entries, in no particular order. Raises ``UsageError`` if the folder cannot be read."""
        for path in self._files("*.json"):
            try:
                status = path.stat()
                verdict = str(json.loads(path.read_bytes().partition(b"\n")[2])["verdict"])
            except FileNotFoundError:
                continue  # pruned by another process
            except (OSError, ValueError, LookupError, TypeError, RecursionError):
                verdict = "damaged"
            yield Entry(path, status.st_size, status.st_mtime, verdict)

    def prune(self, *, max_size: int | None = None, unused_since: float | None = None) -> tuple[int, int]:
        """Remove entries not used since a time, then the longest unused until ``max_size`` bytes are left.

        Damaged entries and forgotten temporary files always go. Returns the number of entries removed and
        their bytes.
        """
        for path in self._files(".new-*"):
            _remove_stale(path)
        entries = sorted(self.entries(), key=lambda entry: entry.used, reverse=True)
        removed = size = held = 0
        for entry in entries:
            old = unused_since is not None and entry.used < unused_since
            if old or entry.verdict == "damaged" or (max_size is not None and held + entry.size > max_size):
                entry.path.unlink(missing_ok=True)
                removed, size = removed + 1, size + entry.size
            else:
                held += entry.size
        return removed, size

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}.json"

    def _files(self, pattern: str) -> list[Path]:
        try:
            return list(self.folder.glob(f"??/{pattern}"))
        except OSError as error:
            raise UsageError(f"cannot read {self.folder}: {error.strerror or error}") from None


@lru_cache(maxsize=64)
def _depends_on(version: str, options: Options, engines: Versions) -> str:
    return json.dumps([_FORMAT, version, options.decisive(), engines])


def _content(path: Path) -> bytes | None:
    """The bytes of an entry, noting that it is used; None if there is none."""
    try:
        with path.open("rb", buffering=0) as file:
            if time.time() - os.fstat(file.fileno()).st_mtime > _USED_SECONDS:
                _touch(path)
            return file.read()
    except OSError:
        return None


def _proved(data: bytes, canonical: Support, ask: Ask | None) -> dict[str, Any]:
    """The result in an entry whose certificate proves its verdict for these masks; ``ask`` as for ``verify``."""
    head, _, body = data.partition(b"\n")
    # Whoever forges the words around a sound certificate can forge the sum as well; it is there for bad disks.
    if head.decode() != _checksum(body.removesuffix(b"\n")):
        raise ValueError("it is damaged")
    result = json.loads(body)
    if not isinstance(result, dict) or result.keys() != set(_KEPT):
        raise ValueError("it is damaged")
    certificate = result["certificate"]
    for told in (result["why"], *(step["detail"] for step in result["presolve"])):
        Phrase.of_json(told)
    require(certificate, canonical, result["verdict"], ask=ask)
    witness = Witness.of_certificate(certificate)
    return {**result, "witness": None if witness is None else witness.to_json()}


def _checksum(body: bytes) -> str:
    return sha256(body).hexdigest()


def _touch(path: Path) -> None:
    try:
        os.utime(path)
    except OSError:
        return  # a read-only cache is still a cache


def _remove_stale(path: Path) -> None:
    """Remove a temporary file that no living writer can still need."""
    try:
        if time.time() - path.stat().st_mtime > _STALE_SECONDS:
            path.unlink()
    except OSError:
        return
