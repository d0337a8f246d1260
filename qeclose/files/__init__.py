"""Mask files of every kind: one door through which all commands read, and the writers."""

from qeclose.files.read import companions, read, read_supports, write_npz
from qeclose.files.text import format_many, format_support, parse_many, parse_one

__all__ = [
    "companions",
    "format_many",
    "format_support",
    "parse_many",
    "parse_one",
    "read",
    "read_supports",
    "write_npz",
]
