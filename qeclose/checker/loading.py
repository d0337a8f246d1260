"""From the text of a file to a certificate, still unchecked."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any, NoReturn

from qeclose.errors import InputError

__all__ = ["load_certificate"]

# Levels of nesting that json may use; a tree of a proof has one or two a node.
_DEPTH = 20_000


def load_certificate(text: str, source: str) -> Any:
    """The JSON value in ``text``; of a report of ``qeclose check --format json``, its certificate.

    Stricter than JSON readers usually are: no key twice in one object, no NaN or Infinity. Raises
    ``InputError`` with line and column where the text is no such JSON.
    """
    value = _parse(text, source)
    if type(value) is list:
        raise InputError(source, 0, 0, f"{len(value)} certificates here, where one is wanted")
    if type(value) is dict and "format" not in value and "verdict" in value:
        if value.get("certificate") is None:
            raise InputError(source, 0, 0, "this report holds no certificate")
        return value["certificate"]
    return value


def _parse(text: str, source: str) -> Any:
    before = sys.getrecursionlimit()
    # json counts its own nesting against this limit; its frames are in C and small.
    sys.setrecursionlimit(max(before, _DEPTH))
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise InputError(source, error.lineno, error.colno, f"not JSON: {error.msg}") from None
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
