"""``qeclose emit``."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import click

from qeclose.cli.inputs import read_one
from qeclose.cli.options import (
    encoding_option,
    memory_option,
    output_option,
    require_variables,
    set_options,
    syntax_option,
    timeout_option,
    variables_option,
)
from qeclose.cli.output import opened_output
from qeclose.decide.method import MAX_VARIABLES, variable_count
from qeclose.errors import UsageError
from qeclose.supervise import Ended, Helper, in_phase, phase
from qeclose.supervise.start import less_start

if TYPE_CHECKING:
    from qeclose.support.model import Support

__all__ = ["command"]

_AFTER_READING = 0.1
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
@timeout_option
@memory_option
@output_option
def command(
    file: str,
    which: str,
    syntax: str,
    whole: bool,
    order: tuple[str, ...],
    atoms: str | None,
    encoding: str | None,
    timeout: float,
    memory_mb: int,
    output: str | None,
) -> None:
    """Print the Tarski formula of one set of the support in FILE; no engine runs.

    Free variables are the entries a11, a12, … of A; the sentence has none.
    """
    if encoding is not None and atoms is not None:
        raise UsageError("--encoding says how atoms are written; give it or --atoms")
    start, timeout = time.monotonic(), less_start(timeout)
    with opened_output(output) as stream, Helper(memory_mb) as helper:
        support = helper.call(partial(in_phase, f"reading {file}", read_one, file), seconds=timeout)
        if isinstance(support, Ended):
            raise support.error(file)
        left = max(timeout + start - time.monotonic(), _AFTER_READING)
        work = partial(_written, support, which, syntax, order, atoms, encoding, whole=whole)
        # The sum of squares of a product of many factors has more terms than any memory holds.
        text = helper.call(work, seconds=left)
        if isinstance(text, Ended):
            raise text.error(file)
        stream.write(text)


def _written(
    support: Support,
    which: str,
    syntax: str,
    order: tuple[str, ...],
    atoms: str | None,
    encoding: str | None,
    *,
    whole: bool,
) -> str:
    """The formula as text. Raises ``UsageError``."""
    from qeclose.formula.builders import AtomShape, SetName, set_formula
    from qeclose.formula.encodings import ENCODINGS, encoded
    from qeclose.formula.operations import variables
    from qeclose.formula.printers.scripts import printed, script

    count = variable_count(support)
    if count > MAX_VARIABLES:
        raise UsageError(f"the formula would have {count} variables, more than {MAX_VARIABLES}")
    with phase("writing the formula down"):
        if encoding is not None:
            formula = encoded(support, SetName(which), ENCODINGS[encoding])
        else:
            formula = set_formula(support, SetName(which), AtomShape(atoms or "sum-of-squares"))
        require_variables(order, (symbol.name for symbol in variables(formula)))
        text = (script if whole else printed)(formula, syntax, order)
    return text.rstrip("\n") + "\n"
