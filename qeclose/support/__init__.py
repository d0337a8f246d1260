"""Supports of sparse factors: the value, named families, canonical form."""

from qeclose.support.bits import bits, bitset
from qeclose.support.catalogue import FAMILIES, Family, Parameter, generate
from qeclose.support.mask import Mask
from qeclose.support.model import Support

__all__ = ["FAMILIES", "Family", "Mask", "Parameter", "Support", "bits", "bitset", "generate"]
