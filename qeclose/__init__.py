r"""qeclose decides whether fixed-support matrix factorization is well-posed, and proves it.

>>> import qeclose
>>> lu = qeclose.Support.parse("I:\n10\n11\nJ:\n10\n11\n")
>>> verdict = qeclose.check(lu, timeout=60)          # doctest: +SKIP
>>> print(verdict.report())                          # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qeclose.checker.verify import verify
    from qeclose.decide.strategy import check
    from qeclose.decide.verdict import Verdict
    from qeclose.errors import QecloseError
    from qeclose.explaining.explaining import explain
    from qeclose.files.read import read
    from qeclose.fitting.fitting import fit
    from qeclose.fitting.result import Fit
    from qeclose.location.locating import Location, locate
    from qeclose.networks.relu import relu
    from qeclose.repairs.repairing import repair
    from qeclose.support.bounded import BoundedSupport
    from qeclose.support.catalogue import generate
    from qeclose.support.model import Support

__all__ = [
    "BoundedSupport",
    "Fit",
    "Location",
    "QecloseError",
    "Support",
    "Verdict",
    "__version__",
    "check",
    "explain",
    "fit",
    "generate",
    "locate",
    "read",
    "relu",
    "repair",
    "verify",
]

__version__ = "0.1.0"

_HOMES = {
    "BoundedSupport": "qeclose.support.bounded",
    "Fit": "qeclose.fitting.result",
    "Location": "qeclose.location.locating",
    "QecloseError": "qeclose.errors",
    "Support": "qeclose.support.model",
    "Verdict": "qeclose.decide.verdict",
    "check": "qeclose.decide.strategy",
    "explain": "qeclose.explaining.explaining",
    "fit": "qeclose.fitting.fitting",
    "generate": "qeclose.support.catalogue",
    "locate": "qeclose.location.locating",
    "read": "qeclose.files.read",
    "relu": "qeclose.networks.relu",
    "repair": "qeclose.repairs.repairing",
    "verify": "qeclose.checker.verify",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    # Imported on first use, so that ``qeclose --help`` does not pay for what it does not show.
    if name == "torch":
        return import_module("qeclose.torch")
    if name not in _HOMES:
        raise AttributeError(f"module 'qeclose' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
