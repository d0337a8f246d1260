"""What `qeclose.fit` costs beside the singular value decompositions it consists of, and butterflies of many factors.

    python scripts/fit_benchmark.py [--side 2000] [--levels 12] [--repeat 3]

Prints, for masks of theorem A on side × side matrices, the processor seconds of the bare SVD calls, those of the whole fit
(done in turn with them), and their ratio, medians of the repeats; then the seconds of a butterfly of so many factors.
Everything runs on one thread of BLAS, since two of them cannot be timed on a machine that does other work.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from qeclose import Support, fit
from qeclose.support.families import butterfly


def masks(side: int) -> dict[str, tuple[Support, list[tuple[slice, slice]]]]:
    """Supports by name, and the blocks whose SVDs solve them."""
    half, whole = side // 2, slice(0, side)
    first, second = slice(0, half), slice(half, side)
    full = (1 << side) - 1
    low, high = (1 << half) - 1, full ^ ((1 << half) - 1)
    rank = 20
    diagonal = [(low, low)] * rank + [(high, high)] * rank
    rows = [(1 << i, full) for i in range(half)]
    return {
        "one full block, rank 20": (Support.of_terms(side, side, [(full, full)] * rank), [(whole, whole)]),
        "two diagonal blocks, rank 20": (
            Support.of_terms(side, side, diagonal),
            [(first, first), (second, second)],
        ),
        "half the rows free, a block below, rank 20": (
            Support.of_terms(side, side, [*rows, *[(full, full)] * rank]),
            [(second, whole)],
        ),
    }


def seconds(work: Callable[[], object]) -> float:
    """The processor time of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def pairs(one: Callable[[], object], other: Callable[[], object], repeat: int) -> tuple[float, float, float]:
    """The medians of the processor times of two works done in turn, and that of the ratios of neighbours."""
    times = [(seconds(one), seconds(other)) for _ in range(repeat)]
    ratios = [b / a for a, b in times]
    first, second = zip(*times, strict=True)
    return statistics.median(first), statistics.median(second), statistics.median(ratios)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=2000)
    parser.add_argument("--levels", type=int, default=12)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    A = rng.standard_normal((options.side, options.side))
    print(f"{'mask':<44}{'SVDs':>9}{'fit':>9}{'ratio':>8}")
    for name, (support, blocks) in masks(options.side).items():

        def bare(blocks: list[tuple[slice, slice]] = blocks) -> None:
            for rows, columns in blocks:
                np.linalg.svd(A[rows, columns], full_matrices=False)

        def whole(support: Support = support) -> None:
            found = fit(A, support, timeout=3600)
            assert found.optimal, found.reason

        one, other, ratio = pairs(bare, whole, options.repeat)
        print(f"{name:<44}{one:>9.2f}{other:>9.2f}{ratio:>8.2f}", flush=True)
    n = 2**options.levels
    chain = butterfly(n)
    B = rng.standard_normal((n, n))
    spent = seconds(lambda: fit(B, chain, timeout=3600))
    print(f"butterfly {n}×{n} in {options.levels} factors: {spent:.1f} s")


if __name__ == "__main__":
    main()
