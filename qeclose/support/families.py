"""Named families of supports, and the catalogue that ``qeclose generate`` offers.

Every family works on bitset rows, so that sizes in the thousands take about a second. A parameter outside
its range, or masks beyond the limits of ``limits``, raise ``UsageError``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from qeclose.errors import UsageError
from qeclose.support.limits import too_large
from qeclose.support.mask import Mask
from qeclose.support.model import Support

if TYPE_CHECKING:
    from random import Random

__all__ = [
    "arrow",
    "banded_lu",
    "block_low_rank",
    "butterfly",
    "butterfly_pair",
    "fsmf_example",
    "full",
    "hodlr",
    "kronecker",
    "lu",
    "monarch",
    "pruned_network",
    "random_support",
]

# A Kronecker-sparse pattern (a, b, c, d).
Pattern = tuple[int, int, int, int]


def full(m: int, n: int, r: int) -> Support:
    """No sparsity: I all of m×r, J all of n×r, so that E is the matrices of rank ≤ r."""
    _positive(m=m, n=n, r=r)
    _bounded(m, r)
    _bounded(n, r)
    return Support(_ones(m, r), _ones(n, r), name=f"full-{m}x{n}-r{r}")


def lu(n: int) -> Support:
    """LU factors of order n: X and Y lower triangular, so that A ≈ X Yᵀ = L U."""
    return banded_lu(n, n - 1, n - 1).labelled(name=f"lu-{n}", source="")


def banded_lu(n: int, lower: int, upper: int) -> Support:
    """LU factors of a band matrix: L has ``lower`` diagonals below the main one, U ``upper`` above it."""
    _positive(n=n)
    _not_negative(lower=lower, upper=upper)
    _bounded(n, n)

    def band(width: int) -> Mask:
        return Mask(tuple(_span(max(0, i - width), i + 1) for i in range(n)), n)

    return Support(band(lower), band(upper), name=f"banded-lu-{n}-{lower}-{upper}")


def arrow(n: int, tip: str = "last") -> Support:
    """Factors of an arrowhead matrix of order n, eliminated so that the tip comes ``last`` or ``first``.

    Both masks are the same: the diagonal and, with the tip last, the last row (the Cholesky factor of an
    arrow matrix that points down, without fill-in: X Yᵀ stays inside the arrow); with the tip first, the
    first column (X Yᵀ is a full rank-one matrix plus a diagonal one: the arrow fills in).
    """
    _positive(n=n)
    _bounded(n, n)
    if tip not in ("last", "first"):
        raise UsageError(f"tip must be last or first, not {tip!r}")
    diagonal = [1 << i for i in range(n)]
    rows = [*diagonal[:-1], _span(0, n)] if tip == "last" else [row | 1 for row in diagonal]
    mask = Mask(tuple(rows), n)
    return Support(mask, mask, name=f"arrow-{n}-{tip}")


def fsmf_example() -> Support:
    """The 4×5 mask with r = 4 drawn in the talk on fixed-support matrix factorization."""
    left = _mask_of("1101 0110 1010 0101")
    right = _mask_of("01010 11001 10110 10101")
    return Support.of_factors((left, right), name="fsmf-4x5-r4")


def kronecker(patterns: Sequence[Pattern]) -> Support:
    """The chain of Kronecker-sparse factors: (a, b, c, d) is I_a ⊗ 1_{b×c} ⊗ I_d, of shape abd × acd.

    At least two patterns, whose shapes chain. Reference: Le, Zheng, Riccietti, Gribonval, arXiv 2411.04506.

    >>> [mask.to_strings() for mask in kronecker([(1, 1, 2, 1), (1, 2, 1, 1)]).factors]
    [['11'], ['1', '1']]
    """
    if len(patterns) < 2:
        raise UsageError("a chain has at least two patterns a,b,c,d")
    for a, b, c, d in patterns:
        _positive(a=a, b=b, c=c, d=d)
        _bounded(a * b * d, a * c * d)
    for (a, _, c, d), (a_next, b_next, _, d_next) in zip(patterns, patterns[1:], strict=False):
        if a * c * d != a_next * b_next * d_next:
            problem = f"{a * c * d} columns do not meet {a_next * b_next * d_next} rows"
            raise UsageError(f"the patterns of a chain must fit together: {problem}")
    name = "kronecker-" + "-".join("x".join(map(str, pattern)) for pattern in patterns)
    return Support.of_factors(map(_kronecker_mask, patterns), name=name)


def butterfly(size: int) -> Support:
    """The whole chain of log₂(size) butterfly factors.

    The l-th is I_{2^(l−1)} ⊗ 1_{2×2} ⊗ I_{size/2^l}.
    """
    depth = _butterfly_depth(size)
    patterns = [(2 ** (level - 1), 2, 2, size // 2**level) for level in range(1, depth + 1)]
    return kronecker(patterns).labelled(name=f"butterfly-{size}", source="")


def butterfly_pair(size: int, split: int) -> Support:
    """The butterfly of this size as two factors: the product of its first ``split`` factors, and of the rest.

    Their supports are 1_{2^s×2^s} ⊗ I_{size/2^s} and I_{2^s} ⊗ 1_{size/2^s × size/2^s}, where s = split.
    """
    depth = _butterfly_depth(size)
    if not 1 <= split < depth:
        raise UsageError(f"split must be from 1 to {depth - 1}, not {split}")
    block = 2**split
    patterns = [(1, block, block, size // block), (block, size // block, size // block, 1)]
    return kronecker(patterns).labelled(name=f"butterfly-{size}-split-{split}", source="")


def monarch(blocks: int, size: int) -> Support:
    """Monarch matrices of order blocks·size: (1, blocks, blocks, size) then (blocks, size, size, 1).

    A block-diagonal factor with ``blocks`` dense blocks of order ``size``, before it one whose blocks are
    interleaved.
    """
    _positive(blocks=blocks, size=size)
    patterns = [(1, blocks, blocks, size), (blocks, size, size, 1)]
    return kronecker(patterns).labelled(name=f"monarch-{blocks}x{size}", source="")


def hodlr(levels: int, leaf: int, rank: int) -> Support:
    """Hierarchical off-diagonal low rank (HODLR) matrices of order leaf·2^levels.

    At each level both off-diagonal blocks of every diagonal block have ``rank`` terms; the 2^levels diagonal
    blocks of order ``leaf`` that remain are dense: ``leaf`` terms each.
    """
    _not_negative(levels=levels)
    _positive(leaf=leaf, rank=rank)
    if levels > 20:
        raise UsageError(f"levels must be at most 20, not {levels}")
    n = leaf << levels
    _bounded(n, n + 2 * (2**levels - 1) * rank)

    def terms() -> Iterator[tuple[int, int]]:
        for level in range(1, levels + 1):
            side = n >> level
            for first in range(0, n, 2 * side):
                upper, lower = _span(first, first + side), _span(first + side, first + 2 * side)
                yield from [(upper, lower)] * rank
                yield from [(lower, upper)] * rank
        for first in range(0, n, leaf):
            yield from [(_span(first, first + leaf),) * 2] * leaf

    return Support.of_terms(n, n, terms(), name=f"hodlr-{levels}-{leaf}-r{rank}")


def block_low_rank(blocks: int, size: int, rank: int) -> Support:
    """Block low-rank matrices of order blocks·size: dense diagonal blocks, all others of rank ≤ ``rank``.

    A diagonal block has ``size`` terms, any other ``rank``.
    """
    _positive(blocks=blocks, size=size, rank=rank)
    n = blocks * size
    _bounded(n, blocks * size + blocks * (blocks - 1) * rank)
    spans = [_span(first, first + size) for first in range(0, n, size)]
    terms = (
        term
        for i, rows in enumerate(spans)
        for j, columns in enumerate(spans)
        for term in [(rows, columns)] * (size if i == j else rank)
    )
    return Support.of_terms(n, n, terms, name=f"block-low-rank-{blocks}x{size}-r{rank}")


def random_support(m: int, n: int, r: int, density: float = 0.5, seed: int = 0) -> Support:
    """Independent random entries, each inside with probability ``density``; the same on every machine."""
    _positive(m=m, n=n, r=r)
    _fraction(density=density)
    rng = _generator(seed)
    _bounded(m, r)
    _bounded(n, r)
    I, J = (_mask_from(side, r, (rng.random() < density for _ in range(side * r))) for side in (m, n))
    return Support(I, J, name=f"random-{m}x{n}-r{r}-d{density:g}-s{seed}")


def pruned_network(m: int, r: int, n: int, keep: float = 0.5, seed: int = 0) -> Support:
    """A two-layer network n → r → m after magnitude pruning: A ≈ W₂ W₁, supp W₂ ⊆ I, supp W₁ ⊆ Jᵀ.

    The weights are independent with one law, and in each layer the fraction ``keep`` of largest magnitude
    stays (rounded to the nearest whole number of weights).
    """
    _positive(m=m, r=r, n=n)
    _fraction(keep=keep)
    rng = _generator(seed)
    _bounded(m, r)
    _bounded(r, n)
    layers = [_pruned(rng, rows, columns, keep) for rows, columns in ((m, r), (r, n))]
    return Support.of_factors(layers, name=f"pruned-network-{m}-{r}-{n}-k{keep:g}-s{seed}")


def _pruned(rng: Random, n_rows: int, n_cols: int, keep: float) -> Mask:
    # Only random() itself is promised to give the same numbers in every version of Python; which law the
    # magnitudes follow makes no difference to which are the largest.
    magnitudes = [rng.random() for _ in range(n_rows * n_cols)]
    order = sorted(range(len(magnitudes)), key=magnitudes.__getitem__, reverse=True)
    kept = bytearray(len(magnitudes))
    for position in order[: round(keep * len(magnitudes))]:
        kept[position] = 1
    return _mask_from(n_rows, n_cols, kept)


def _generator(seed: int) -> Random:
    from random import Random

    # Random(-1) would silently be Random(1).
    _not_negative(seed=seed)
    return Random(seed)


def _mask_from(n_rows: int, n_cols: int, entries: Iterable[object]) -> Mask:
    """The mask with these entries, row by row."""
    remaining = iter(entries)
    rows = []
    for _ in range(n_rows):
        digits = "".join("1" if next(remaining) else "0" for _ in range(n_cols))
        rows.append(int(digits[::-1], 2))
    return Mask(tuple(rows), n_cols)


def _mask_of(rows: str) -> Mask:
    return Mask.from_lists([[int(digit) for digit in row] for row in rows.split()])


def _kronecker_mask(pattern: Pattern) -> Mask:
    a, b, c, d = pattern
    comb = sum(1 << k * d for k in range(c))
    rows = tuple(comb << i * c * d + offset for i in range(a) for _ in range(b) for offset in range(d))
    return Mask(rows, a * c * d)


def _butterfly_depth(size: int) -> int:
    depth = size.bit_length() - 1
    if depth < 2 or size != 2**depth:
        raise UsageError(f"size must be a power of two from 4 on, not {size}")
    return depth


def _ones(n_rows: int, n_cols: int) -> Mask:
    return Mask((_span(0, n_cols),) * n_rows, n_cols)


def _span(start: int, end: int) -> int:
    """The bitset of start, …, end − 1."""
    return (1 << end) - (1 << start)


def _bounded(n_rows: int, n_cols: int) -> None:
    if problem := too_large(n_rows, n_cols):
        raise UsageError(f"a mask of shape {problem}")


def _positive(**values: int) -> None:
    for name, value in values.items():
        if value < 1:
            raise UsageError(f"{name} must be at least 1, not {value}")


def _not_negative(**values: int) -> None:
    for name, value in values.items():
        if value < 0:
            raise UsageError(f"{name} must not be negative, and {value} is")


def _fraction(**values: float) -> None:
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise UsageError(f"{name} must be from 0 to 1, not {value}")
