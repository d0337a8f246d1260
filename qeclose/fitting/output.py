"""Writing factors to files."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qeclose.errors import UsageError
from qeclose.fitting.result import dense, factor_names

if TYPE_CHECKING:
    from qeclose.fitting.result import Fit

__all__ = ["FACTOR_FILES", "write_factors"]

FACTOR_FILES = (".npz", ".csv")
_LARGE = 2**22
"""Factors with more entries are written as sparse matrices."""


def write_factors(fit: Fit, path: str) -> list[str]:
    """Write the factors: to ``NAME.npz``, or for ``NAME.csv`` a table each, ``NAME.X.csv`` and so on. The files written.

    ``.npz`` holds X and Y, or F1, …, FL; of a large sparse factor X the arrays X.data, X.indices, X.indptr and X.shape, as
    scipy's csr_array takes them. Raises ``UsageError`` for a file that cannot be written.
    """
    if Path(path).suffix.lower() == ".npz":
        return [_replaced(path, _npz(fit))]
    stem = path[: -len(".csv")]
    return [
        _replaced(f"{stem}.{name}.csv", _csv(fit, name, dense(factor)))
        for name, factor in fit.named_factors()
    ]


def _npz(fit: Fit) -> bytes:
    import numpy as np

    arrays: dict[str, Any] = {}
    for name, factor in fit.named_factors():
        if hasattr(factor, "toarray") and factor.shape[0] * factor.shape[1] > _LARGE:
            parts = {"data": factor.data, "indices": factor.indices, "indptr": factor.indptr}
            arrays |= {f"{name}.{part}": array for part, array in parts.items()}
            arrays[f"{name}.shape"] = np.array(factor.shape)
        else:
            arrays[name] = dense(factor)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _csv(fit: Fit, name: str, factor: Any) -> bytes:
    """A table with the names of its lines, where the mask has names; without a header otherwise."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    rows, columns = factor_names(fit.support, name)
    if rows or columns:
        n = factor.shape[1]
        writer.writerow(["", *(columns or [f"t{k + 1}" for k in range(n)])])
        rows = rows or tuple(f"r{i + 1}" for i in range(factor.shape[0]))
    for i, row in enumerate(factor.tolist()):
        writer.writerow([*([rows[i]] if rows else []), *map(repr, row)])
    return text.getvalue().encode()


def _replaced(path: str, data: bytes) -> str:
    """Write the file beside its place, and move it there at once."""
    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return path
        with tempfile.NamedTemporaryFile(
            dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as beside:
            beside.write(data)
        Path(beside.name).chmod(0o644)
        Path(beside.name).replace(target)
    except OSError as error:
        raise UsageError.unwritable(path, error) from None
    return path
