"""Presolve: theorems that shrink the question without changing its answer (docs/theory.md#r0 to #r7)."""

from qeclose.presolve.fixpoint import Reduction, reduce

__all__ = ["Reduction", "reduce"]
