"""One printer a syntax: formulas as text that another program reads."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from qeclose.formula.language import Formula

__all__ = ["PRINTERS"]


def _lazily(module: str, function: str) -> Callable[[Formula], str]:
    def print_formula(formula: Formula) -> str:
        printer: Callable[[Formula], str] = getattr(
            import_module(f"qeclose.formula.printers.{module}"), function
        )
        return printer(formula)

    return print_formula


PRINTERS: dict[str, Callable[[Formula], str]] = {
    "qepcad": _lazily("qepcad", "qepcad_script"),
    "redlog": _lazily("redlog", "to_redlog"),
    "smtlib": _lazily("smtlib", "to_smtlib"),
    "mathematica": _lazily("mathematica", "to_mathematica"),
    "maple": _lazily("maple", "to_maple"),
    "latex": _lazily("latex", "to_latex"),
    "sympy": _lazily("sympy_", "to_sympy"),
}
