"""Chains X₁X₂…X_L that can be orthogonalised from both ends towards a centre: a class of closed sets.

Layer l (0 ≤ l ≤ L) are the indices between factor l and factor l + 1; layer 0 are the rows of A, layer L its columns.
For k, k' in an inner layer l write ``k ⊑ k'`` if column k of F_l lies inside column k' and row k' of F_{l+1} inside row k.
Then ``x_k' → x_k' − c·x_k`` in X_l with ``y_k → y_k + c·y_k'`` in X_{l+1} changes neither the product nor the supports.

*Theorem.* Let c be a factor such that, for every layer l < c, any two indices are ⊑-comparable, or have disjoint columns
in F_l, or reach disjoint sets of columns of A through F_{l+1}, …, F_L; and, for every layer l ≥ c, mirrored, any two are
comparable, or have disjoint rows in F_{l+1}, or are reached from disjoint sets of rows of F_c through F_c, …, F_l. Then E
is closed. (``first="left"``; ``first="right"`` is the same for the transposed chain.)

*Proof.* Layer by layer from the left, orthogonalise the columns of X_l along a linear extension of ⊑ (Gram–Schmidt), scale
them to norm 1 and move the factors into X_{l+1}; where a column became 0, set its row of X_{l+1} to 0. So A = Q₁…Q_{c−1}·B,
where every Q_l lies in a compact set S_D, one for each of the finitely many choices D of zero columns. Two nonzero columns of
Q_l that both act on column j of Q_{l+1}…Q_{c−1}B are orthogonal by the hypothesis, hence ‖A‖ = ‖B‖ (Frobenius norms). In
the same way, from the right, B = X_c·P_{c+1}…P_L with ‖B‖ = ‖X_c‖. Rows and columns set to 0 stay so. So if A^n → A in E, the
factors stay bounded, and a subsequence converges to factors of A. ∎

Kronecker-sparse chains that are chainable (Le, Zheng, Riccietti, Gribonval, arXiv 2411.04506) satisfy the hypothesis with
c = L, in whatever order their rows, columns and inner indices are written: docs/chains.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from qeclose.proof.well_posed import OrthogonalChainProof
from qeclose.support import Mask
from qeclose.support.bits import bits

__all__ = ["live_part", "prove_orthogonal"]


def live_part(factors: Sequence[Mask]) -> tuple[Mask, ...]:
    """The masks without the entries that lie on no path from a row to a column of A: E is the same."""
    ahead = [(1 << len(factors[0].rows)) - 1]
    for factor in factors:
        ahead.append(_union(factor.rows[i] for i in bits(ahead[-1])))
    behind = [(1 << factors[-1].n_cols) - 1]
    for factor in reversed(factors):
        behind.append(_union(factor.columns[j] for j in bits(behind[-1])))
    behind.reverse()
    return tuple(
        Mask(
            tuple(
                row & behind[level + 1] if ahead[level] >> i & 1 else 0 for i, row in enumerate(factor.rows)
            ),
            factor.n_cols,
        )
        for level, factor in enumerate(factors)
    )


def prove_orthogonal(factors: Sequence[Mask]) -> OrthogonalChainProof | None:
    """A proof for these masks, or None if the theorem fails.

    >>> from qeclose.support.families import butterfly
    >>> prove_orthogonal(butterfly(8).factors)
    OrthogonalChainProof(centre=2, first='left')
    """
    masks = live_part(factors)
    mirrored = tuple(mask.transpose() for mask in reversed(masks))
    last = len(masks) - 1
    for centre in range(last, -1, -1):
        if _sweeps(masks, centre, last) and _sweeps(mirrored, last - centre, last - centre):
            return OrthogonalChainProof(centre, "left")
        if _sweeps(mirrored, last - centre, last) and _sweeps(masks, centre, centre):
            return OrthogonalChainProof(centre, "right")
    return None


def _sweeps(masks: Sequence[Mask], centre: int, end: int) -> bool:
    """Whether the layers left of factor ``centre`` satisfy the hypothesis with what they reach up to factor ``end``."""
    reach = [1 << j for j in range(masks[end].n_cols)]
    for level in range(end, 0, -1):
        reach = [_union(reach[j] for j in bits(row)) for row in masks[level].rows]
        if level <= centre and not _layer_sweeps(masks[level - 1], masks[level], reach):
            return False
    return True


def _layer_sweeps(left: Mask, right: Mask, reach: Sequence[int]) -> bool:
    columns = left.columns
    # Along a linear extension of ⊑; equal indices are comparable.
    kinds = sorted(
        set(zip(columns, right.rows, reach, strict=True)), key=lambda k: (k[0].bit_count(), -k[1].bit_count())
    )
    meeting: dict[int, list[int]] = {i: [] for i in range(len(left.rows))}
    for place, (column, _, _) in enumerate(kinds):
        for i in bits(column):
            meeting[i].append(place)
    for places in meeting.values():
        if all(_below(kinds[k], kinds[other]) for k, other in itertools.pairwise(places)):
            continue  # ⊑ is transitive
        for k, other in itertools.combinations(places, 2):
            if kinds[k][2] & kinds[other][2] and not _below(kinds[k], kinds[other]):
                return False
    return True


def _below(kind: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    """k ⊑ k' from their columns and rows."""
    return not kind[0] & ~other[0] and not other[1] & ~kind[1]


def _union(bitsets: Iterable[int]) -> int:
    total = 0
    for bitset in bitsets:
        total |= bitset
    return total
