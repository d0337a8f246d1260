"""Supports of sparse factors: the value, its readers and writers, named families, canonical form."""

from qeclose.support.mask import Mask, bits
from qeclose.support.model import Support

__all__ = ["Mask", "Support", "bits"]
