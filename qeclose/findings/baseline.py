"""The masks that are known to be ill-posed: a file that is written once, and shrinks from then on.

    {"schema": 1, "known": [{"path": "masks/lu.txt", "name": "lu", "mask": "<digest>"}, …]}

Paths are relative to the folder of the file. An entry holds for the masks with that digest under that name in that file only:
a mask that was changed is a new one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

from qeclose.decide.verdict import Status
from qeclose.errors import InputError
from qeclose.files.opening import read_bytes
from qeclose.files.text import decode
from qeclose.findings.finding import Finding

__all__ = ["Baseline", "baseline_text"]

_SCHEMA = 1
_Key = tuple[str, str, str]


@final
@dataclass(slots=True)
class Baseline:
    """The known masks, and which of them were met."""

    folder: str
    entries: frozenset[_Key]
    met: set[_Key] = field(default_factory=set)

    @classmethod
    def read(cls, path: str) -> Baseline:
        """Raises ``InputError`` if the file cannot be read or is no baseline."""
        text = decode(read_bytes(path), path)
        try:
            content = json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(path, error.lineno, error.colno, f"not JSON: {error.msg}") from None
        except (RecursionError, ValueError) as error:
            problem = str(error) if isinstance(error, ValueError) else "nested too deeply"
            raise InputError(path, 1, 1, f"not JSON that can be read: {problem}") from None
        if not isinstance(content, dict) or content.get("schema") != _SCHEMA:
            raise InputError(path, 1, 1, f'not a baseline: an object with "schema": {_SCHEMA} and "known"')
        known = content.get("known")
        if not isinstance(known, list):
            raise InputError(path, 1, 1, '"known" is a list of masks')
        return cls(_folder(path), frozenset(_entry(one, path, place) for place, one in enumerate(known, 1)))

    def judged(self, finding: Finding) -> Finding:
        """The finding, with status 0 if it is a failure for being ill-posed and known to be."""
        key = _key(finding, self.folder)
        if key not in self.entries or finding.verdict != "ill-posed":
            return finding
        self.met.add(key)
        if finding.status is not Status.ILL_POSED:
            return finding
        return replace(finding, status=Status.WELL_POSED, problem="", known=True)

    def left(self) -> list[str]:
        """The names of the entries that were not met: these masks are gone, changed, or well-posed by now."""
        return [
            name if name in path else f"{path} {name}" for path, name, _ in sorted(self.entries - self.met)
        ]


def baseline_text(findings: Iterable[Finding], path: str) -> str:
    """What a baseline at ``path`` holds that knows all ill-posed masks among the findings."""
    folder = _folder(path)
    keys = sorted({_key(one, folder) for one in findings if one.verdict == "ill-posed" and one.mask})
    known = [{"path": where, "name": name, "mask": mask} for where, name, mask in keys]
    return json.dumps({"schema": _SCHEMA, "known": known}, indent=1) + "\n"


def _folder(path: str) -> str:
    return os.path.realpath(Path(path).parent)


def _key(finding: Finding, folder: str) -> _Key:
    source = finding.source
    if source != "-":
        source = Path(os.path.relpath(os.path.realpath(source), folder)).as_posix()
    return source, finding.name, finding.mask


def _entry(one: Any, path: str, place: int) -> _Key:
    keys = ("path", "name", "mask")
    if not isinstance(one, dict) or any(not isinstance(one.get(key), str) for key in keys):
        raise InputError(
            path, 0, 0, f'entry {place} of "known" is no object with the texts {", ".join(keys)}'
        )
    where, name, mask = (one[key] for key in keys)
    return where, name, mask
