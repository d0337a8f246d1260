"""``qeclose emit``."""

from __future__ import annotations

import click

from qeclose.cli.inputs import read_one
from qeclose.cli.options import (
    encoding_option,
    output_option,
    require_variables,
    set_options,
    syntax_option,
    variables_option,
)
from qeclose.cli.output import opened_output
from qeclose.decide.method import MAX_VARIABLES, variable_count
from qeclose.errors import UsageError

__all__ = ["command"]

_SHAPES = ("sum-of-squares", "equations")


@click.command(
    "emit",
    epilog="""\b
Examples:
  qeclose generate lu n=2 -o lu-2.txt
  qeclose emit lu-2.txt                                         the sentence, for QEPCAD
  qeclose emit lu-2.txt --set closure --syntax latex
  qeclose emit lu-2.txt --syntax mathematica --script -o lu-2.wl
  qeclose emit lu-2.txt --encoding zeros --syntax smtlib | z3 -in
  qeclose emit lu-2.txt --syntax smtlib | z3 -T:10 -in          the plain sentence: z3 gives up after 10 s""",
)
@click.argument("file", metavar="FILE")
@set_options("sentence")
@syntax_option("qepcad")
@click.option(
    "--script",
    "whole",
    is_flag=True,
    help="A complete input: it runs as it is, prints the answer and ends (LaTeX: a document).",
)
@variables_option
@click.option(
    "--atoms",
    type=click.Choice(_SHAPES),
    help="How A = XYᵀ is written: the published sum of squares (default), or entry by entry.",
)
@encoding_option
@output_option
def command(
    file: str,
    which: str,
    syntax: str,
    whole: bool,
    order: tuple[str, ...],
    atoms: str | None,
    encoding: str | None,
    output: str | None,
) -> None:
    """Print the Tarski formula of one set of the support in FILE; no engine runs.

    Free variables are the entries a11, a12, … of A; the sentence has none.
    """
    from qeclose.formula.builders import AtomShape, SetName, set_formula
    from qeclose.formula.encodings import ENCODINGS, encoded
    from qeclose.formula.operations import variables
    from qeclose.formula.printers.scripts import printed, script

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
    require_variables(order, (symbol.name for symbol in variables(formula)))
    text = (script if whole else printed)(formula, syntax, order)
    with opened_output(output) as stream:
        stream.write(text.rstrip("\n") + "\n")
