"""Which biases a network has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from qeclose.errors import UsageError

__all__ = ["Biases"]


@final
@dataclass(frozen=True, slots=True)
class Biases:
    """``hidden`` and ``output`` say of each unit whether it has a bias that is trained; the others' is 0.

    ``hidden`` has the units of all hidden layers, those of the first layer first.
    """

    hidden: tuple[bool, ...]
    output: tuple[bool, ...]

    @classmethod
    def every(cls, hidden: int, output: int) -> Biases:
        """All of them, as in the theorems."""
        return cls((True,) * hidden, (True,) * output)

    @classmethod
    def parse(cls, hidden: str, output: str, sizes: tuple[int, int]) -> Biases:
        """From "all", "none" or a string of 0 and 1 for each layer; ``sizes`` are the numbers of units.

        Raises ``UsageError``.

        >>> Biases.parse("all", "01", (3, 2))
        Biases(hidden=(True, True, True), output=(False, True))
        """
        return cls(_units(hidden, sizes[0], "hidden"), _units(output, sizes[1], "output"))

    @property
    def complete(self) -> bool:
        """Whether every unit and every output has a bias."""
        return all(self.hidden) and all(self.output)

    def __str__(self) -> str:
        """In words.

        >>> str(Biases.parse("all", "01", (3, 2)))
        'all hidden units, outputs 01'
        """
        if self.complete:
            return "all units"
        if not any(self.hidden + self.output):
            return "none"
        return f"{_words(self.hidden, 'hidden units')}, {_words(self.output, 'outputs')}"

    def to_json(self) -> dict[str, str]:
        """A digit a unit and a digit an output, 1 where there is a bias."""
        return {"hidden": _digits(self.hidden), "output": _digits(self.output)}


def _units(text: str, size: int, layer: str) -> tuple[bool, ...]:
    match text:
        case "all":
            return (True,) * size
        case "none":
            return (False,) * size
    if len(text) != size or set(text) - {"0", "1"}:
        raise UsageError(f"the {layer} biases are all, none, or {size} digits 0 and 1, not {text!r}")
    return tuple(digit == "1" for digit in text)


def _words(units: tuple[bool, ...], what: str) -> str:
    if all(units) or not any(units):
        return f"{'all' if all(units) else 'no'} {what}"
    return f"{what} {_digits(units)}"


def _digits(units: tuple[bool, ...]) -> str:
    return "".join("1" if unit else "0" for unit in units)
