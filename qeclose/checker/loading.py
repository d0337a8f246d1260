"""From the text of a file to the certificates in it, still unchecked."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any, NoReturn, final

from qeclose.errors import InputError

__all__ = ["Claimed", "load_certificate", "load_certificates"]

# Levels of nesting that json may use; a tree of a proof has one or two a node.
_DEPTH = 20_000


@final
@dataclass(frozen=True, slots=True)
class Claimed:
    """A certificate as it stands in a file, None where a report has none.

    ``verdict`` is what the report around it says, "" without one; ``name`` is that of the report's support, "" if it has none.
    """

    certificate: Any
    verdict: str = ""
    name: str = ""


def load_certificate(text: str, source: str) -> Any:
    """The one certificate that ``text`` is or holds; raises as ``load_certificates``, also if there are several or none."""
    found = load_certificates(text, source)
    if len(found) != 1:
        raise InputError(source, 0, 0, f"{len(found)} certificates here, where one is wanted")
    if found[0].certificate is None:
        raise InputError(source, 0, 0, "this report holds no certificate")
    return found[0].certificate


def load_certificates(text: str, source: str) -> list[Claimed]:
    """The certificates in all that qeclose writes: one, or a report with one, or many of these as an array or one a line.

    Stricter than JSON readers usually are: no key twice in one object, no NaN or Infinity. Raises ``InputError`` with
    line and column where the text is no such JSON.
    """
    return [_claimed(value) for value in _values(text, source)]


def _values(text: str, source: str) -> list[Any]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > 1 and _ends_in_itself(lines[0][1]):
        return [_parse(line, source, number) for number, line in lines]
    value = _parse(text, source)
    return value if type(value) is list else [value]


def _ends_in_itself(line: str) -> bool:
    """Whether a line may be one object of many, each on its own line."""
    line = line.strip()
    return line.startswith("{") and line.endswith("}")


def _claimed(value: Any) -> Claimed:
    """A certificate, or the report of a command on one support, with its certificate."""
    if type(value) is not dict or "format" in value:
        return Claimed(value)
    name = value.get("name")
    name = name if type(name) is str else ""
    if type(value.get("closure")) is dict:
        value = value["closure"]  # a report on training; its certificate is about E
    if "certificate" not in value:
        return Claimed(value if "verdict" not in value else None, name=name)
    verdict = value.get("verdict", value.get("place", "well-posed" if "repaired" in value else ""))
    return Claimed(value["certificate"], verdict if type(verdict) is str else "something unknown", name)


def _parse(text: str, source: str, line: int = 1) -> Any:
    before = sys.getrecursionlimit()
    # json counts its own nesting against this limit; its frames are in C and small.
    sys.setrecursionlimit(max(before, _DEPTH))
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise InputError(source, line + error.lineno - 1, error.colno, f"not JSON: {error.msg}") from None
    except RecursionError:
        raise InputError(source, 0, 0, "nested too deeply to be read") from None
    except ValueError as error:
        raise InputError(source, 0, 0, f"not a certificate: {error}") from None
    finally:
        sys.setrecursionlimit(before)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise ValueError(f"the key {twice[:40]!r} appears twice in one object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
