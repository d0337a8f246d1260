"""Why a mask is ill-posed or well-posed, and what to do about it: ``qeclose explain``."""

from qeclose.explaining.explaining import explain
from qeclose.explaining.explanation import Explanation

__all__ = ["Explanation", "explain"]
