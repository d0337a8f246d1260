"""Phrases about rows, columns and terms, kept as data until somebody reads them.

A reason is found for a canonical mask, and told to someone who wrote the mask otherwise: with other numbers, names,
or the product turned around. So a phrase holds the lines it speaks of, from 0; only ``text`` makes English of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, final, get_args

if TYPE_CHECKING:
    from qeclose.support.names import Names
    from qeclose.support.relabelling import Relabelling

__all__ = ["Lines", "Phrase", "Role", "Sided", "counted", "phrase"]

Role = Literal["row", "column", "term"]
_SHOWN = 8
_ROLES: tuple[Role, ...] = get_args(Role)
_TURNED = {"row": "column", "column": "row", "rows": "columns", "columns": "rows", "X": "Y", "Y": "X"}


def counted(count: int, noun: str) -> str:
    """A number with its noun, as in "1 line", "2 lines"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


@final
@dataclass(frozen=True, slots=True)
class Lines:
    """Rows, columns or terms: "row 2", "terms 1, 3"."""

    role: Role
    indices: tuple[int, ...]

    def text(self, names: Names | None) -> str:
        """The word and the lines, by their names if they have some, the first few if they are many."""
        layers = {} if names is None else {"row": names.rows, "column": names.columns, "term": names.terms}
        named = layers.get(self.role) or ()
        shown = [_name(index, named) for index in self.indices[:_SHOWN]]
        more = len(self.indices) - _SHOWN
        return f"{self.role}{'s' if len(self.indices) != 1 else ''} {', '.join(shown)}" + (
            f" and {more} more" if more > 0 else ""
        )


@final
@dataclass(frozen=True, slots=True)
class Sided:
    """A word for one side of the product, "rows" or "X" say, that becomes its partner when the product is turned."""

    word: str

    def text(self, names: Names | None) -> str:  # noqa: ARG002 - as of the other parts
        """The word, which no name changes."""
        return self.word


Part = str | Lines | Sided


@final
@dataclass(frozen=True, slots=True)
class Phrase:
    """Words and lines, one after the other."""

    parts: tuple[Part, ...]

    def text(self, names: Names | None = None) -> str:
        """In English, lines by their ``names`` or else counted from 1."""
        return "".join(part if isinstance(part, str) else part.text(names) for part in self.parts)

    def __str__(self) -> str:
        return self.text()

    def moved(self, relabelling: Relabelling) -> Phrase:
        """The phrase about the relabelled support."""
        return Phrase(tuple(_moved(part, relabelling) for part in self.parts))

    def to_json(self) -> list[Any]:
        """Strings as they are, lines as ``{"row": [0, 1]}``, sided words as ``{"sided": "rows"}``."""
        return [_part_json(part) for part in self.parts]

    @classmethod
    def of_json(cls, value: Any) -> Phrase:
        """What ``to_json`` wrote. Raises ``ValueError`` on anything else."""
        if not isinstance(value, list):
            raise ValueError("a phrase is a list")
        return cls(tuple(map(_read_part, value)))


def phrase(*parts: Part | Phrase) -> Phrase:
    """One phrase of several."""
    flat: list[Part] = []
    for part in parts:
        flat += part.parts if isinstance(part, Phrase) else [part]
    return Phrase(tuple(flat))


def _name(index: int, names: Sequence[str]) -> str:
    # A term beyond those of the mask was made by presolve, and has its number alone.
    return names[index] if index < len(names) else str(index + 1)


def _moved(part: Part, relabelling: Relabelling) -> Part:
    match part:
        case Lines(role, indices):
            layers = relabelling.layers
            layer = {"row": layers[0], "column": layers[-1], "term": layers[1]}[role]
            new = sorted(layer[index] if index < len(layer) else index for index in indices)
            turned = (
                {"row": "column", "column": "row", "term": "term"}[role] if relabelling.reversed else role
            )
            return Lines(_role(turned), tuple(new))
        case Sided(word):
            return Sided(_TURNED[word]) if relabelling.reversed else part
        case _:
            return part


def _role(word: Any) -> Role:
    return _ROLES[_ROLES.index(word)]


def _part_json(part: Part) -> Any:
    match part:
        case Lines(role, indices):
            return {role: list(indices)}
        case Sided(word):
            return {"sided": word}
        case _:
            return part


def _read_part(value: Any) -> Part:
    match value:
        case str():
            return value
        case {"sided": str(word)} if word in _TURNED:
            return Sided(word)
        case dict() if len(value) == 1:
            ((role, indices),) = value.items()
            if (
                role in _ROLES
                and isinstance(indices, list)
                and all(type(index) is int and index >= 0 for index in indices)
            ):
                return Lines(_role(role), tuple(indices))
    raise ValueError("no part of a phrase")
