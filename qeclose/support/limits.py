"""How large an input qeclose reads: far beyond what can be decided, far below what would hurt the machine."""

from __future__ import annotations

__all__ = ["MAX_ENTRIES", "MAX_FILE_BYTES", "MAX_SIDE", "too_large"]

# Rows or columns of one mask.
MAX_SIDE = 2**20
# Entries of one mask: 16384 × 16384, or 32 MB as bitsets.
MAX_ENTRIES = 2**28
# Bytes of a file held in memory, and of all that a compressed file expands to.
MAX_FILE_BYTES = 2**29


def too_large(n_rows: int, n_cols: int) -> str | None:
    """Why a mask of this shape is not read or made; None if it is small enough."""
    if max(n_rows, n_cols) > MAX_SIDE:
        return f"{n_rows}x{n_cols} is too large: at most {MAX_SIDE} rows or columns"
    if n_rows * n_cols > MAX_ENTRIES:
        return f"{n_rows}x{n_cols} is too large: at most {MAX_ENTRIES} entries"
    return None
