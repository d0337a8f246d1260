"""Reading the pieces of a certificate strictly: nothing missing, nothing extra, nothing of the wrong kind.

Every reader raises ``CertificateError`` with the path of the piece that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from fractions import Fraction
from typing import Any, NamedTuple, final

from qeclose.checker.budget import Rational, spend
from qeclose.errors import CertificateError

__all__ = [
    "Path",
    "distinct",
    "entries",
    "exact",
    "fields",
    "identifier",
    "identifiers",
    "index",
    "lines",
    "members",
    "pair",
    "rational",
    "tuples",
]

_RATIONAL = re.compile(r"-?[0-9]{1,4000}(/[0-9]{1,4000})?")
_WHOLE = re.compile(r"-?[0-9]{1,4000}")
_SHOWN = 16
_LONGEST = 400
_LARGEST = 2**53


@final
class Path(NamedTuple):
    """Where in a certificate something stands; built step by step, written out only to be shown.

    ``depth`` is the number of steps, ``trunk`` the place after the first ones, None before: so a path of any length is
    written without going through all of it.
    """

    parent: Path | None
    key: str | int
    depth: int
    trunk: Path | None

    @classmethod
    def root(cls) -> Path:
        """The place of the certificate as a whole."""
        return cls(None, "", 0, None)

    def __truediv__(self, key: str | int) -> Path:
        trunk = self if self.depth == _SHOWN else self.trunk
        return tuple.__new__(Path, (self, key, self.depth + 1, trunk))

    def __str__(self) -> str:
        if self.trunk is not None and self.depth > 2 * _SHOWN:
            between = self.depth - 2 * _SHOWN
            return f"{_written(self.trunk)}.(… {between} levels …).{_written(self)}"
        return _written(self) or "certificate"

    def error(self, problem: str) -> CertificateError:
        """An error at this place; what it says is cut to a bearable length."""
        # A name read from the certificate may be megabytes long.
        cut = problem if len(problem) <= _LONGEST else problem[:_LONGEST] + "…"
        return CertificateError(f"{self}: {cut}")


def _written(path: Path) -> str:
    """The last steps of a path, twice ``_SHOWN`` at most if all of them are wanted."""
    keys: list[str | int] = []
    place: Path | None = path
    count = path.depth if path.depth <= 2 * _SHOWN else _SHOWN
    while place is not None and len(keys) < count:
        keys.append(place.key)
        place = place.parent
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in reversed(keys)).removeprefix(
        "."
    )


def fields(value: Any, path: Path, *names: str) -> tuple[Any, ...]:
    """The values of an object that has exactly the fields ``names``, in their order."""
    if type(value) is not dict:
        raise path.error("an object is wanted here")
    try:
        found = tuple(map(value.__getitem__, names))
    except KeyError as error:
        raise path.error(f"the field {error.args[0]!r} is missing") from None
    if len(value) > len(names):
        extra = next(key for key in value if key not in names)
        raise path.error(f"an unknown field {_shown(extra)}")
    return found


def entries(value: Any, path: Path, *, length: int | None = None) -> list[Any]:
    """A list, of ``length`` entries if that is given."""
    if type(value) is not list:
        raise path.error("a list is wanted here")
    if length is not None and len(value) != length:
        raise path.error(f"a list of {length} entries is wanted here, not of {len(value)}")
    return value


def members(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """The entries of a list, each with its path."""
    return ((path / number, entry) for number, entry in enumerate(entries(value, path)))


def tuples(value: Any, path: Path, length: int) -> Iterator[tuple[Path, list[Any]]]:
    """The entries of a list of lists of ``length`` entries each, each with its path."""
    for where, entry in members(value, path):
        yield where, entries(entry, where, length=length)


def index(value: Any, path: Path, bound: int | None = None) -> int:
    """An integer from 0 to 2⁵³, below ``bound`` if that is given; a truth value is none."""
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise path.error(f"an index is wanted here, not {_shown(value)}")
    if bound is not None and value >= bound:
        raise path.error(f"the index {_shown(value)} is out of range: there are {bound}")
    return value


def pair(value: Any, path: Path, shape: tuple[int, int]) -> tuple[int, int]:
    """A position [i, j] of a matrix of this shape."""
    i, j = entries(value, path, length=2)
    return index(i, path / 0, shape[0]), index(j, path / 1, shape[1])


def lines(value: Any, path: Path, bound: int) -> int:
    """A list of distinct indices below ``bound``, as a bitset."""
    numbers = entries(value, path)
    for number, entry in enumerate(numbers):
        if type(entry) is not int or not 0 <= entry < bound:
            index(entry, path / number, bound)
    distinct(numbers, path)
    # One conversion instead of a large integer per index.
    digits = bytearray(max(numbers, default=0) // 8 + 1)
    spend(len(digits) >> 10)
    for number in numbers:
        digits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(digits, "little")


def identifier(value: Any, path: Path, known: Container[int]) -> int:
    """An id among the ``known`` ones."""
    if index(value, path) not in known:
        raise path.error(f"there is no term {value} here")
    id_: int = value
    return id_


def identifiers(value: Any, path: Path, known: Container[int]) -> list[int]:
    """A list of distinct ids among the ``known`` ones, which should have fast membership."""
    ids = [identifier(entry, where, known) for where, entry in members(value, path)]
    distinct(ids, path)
    return ids


def distinct(values: list[Any], path: Path) -> None:
    """Raise unless the entries, all hashable, differ."""
    if len(set(values)) < len(values):
        first: dict[Any, int] = {}
        number = next(n for n, value in enumerate(values) if first.setdefault(value, n) != n)
        raise (path / number).error(f"{_shown(values[number])} is listed twice")


def rational(value: Any, path: Path) -> Fraction:
    """A rational number written as a string such as "3" or "-1/2"."""
    if type(value) is not str or not _RATIONAL.fullmatch(value):
        raise path.error(f'a rational number such as "-1/2" is wanted here, not {_shown(value)}')
    numerator, _, denominator = value.partition("/")
    if denominator and not int(denominator):
        raise path.error(f"{_shown(value)} has the denominator 0")
    return Fraction(int(numerator), int(denominator or "1"))


def exact(value: Any, path: Path) -> Rational:
    """The same as ``rational``, a whole number as an integer."""
    if type(value) is str and _WHOLE.fullmatch(value):
        return int(value)
    return rational(value, path)


def _shown(value: Any) -> str:
    # Only plain values are written out: whatever else stands there may be huge.
    if isinstance(value, str):
        return repr(value[:40]) + ("…" if len(value) > 40 else "")
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a huge number"
    if isinstance(value, tuple) or value is None or isinstance(value, (int, float)):
        return str(value)[:80]
    return "an object" if isinstance(value, dict) else "a list"
