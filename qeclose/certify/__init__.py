"""The search for certificates: proofs that E is closed, and points of its frontier (theory sections 3 and 4)."""

from qeclose.certify.pairs.decide import Certified, Left, Obstruction, certify

__all__ = ["Certified", "Left", "Obstruction", "certify"]
