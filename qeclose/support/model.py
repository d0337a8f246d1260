"""The question qeclose answers: the supports of the factors of a sparse matrix factorization."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from itertools import pairwise
from typing import Any, final

from qeclose.errors import UsageError
from qeclose.support.mask import Mask, product_mask
from qeclose.support.names import Names
from qeclose.support.taking import as_mask, row_and_column_names

__all__ = ["Support"]


MaskLike = Any
"""What ``taking.as_mask`` takes: masks, arrays, sparse matrices, tensors, frames, nested lists of bits, strings."""

LineNames = tuple[str, ...] | None


def _names(sides: Sequence[tuple[LineNames, LineNames]]) -> Names | None:
    """The names that data frames bring along, given those of the rows and columns of each factor.

    Raises ``ValueError`` where two frames name the lines they share differently: one of them may be in another order.
    """
    layers: list[LineNames] = [sides[0][0]]
    for (_, left), (right, _) in pairwise(sides):
        if left and right and left != right and len(left) == len(right):
            at = next(k for k, (one, other) in enumerate(zip(left, right, strict=True)) if one != other)
            problem = f"number {at + 1} of the lines that two factors share is called {left[at]!r} and {right[at]!r}"
            raise ValueError(f"{problem}: the same names in the same order, or none")
        layers.append(left or right)
    layers.append(sides[-1][1])
    return Names(tuple(layers)) if any(layers) else None


@final
@dataclass(frozen=True, init=False, repr=False)
class Support:
    """Fixed supports of the factors of A ≈ X₁X₂…X_L (L ≥ 2); with L = 2, A ≈ X Yᵀ.

    ``factors[l]`` is the mask of X_{l+1}; consecutive shapes chain. ``name`` and ``source`` say where the
    support came from, ``names`` what its rows, columns and terms are called, ``notes`` how its file was understood
    where that was not plain, one sentence each. None of them takes part in equality or hashing.

    ``missing``, the m×n mask W, marks entries of A that are not observed: the loss is a sum over the others. It is part
    of the question, and so of equality; None if all entries are observed, however W was given. Two factors only.

    >>> lu = Support([[1, 0], [1, 1]], [[1, 0], [1, 1]])
    >>> lu.shape, lu.I.to_lists(), lu.J.to_lists()
    ((2, 2), [[1, 0], [1, 1]], [[1, 0], [1, 1]])
    """

    factors: tuple[Mask, ...]
    missing: Mask | None
    name: str = field(compare=False)
    source: str = field(compare=False)
    names: Names | None = field(compare=False)
    notes: tuple[str, ...] = field(compare=False)

    def __init__(
        self,
        I: MaskLike,
        J: MaskLike,
        *,
        missing: MaskLike | None = None,
        name: str = "",
        source: str = "",
    ) -> None:
        """The support with supp X ⊆ I (m×r) and supp Y ⊆ J (n×r); ``missing`` (m×n): the entries of A not observed.

        Raises ``NotAMask``, a ``TypeError``, for what is no mask, and ``ValueError`` if r, the names of the terms or the shape
        of W differ.
        """
        left, right = as_mask(I), as_mask(J)
        if left.n_cols != right.n_cols:
            raise ValueError(
                f"I is {left.shape[0]}x{left.n_cols} but J is {right.shape[0]}x{right.n_cols}: "
                "I and J need the same number of columns r"
            )
        names = _names([row_and_column_names(I), row_and_column_names(J)[::-1]])
        self._fill((left, right.transpose()), missing, name, source, names, ())

    @classmethod
    def of_factors(
        cls,
        factors: Iterable[MaskLike],
        *,
        missing: MaskLike | None = None,
        name: str = "",
        source: str = "",
        names: Names | None = None,
        notes: Iterable[str] = (),
    ) -> Support:
        """The support of a product of L ≥ 2 factors. Raises ``ValueError`` if the shapes do not chain, or W does not fit."""
        support = cls.__new__(cls)
        given = tuple(factors)
        masks = tuple(as_mask(factor) for factor in given)
        if names is None:
            names = _names([row_and_column_names(factor) for factor in given])
        support._fill(masks, missing, name, source, names, tuple(notes))
        return support

    @classmethod
    def of_terms(
        cls,
        m: int,
        n: int,
        terms: Iterable[tuple[int, int]],
        *,
        missing: MaskLike | None = None,
        name: str = "",
        source: str = "",
    ) -> Support:
        """The two-factor support whose k-th rank-one term fills the rectangle ``terms[k]`` = (I_k, J_k).

        I_k is a bitset over the m rows of A, J_k one over its n columns. Raises ``ValueError`` if a bitset
        reaches outside.

        >>> Support.of_terms(2, 2, [(0b11, 0b11), (0b10, 0b10)]).I
        <Mask 2x2: 10 11>
        """
        listed = list(terms)
        left = Mask(tuple(rows for rows, _ in listed), m).transpose()
        right = Mask(tuple(columns for _, columns in listed), n)
        return cls.of_factors((left, right), missing=missing, name=name, source=source)

    def labelled(self, *, name: str, source: str) -> Support:
        """The same support under another name and source."""
        return Support.of_factors(
            self.factors, missing=self.missing, name=name, source=source, names=self.names, notes=self.notes
        )

    def _fill(
        self,
        factors: tuple[Mask, ...],
        missing: MaskLike | None,
        name: str,
        source: str,
        names: Names | None,
        notes: tuple[str, ...],
    ) -> None:
        if len(factors) < 2:
            raise ValueError("a support has at least two factors")
        for left, right in pairwise(factors):
            if left.n_cols != len(right.rows):
                raise ValueError(f"factors of shapes {left.shape} and {right.shape} do not chain")
        object.__setattr__(self, "factors", factors)
        object.__setattr__(self, "missing", self._checked(missing))
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "notes", notes)

    def _checked(self, missing: MaskLike | None) -> Mask | None:
        """W as a mask of the shape of A, None if nothing is missing. Raises as ``__init__``."""
        mask = None if missing is None else as_mask(missing)
        if mask is None:
            return None
        if mask.shape != self.shape:
            sizes = "x".join(map(str, mask.shape)), "x".join(map(str, self.shape))
            raise ValueError(f"missing is {sizes[0]} but A is {sizes[1]}: W marks entries of A")
        if not mask.nnz:
            return None
        if len(self.factors) != 2:
            raise ValueError(
                f"{len(self.factors)} factors: entries of A may be missing with two factors only, so far"
            )
        return mask

    def __repr__(self) -> str:
        shape = "×".join(map(str, (self.shape[0], *self.inner, self.shape[1])))
        name = f" {self.name[:40]!r}" if self.name else ""
        nonzeros = "+".join(str(factor.nnz) for factor in self.factors)
        missing = f", {self.missing.nnz} missing" if self.missing is not None else ""
        return f"<Support{name} {shape}, nonzeros {nonzeros}{missing}>"

    def _repr_html_(self) -> str:
        from qeclose.pages.notebook import support_html

        return support_html(self)

    def _repr_latex_(self) -> str | None:
        from qeclose.pages.notebook import support_latex

        return support_latex(self)

    @staticmethod
    def parse(text: str, *, source: str = "<string>") -> Support:
        """The one support written in ``text`` in the mask-file format of ``docs/mask-files.md``.

        Raises ``InputError`` on malformed text, or if it holds several named blocks.
        """
        from qeclose.files.text import parse_one

        return parse_one(text, source=source)

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n), the shape of A."""
        return self.factors[0].shape[0], self.factors[-1].shape[1]

    @property
    def inner(self) -> tuple[int, ...]:
        """The inner dimensions; with two factors, (r,)."""
        return tuple(factor.shape[1] for factor in self.factors[:-1])

    @property
    def I(self) -> Mask:
        """The m×r mask of X. Raises ``ValueError`` unless there are two factors."""
        return self._pair()[0]

    @property
    def J(self) -> Mask:
        """The n×r mask of Y. Raises ``ValueError`` unless there are two factors."""
        return self._pair()[1].transpose()

    def question(self) -> dict[str, Any]:
        """The field of a certificate that says what it is about."""
        mask = {"factors": [factor.to_strings() for factor in self.factors]}
        if self.missing is not None:
            mask["missing"] = self.missing.to_strings()  # type: ignore[assignment]
        return {"mask": mask}

    @cached_property
    def covered(self) -> Mask:
        """The positions of A (m×n) that some path through the supports leads to: elsewhere all products are 0."""
        return reduce(lambda right, left: product_mask(left, right), reversed(self.factors))

    @property
    def free(self) -> dict[int, int]:
        """The entries of A that are not observed: for each row that has some, their columns as a bitset."""
        return {} if self.missing is None else {i: row for i, row in enumerate(self.missing.rows) if row}

    def require_observed(self, what: str) -> None:
        """Raise ``UsageError`` if entries of A are missing, for ``what`` (a command, say) that answers without W only."""
        if self.missing is not None:
            raise UsageError(
                f"{what} takes every entry of A as observed, so far, and this support has missing ones (section W)"
            )

    @property
    def terms(self) -> tuple[tuple[int, int], ...]:
        """The rectangles (I_k, J_k) of the rank-one terms, as bitsets over rows and over columns of A."""
        left, right = self._pair()
        return tuple(zip(left.columns, right.rows, strict=True))

    def _pair(self) -> tuple[Mask, Mask]:
        if len(self.factors) != 2:
            raise ValueError(f"this support has {len(self.factors)} factors, not two")
        return self.factors[0], self.factors[1]
