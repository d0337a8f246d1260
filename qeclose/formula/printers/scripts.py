"""Formulas as complete inputs: each runs as it is, prints its answer, and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qeclose.formula.normal_forms import reordered
from qeclose.formula.printers import PRINTERS
from qeclose.formula.printers.qepcad import qepcad_script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qeclose.formula.language import Formula

__all__ = ["printed", "script"]


def printed(formula: Formula, syntax: str, first: Sequence[str] = ()) -> str:
    """The formula in a syntax, the variables named ``first`` first."""
    if first:
        formula = reordered(formula, first)
    if syntax == "qepcad":
        return qepcad_script(formula, first)
    return PRINTERS[syntax](formula)


def script(formula: Formula, syntax: str, first: Sequence[str] = ()) -> str:
    """A complete input in the syntax: quantifier elimination, satisfiability for SMT-LIB, a document for LaTeX."""
    text = printed(formula, syntax, first).rstrip("\n")
    match syntax:
        case "redlog":
            # REDUCE's answers go on over lines of this length; without errcont an error would make it ask.
            head = "off int; on errcont; off nat; load_package redlog; rlset reals; linelength 10000;"
            return f"{head}\nrlqe {text};\nquit;\n"
        case "mathematica":
            return f"Print[InputForm[Resolve[\n{text}\n, Reals]]];\nQuit[]\n"
        case "maple":
            return f'printf("%a\\n", QuantifierElimination:-QuantifierEliminate(\n{text}\n)):\nquit\n'
        case "smtlib":
            return f"{text}\n(exit)\n"
        case "sympy":
            return f"{text}\nprint(formula)\n"
        case "latex":
            head = "\\documentclass{article}\n\\usepackage{amsmath}\n\\allowdisplaybreaks\n\\begin{document}"
            return f"{head}\n{text}\n\\end{{document}}\n"
        case _:
            return f"{text}\n"
