"""Witnesses of ill-posedness: a matrix outside E, and factors whose product tends to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final

from qeclose.proof.bounds import UnionProof
from qeclose.proof.certificate import whole_proof
from qeclose.proof.ill_posed import CurveProof

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qeclose.algebra.curve import Curve, Laurent
    from qeclose.support.relabelling import Relabelling

__all__ = ["Matrix", "Witness", "laurent_text"]

Matrix = tuple[tuple[str, ...], ...]
"""Entries as text: rationals, or Laurent polynomials in t."""

_Entry = tuple[int, int]
_SHOWN = 8


@final
@dataclass(frozen=True, slots=True, repr=False)
class Witness:
    """X₁(t) … X_L(t) → A as t → 0 through positive t, and A ∉ E; only lines with an entry that is not zero.

    ``layers[0]`` are the rows of A that are kept, ``layers[1:-1]`` the inner indices of each level (the terms, with
    two factors), ``layers[-1]`` the columns of A, all in the user's numbers, from 0, in order. ``A`` and ``factors[l]``
    hold the entries on those lines; everything else is zero. An entry of A that is not observed is a "?".
    """

    layers: tuple[tuple[int, ...], ...]
    A: Matrix
    factors: tuple[Matrix, ...]

    @classmethod
    def of_entries(
        cls,
        point: Mapping[_Entry, Fraction],
        factors: Sequence[Mapping[_Entry, Laurent]],
        missing: Mapping[int, int] = MappingProxyType({}),
    ) -> Witness:
        """The witness with these nonzero entries of A and of X₁(t), …, X_L(t); ``missing`` by rows, as bitsets of columns."""
        entries = [{place: value for place, value in factor.items() if value} for factor in factors]
        layers: list[set[int]] = [{i for i, _ in point}, *(set() for _ in factors)]
        layers[-1] |= {j for _, j in point}
        for level, factor in enumerate(entries):
            layers[level] |= {i for i, _ in factor}
            layers[level + 1] |= {j for _, j in factor}
        lines = tuple(tuple(sorted(layer)) for layer in layers)
        unseen = {(i, j): "?" for i in lines[0] for j in lines[-1] if missing.get(i, 0) >> j & 1}
        return cls(
            lines,
            _matrix(lines[0], lines[-1], {place: str(value) for place, value in point.items()} | unseen),
            tuple(
                _matrix(
                    lines[level], lines[level + 1], {place: laurent_text(p) for place, p in factor.items()}
                )
                for level, factor in enumerate(entries)
            ),
        )

    @classmethod
    def of_pair(
        cls, point: Mapping[_Entry, Fraction], curve: Curve, missing: Mapping[int, int] = MappingProxyType({})
    ) -> Witness:
        """The witness of a curve X(t), Y(t) of two factors."""
        right = {(k, j): value for (j, k), value in curve.y.items()}
        return cls.of_entries(point, (curve.x, right), missing)

    @classmethod
    def of_certificate(cls, certificate: Mapping[str, Any]) -> Witness | None:
        """The witness that an accepted certificate holds; None if it holds none."""
        proof = whole_proof(certificate)
        if isinstance(proof, UnionProof):
            proof = proof.curve
        if not isinstance(proof, CurveProof):
            return None
        return cls.of_entries(proof.limit(), proof.entries(), _missing(certificate))

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Witness:
        """What ``to_json`` wrote."""
        pair = "factors" not in value
        inner = [value["terms"]] if pair else value["terms"]
        columns = value["columns"]
        right = _transposed(_tuples(value["Y"]), len(value["terms"])) if pair else ()
        factors = (_tuples(value["X"]), right) if pair else tuple(map(_tuples, value["factors"]))
        return cls(tuple(map(tuple, (value["rows"], *inner, columns))), _tuples(value["A"]), factors)

    @property
    def rows(self) -> tuple[int, ...]:
        """The rows of A and of the first factor, from 0."""
        return self.layers[0]

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns of A and of the last factor, from 0."""
        return self.layers[-1]

    @property
    def terms(self) -> tuple[int, ...]:
        """The terms, from 0. Raises ``ValueError`` unless there are two factors."""
        self._pair()
        return self.layers[1]

    @property
    def X(self) -> Matrix:
        """X(t) on ``rows`` and ``terms``. Raises ``ValueError`` unless there are two factors."""
        return self._pair()[0]

    @property
    def Y(self) -> Matrix:
        """Y(t) on ``columns`` and ``terms``. Raises ``ValueError`` unless there are two factors."""
        return _transposed(self._pair()[1], len(self.layers[-1]))

    def at(self, t: float) -> tuple[NDArray[np.float64], ...]:
        """X(t) and Y(t) (of more factors all), on ``rows``, ``terms`` and ``columns``, as arrays of floats; t > 0.

        They are computed exactly and rounded at the end. Raises ``ZeroDivisionError`` at a pole.
        """
        import numpy as np

        from qeclose.decide.evaluation import at

        found = [
            np.array([[float(entry) for entry in row] for row in factor])
            for factor in at(self, Fraction(t)).factors
        ]
        return (found[0], found[1].T) if len(found) == 2 else tuple(found)

    def sympy(self) -> tuple[Any, ...]:
        """A, then X and Y (of more factors all) as sympy matrices in the symbol t, on the lines of the witness.

        Entries of A that are not observed are ``nan``.
        """
        import sympy

        pair = len(self.factors) == 2
        matrices = (self.A, self.X, self.Y) if pair else (self.A, *self.factors)
        return tuple(
            sympy.Matrix([[_as_sympy(entry) for entry in row] for row in matrix]) for matrix in matrices
        )

    def _repr_latex_(self) -> str | None:
        from qeclose.pages.notebook import witness_latex

        return witness_latex(self)

    def relabelled(self, relabelling: Relabelling) -> Witness:
        """The witness for the relabelled support."""
        moved = [[new[i] for i in layer] for new, layer in zip(relabelling.layers, self.layers, strict=True)]
        order = [sorted(range(len(layer)), key=layer.__getitem__) for layer in moved]
        layers = tuple(tuple(layer[p] for p in places) for layer, places in zip(moved, order, strict=True))
        matrix = _permuted(self.A, order[0], order[-1])
        factors = tuple(_permuted(f, order[l], order[l + 1]) for l, f in enumerate(self.factors))
        if not relabelling.reversed:
            return Witness(layers, matrix, factors)
        turned = (_transposed(f, len(layers[l + 1])) for l, f in enumerate(factors))
        return Witness(layers[::-1], _transposed(matrix, len(layers[-1])), tuple(turned)[::-1])

    def to_json(self) -> dict[str, Any]:
        """The object of docs/json.md."""
        inner = [list(layer) for layer in self.layers[1:-1]]
        pair = len(self.factors) == 2
        head = {
            "rows": list(self.rows),
            "columns": list(self.columns),
            "terms": inner[0] if pair else inner,
            "A": _lists(self.A),
        }
        if pair:
            return {**head, "X": _lists(self.X), "Y": _lists(self.Y)}
        return {**head, "factors": [_lists(factor) for factor in self.factors]}

    def __repr__(self) -> str:
        inner = ", ".join(f"terms {_listed(layer)}" for layer in self.layers[1:-1])
        return f"<Witness on rows {_listed(self.rows)}, {inner}, columns {_listed(self.columns)}>"

    def _pair(self) -> tuple[Matrix, ...]:
        if len(self.factors) != 2:
            raise ValueError(f"this witness has {len(self.factors)} factors, not two")
        return self.factors


def _listed(lines: Sequence[int]) -> str:
    """Line numbers from 0, the first few."""
    more = ["…"] if len(lines) > _SHOWN else []
    return " ".join([*map(str, lines[:_SHOWN]), *more])


def _missing(certificate: Mapping[str, Any]) -> dict[int, int]:
    """The entries of A that an accepted certificate calls missing, in the numbers of the whole mask."""
    drawn = certificate["mask"].get("missing", ())
    rows, columns = range(len(drawn)), range(len(drawn[0]) if drawn else 0)
    if "part_of" in certificate:
        rows, _, columns = certificate["part_of"]["lines"]
    return {
        i: sum(1 << j for j, entry in zip(columns, row, strict=True) if entry == "1")
        for i, row in zip(rows, drawn, strict=bool(drawn))
    }


def _tuples(matrix: Iterable[Iterable[str]]) -> Matrix:
    return tuple(map(tuple, matrix))


def _lists(matrix: Matrix) -> list[list[str]]:
    return [list(row) for row in matrix]


def _matrix(rows: Iterable[int], columns: Sequence[int], entries: Mapping[_Entry, str]) -> Matrix:
    return tuple(tuple(entries.get((i, j), "0") for j in columns) for i in rows)


def _permuted(matrix: Matrix, rows: Sequence[int], columns: Sequence[int]) -> Matrix:
    return tuple(tuple(matrix[i][j] for j in columns) for i in rows)


def _transposed(matrix: Matrix, n_columns: int) -> Matrix:
    """The transpose; the number of columns is needed for a matrix without rows."""
    return tuple(tuple(row[j] for row in matrix) for j in range(n_columns))


def _as_sympy(text: str) -> Any:
    import sympy

    return (
        sympy.nan
        if text == "?"
        else sympy.sympify(text.replace("^", "**"), locals={"t": sympy.Symbol("t")}, rational=True)
    )


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
