"""Reading the supports that a command works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qeclose.errors import InputError

if TYPE_CHECKING:
    from qeclose.support.model import Support

__all__ = ["read_one"]


def read_one(file: str) -> Support:
    """The only support in the file. Raises ``InputError`` if it cannot be read or holds several."""
    from qeclose.files.read import read_supports

    supports = read_supports(file)
    if len(supports) != 1:
        raise InputError(file, 0, 0, f"{len(supports)} supports here, where one is wanted")
    return supports[0]
