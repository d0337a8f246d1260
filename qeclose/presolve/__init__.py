"""Presolve: theorems that shrink the question without changing its answer (theory section 2)."""

from qeclose.presolve.fixpoint import Reduction, reduce

__all__ = ["Reduction", "reduce"]
