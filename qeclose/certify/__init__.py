"""The search for certificates: proofs that E is closed, and points of its frontier (theory.md#limits, theory.md#normal-form)."""

from qeclose.certify.pairs.decide import Certified, Left, Obstruction, certify

__all__ = ["Certified", "Left", "Obstruction", "certify"]
