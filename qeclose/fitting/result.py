"""What ``fit`` found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from qeclose.decide.verdict import Answer

if TYPE_CHECKING:
    from qeclose.support import Support

__all__ = ["SCHEMA", "Fit", "PathPoint"]

SCHEMA = 2


@final
@dataclass(frozen=True, slots=True)
class PathPoint:
    """The best factors found for one λ: their loss, and the norms of the factors."""

    ridge: float
    loss: float
    norms: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """The fit with a ridge as a JSON object."""
        return {"ridge": self.ridge, "loss": self.loss, "norms": list(self.norms)}


@final
@dataclass(frozen=True, slots=True, repr=False)
class Fit:
    """Factors for one matrix. ``factors`` are X (m×r) and Y (n×r) or, of a longer chain, X₁, …, X_L (large ones sparse).

    ``loss`` is ‖A − XYᵀ‖² over the observed entries; ``optimal`` says that no factors have a smaller one, by ``theorem``; no
    factors have one below ``lower_bound``. ``guarantee``: the norm of the error is at most so many times the smallest.
    ``largest_term`` is the norm of the largest x_k y_kᵀ in those of A. ``diverging``: the loss fell while terms grew, and that
    is why the search stopped. ``starts`` are the losses of all starts, smallest first.
    """

    support: Support
    factors: tuple[Any, ...] = field(hash=False)
    loss: float
    optimal: bool
    theorem: str | None
    lower_bound: float
    norm: float
    norms: tuple[float, ...]
    largest_term: float
    verdict: Answer
    method: str
    reason: str
    diverging: bool = False
    guarantee: float | None = None
    ridge: float = 0.0
    bound: float = math.inf
    path: tuple[PathPoint, ...] = ()
    starts: tuple[float, ...] = ()
    seconds: float = 0.0

    @property
    def X(self) -> Any:
        """The first of two factors. Raises ``ValueError`` unless there are two."""
        return self._pair()[0]

    @property
    def Y(self) -> Any:
        """The second of two factors (n×r). Raises ``ValueError`` unless there are two."""
        return self._pair()[1]

    @property
    def gap(self) -> float:
        """How far the loss may be from the smallest: loss − lower bound."""
        return max(0.0, self.loss - self.lower_bound)

    def _pair(self) -> tuple[Any, ...]:
        if len(self.factors) != 2:
            raise ValueError(f"this fit has {len(self.factors)} factors, not two")
        return self.factors

    def __repr__(self) -> str:
        kind = "optimal" if self.optimal else "best found"
        return f"<Fit loss {self.loss:.6g} ({kind}), {self.support!r}>"

    def to_json(self, *, factors: bool = True) -> dict[str, Any]:
        """The JSON object of ``qeclose fit --format json``; without the factors if they go to a file."""
        return {
            "schema": SCHEMA,
            "name": self.support.name,
            "source": self.support.source,
            "loss": self.loss,
            "optimal": self.optimal,
            "theorem": self.theorem,
            "lower_bound": self.lower_bound,
            "gap": self.gap,
            "guarantee": self.guarantee,
            "norm": self.norm,
            "norms": list(self.norms),
            "largest_term": self.largest_term,
            "verdict": self.verdict,
            "diverging": self.diverging,
            "method": self.method,
            "reason": self.reason,
            "ridge": self.ridge or None,
            "bound": None if self.bound == math.inf else self.bound,
            "path": [point.to_json() for point in self.path] or None,
            "starts": list(self.starts),
            "factors": self._factors_json() if factors else None,
            "seconds": round(self.seconds, 3),
        }

    def _factors_json(self) -> dict[str, list[list[float]]]:
        return {name: dense(factor).tolist() for name, factor in self.named_factors()}

    def named_factors(self) -> Sequence[tuple[str, Any]]:
        """X and Y, or F1, …, FL, with their matrices."""
        names = ("X", "Y") if len(self.factors) == 2 else [f"F{l}" for l in range(1, len(self.factors) + 1)]
        return list(zip(names, self.factors, strict=True))


def factor_names(support: Support, name: str) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """What the rows and columns of a factor (X, Y or F1, …) are called, where the mask has names."""
    names = support.names
    if names is None:
        return None, None
    if name in ("X", "Y"):
        return (names.rows if name == "X" else names.columns), names.terms
    level = int(name[1:])
    return names.layers[level - 1], names.layers[level]


def dense(factor: Any) -> Any:
    """A factor as an array."""
    return factor.toarray() if hasattr(factor, "toarray") else factor
