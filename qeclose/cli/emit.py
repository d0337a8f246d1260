"""``qeclose emit``."""

from __future__ import annotations

import click

from qeclose.cli.inputs import read_one
from qeclose.cli.options import encoding_option, output_option, set_options
from qeclose.cli.output import opened_output
from qeclose.decide.method import MAX_VARIABLES, variable_count
from qeclose.errors import UsageError

__all__ = ["command"]

_SYNTAXES = ("qepcad", "redlog", "smtlib", "mathematica", "maple", "latex", "sympy")
_SHAPES = ("sum-of-squares", "equations")


@click.command(
    "emit",
    epilog="""\b
Examples:
  qeclose generate lu n=2 -o lu-2.txt
  qeclose emit lu-2.txt                                         the sentence, for QEPCAD
  qeclose emit lu-2.txt --set closure --syntax latex
  qeclose emit lu-2.txt --encoding zeros --syntax smtlib | z3 -in
  qeclose emit lu-2.txt --syntax smtlib | z3 -T:10 -in          the plain sentence: z3 gives up after 10 s""",
)
@click.argument("file", metavar="FILE")
@set_options("sentence")
@click.option("--syntax", type=click.Choice(_SYNTAXES), default="qepcad", show_default=True)
@click.option(
    "--atoms",
    type=click.Choice(_SHAPES),
    help="How A = XYᵀ is written: the published sum of squares (default), or entry by entry.",
)
@encoding_option
@output_option
def command(
    file: str, which: str, syntax: str, atoms: str | None, encoding: str | None, output: str | None
) -> None:
    """Print the Tarski formula of one set of the support in FILE; no engine runs.

    Free variables are the entries a11, a12, … of A; the sentence has none.
    """
    from qeclose.formula.builders import AtomShape, SetName, set_formula
    from qeclose.formula.encodings import ENCODINGS, encoded
    from qeclose.formula.printers import PRINTERS

    support = read_one(file)
    count = variable_count(support)
    if count > MAX_VARIABLES:
        raise UsageError(f"the formula would have {count} variables, more than {MAX_VARIABLES}")
    if encoding is not None and atoms is not None:
        raise UsageError("--encoding says how atoms are written; give it or --atoms")
    if encoding is not None:
        formula = encoded(support, SetName(which), ENCODINGS[encoding])
    else:
        formula = set_formula(support, SetName(which), AtomShape(atoms or "sum-of-squares"))
    text = PRINTERS[syntax](formula)
    with opened_output(output) as stream:
        stream.write(text.rstrip("\n") + "\n")
