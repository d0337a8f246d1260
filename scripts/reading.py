#!/usr/bin/env python3
"""Measure how long mask files of 2 × 160,000 entries take to read, against numpy's and scipy's own readers.

    python scripts/reading.py
    python scripts/reading.py --side 1000 --repeat 3

Each row: a pair of files, the processor seconds of `qeclose.read` and of the other reader (the least of --repeat runs, since
processor time tells more on a busy machine), and their ratio. numpy and scipy read arrays; what they make of a header, of a
number that floats cannot hold or of a damaged file is theirs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import scipy.io
import scipy.sparse

import qeclose

Write = Callable[[Path, Any], None]
Read = Callable[[Path], Any]
Field = Literal["real", "pattern", "integer"]


def kinds() -> dict[str, tuple[str, str, Write, Read]]:
    """Ending, what the entries are, writer, and the other reader, by name."""

    def market(field: Field, sparse: bool = True) -> Write:
        def write(path: Path, array: Any) -> None:
            scipy.io.mmwrite(path, scipy.sparse.coo_matrix(array) if sparse else array, field=field)

        return write

    def table(form: str, delimiter: str) -> Write:
        return lambda path, array: np.savetxt(path, array, fmt=form, delimiter=delimiter)

    def load_table(path: Path) -> Any:
        return np.loadtxt(path, delimiter=",")

    return {
        "csv, 0 and 1": (".csv", "ones", table("%d", ","), load_table),
        "csv, floats": (".csv", "floats", table("%.18e", ","), load_table),
        "mtx, pattern": (".mtx", "ones", market("pattern"), scipy.io.mmread),
        "mtx, integers": (".mtx", "ones", market("integer"), scipy.io.mmread),
        "mtx, floats": (".mtx", "floats", market("real"), scipy.io.mmread),
        "mtx, array": (".mtx", "floats", market("real", sparse=False), scipy.io.mmread),
        "npy": (".npy", "floats", np.save, np.load),
        "npz, sparse": (
            ".npz",
            "floats",
            lambda path, array: scipy.sparse.save_npz(path, scipy.sparse.csr_matrix(array)),
            scipy.sparse.load_npz,
        ),
    }


def least(action: Callable[[], Any], repeat: int) -> float:
    """The least processor seconds of several runs."""
    found = []
    for _ in range(repeat):
        start = time.process_time()
        action()
        found.append(time.process_time() - start)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--side", type=int, default=400, help="rows and columns of each mask (default 400)")
    parser.add_argument("--repeat", type=int, default=7, help="runs of each reader (default 7)")
    wanted = parser.parse_args()
    random = np.random.default_rng(0)
    shape = (wanted.side, wanted.side)
    arrays = {"ones": np.ones(shape, np.int64), "floats": random.standard_normal(shape)}
    print(f"{'2 files of':<16}{wanted.side**2:>10} entries  qeclose s   other s   ratio")
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, (ending, entries, write, read)) in enumerate(kinds().items()):
            paths = [Path(folder) / f"m{number}.{label}{ending}" for label in "IJ"]
            for path in paths:
                write(path, arrays[entries])
            (support,) = qeclose.read(str(paths[0]))
            if support.shape != shape:
                raise SystemExit(f"{name}: read as {support!r}")
            ours = least(partial(qeclose.read, str(paths[0])), wanted.repeat)
            theirs = sum(least(partial(read, path), wanted.repeat) for path in paths)
            print(f"{name:<34}  {ours:9.4f} {theirs:9.4f} {ours / theirs:7.1f}")


if __name__ == "__main__":
    main()
