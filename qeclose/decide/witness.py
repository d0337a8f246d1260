"""Witnesses as the JSON of a report gives them: dense matrices of strings, in the user's rows, columns and terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qeclose.presolve import Curve
    from qeclose.presolve.curve import Laurent
    from qeclose.support.model import Support

__all__ = ["chain_witness", "laurent_text", "pair_witness"]

Entry = tuple[int, int]


def pair_witness(support: Support, point: Mapping[Entry, Fraction], curve: Curve) -> dict[str, Any]:
    """``{"A": …, "X": …, "Y": …}``: A m×n rationals, X(t) m×r and Y(t) n×r Laurent polynomials in t."""
    (m, n), (r,) = support.shape, support.inner
    return {
        "A": _dense(m, n, {place: str(value) for place, value in point.items()}),
        "X": _dense(m, r, {place: laurent_text(value) for place, value in curve.x.items()}),
        "Y": _dense(n, r, {place: laurent_text(value) for place, value in curve.y.items()}),
    }


def chain_witness(
    support: Support, point: Mapping[Entry, Fraction], factors: Sequence[Mapping[Entry, Laurent]]
) -> dict[str, Any]:
    """``{"A": …, "factors": [X₁, …, X_L]}``."""
    m, n = support.shape
    return {
        "A": _dense(m, n, {place: str(value) for place, value in point.items()}),
        "factors": [
            _dense(*mask.shape, {place: laurent_text(value) for place, value in factor.items()})
            for mask, factor in zip(support.factors, factors, strict=True)
        ],
    }


def _dense(rows: int, columns: int, entries: Mapping[Entry, str]) -> list[list[str]]:
    zeros = ["0"] * columns
    matrix = [zeros] * rows  # rows without entries share one list; nobody changes it
    by_row: dict[int, list[str]] = {}
    for (i, j), text in entries.items():
        by_row.setdefault(i, list(zeros))[j] = text
    for i, row in by_row.items():
        matrix[i] = row
    return matrix


def laurent_text(value: Laurent) -> str:
    """A Laurent polynomial such as ``1/2 + t - 3*t^2`` or ``-1/t``, as sympy would read it with ^ for **."""
    parts: list[str] = []
    for exponent in sorted(value):
        coefficient = value[exponent]
        size = abs(coefficient)
        if exponent == 0:
            body = str(size)
        elif exponent > 0:
            power = "t" if exponent == 1 else f"t^{exponent}"
            body = power if size == 1 else f"{size}*{power}"
        else:
            power = "t" if exponent == -1 else f"t^{-exponent}"
            body = (
                f"{size.numerator}/{power}"
                if size.denominator == 1
                else f"{size.numerator}/({size.denominator}*{power})"
            )
        if parts:
            parts.append(f" {'-' if coefficient < 0 else '+'} {body}")
        else:
            parts.append(f"{'-' if coefficient < 0 else ''}{body}")
    return "".join(parts) or "0"
