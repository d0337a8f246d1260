"""Supports of sparse factors: the value, its readers and writers, named families, canonical form."""

from qeclose.support.catalogue import FAMILIES, Family, Parameter, generate
from qeclose.support.files import companions, read_supports, write_npz
from qeclose.support.mask import Mask, bits
from qeclose.support.model import Support
from qeclose.support.text import format_many, format_support, parse_many, parse_one

__all__ = [
    "FAMILIES",
    "Family",
    "Mask",
    "Parameter",
    "Support",
    "bits",
    "companions",
    "format_many",
    "format_support",
    "generate",
    "parse_many",
    "parse_one",
    "read_supports",
    "write_npz",
]
