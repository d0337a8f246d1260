"""Which masks are drawn: each is fixed by the seed, the shape, the density and its index, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from math import isfinite
from typing import final

from qeclose.batch.requests.item import Item
from qeclose.decide.options import Options
from qeclose.errors import UsageError
from qeclose.support.families import random_support
from qeclose.support.model import Support

__all__ = ["Plan", "Sample", "parse_densities", "parse_fractions"]

_DIGITS = 12
"""Decimal places of the densities in a range: more would be noise of binary fractions."""


@final
@dataclass(frozen=True, slots=True)
class Sample:
    """The ``index``-th mask drawn with this density."""

    density: float
    index: int
    item: Item


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """``count`` masks for each density: I (m×r) and J (n×r) with independent entries, inside with that chance.

    ``options`` are those of every decision; their seed takes no part in the drawing. Raises ``UsageError`` for a
    shape, density or count without sense.
    """

    m: int
    n: int
    r: int
    densities: tuple[float, ...]
    count: int
    seed: int
    options: Options

    def __post_init__(self) -> None:
        if self.count < 1 or self.seed < 0 or not self.densities:
            raise UsageError("at least one density and one sample are needed, and a seed from 0 on")
        if len(set(self.densities)) < len(self.densities):
            raise UsageError("a density is given twice")
        for density in self.densities:
            self.support(density, 0)

    def support(self, density: float, index: int) -> Support:
        """The sample's mask; its source is the command that generates it."""
        place = f"{self.seed} {self.m} {self.n} {self.r} {density!r} {index}"
        # Seeds in a row would do for one density, and give neighbouring densities the same masks.
        seed = int.from_bytes(sha256(place.encode()).digest()[:6], "big")
        drawn = random_support(self.m, self.n, self.r, density, seed)
        command = f"qeclose generate random {self.m} {self.n} {self.r} {density!r} {seed}"
        return drawn.labelled(name=f"{density:g}-{index}", source=command)

    def samples(self, wanted: Callable[[float], bool]) -> Iterator[Sample]:
        """All samples, index by index, of the densities that are ``wanted`` when they are drawn."""
        for index in range(self.count):
            for density in self.densities:
                if wanted(density):
                    support = self.support(density, index)
                    item = Item(support.source, support.name, self.options, support)
                    yield Sample(density, index, item)


def parse_densities(text: str) -> tuple[float, ...]:
    """Densities given as ``p``, as ``p,q,…``, or as ``start:stop:count`` with both ends included.

    Raises ``UsageError``.

    >>> parse_densities("0.1,0.5")
    (0.1, 0.5)
    >>> parse_densities("0:1:5")
    (0.0, 0.25, 0.5, 0.75, 1.0)
    """
    try:
        densities = _range(text) if ":" in text else tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"a density is P, P,Q,… or START:STOP:COUNT, not {text!r}") from None
    if not all(isfinite(density) and 0 <= density <= 1 for density in densities):
        raise UsageError(f"a density must be from 0 to 1: {text!r}")
    return densities


def parse_fractions(text: str) -> tuple[Fraction, ...]:
    """The same densities as exact numbers: decimals as they are written, and fractions such as ``2/5``.

    Raises ``UsageError``.

    >>> [str(density) for density in parse_fractions("0.1,2/5")], len(parse_fractions("0:1:5"))
    (['1/10', '2/5'], 5)
    """
    try:
        if ":" in text:
            first, last, number = text.split(":")
            start, stop, count = Fraction(first), Fraction(last), int(number)
            densities = tuple(start + (stop - start) * k / (count - 1) for k in range(count))
        else:
            densities = tuple(Fraction(part) for part in text.split(","))
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"a density is P, P,Q,… or START:STOP:COUNT, not {text!r}") from None
    if not densities or not all(0 <= density <= 1 for density in densities):
        raise UsageError(f"a density must be from 0 to 1: {text!r}")
    return densities


def _range(text: str) -> tuple[float, ...]:
    first, last, number = text.split(":")
    start, stop, count = float(first), float(last), int(number)
    if count < 2:
        raise ValueError
    step = (stop - start) / (count - 1)
    return tuple(round(start + k * step, _DIGITS) for k in range(count))
