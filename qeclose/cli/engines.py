"""``qeclose engines``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, final

import click

from qeclose.cli.options import ENGINE_NAMES, format_option, output_option, path_option
from qeclose.cli.output import opened_output
from qeclose.cli.terminal import console, is_rich
from qeclose.errors import EngineError, EngineNotFound

if TYPE_CHECKING:
    from rich.table import Table

    from qeclose.engine.protocol import Engine

__all__ = ["command"]

_TEST_SECONDS = 20.0
_TEST_MEMORY_MB = 2048


@final
@dataclass(frozen=True, slots=True)
class Row:
    """What there is to say about one engine; ``works`` is None if it was not found."""

    name: str
    works: bool | None
    path: str = ""
    version: str = ""
    abilities: tuple[str, ...] = ()
    detail: str = ""

    @property
    def outcome(self) -> str:
        return {None: "not found", True: "works", False: "FAILS"}[self.works]

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "found": self.works is not None,
            "path": self.path or None,
            "version": self.version or None,
            "abilities": list(self.abilities),
            "works": bool(self.works),
            "detail": self.detail,
        }


@click.command(
    "engines",
    epilog="""\b
Examples:
  qeclose engines
  qeclose engines --install
  qeclose engines --install qepcad
  qeclose engines --engine-path redlog=/opt/reduce/bin/redcsl
  qeclose engines --format json

\b
Exit status: 0 every engine found works (of those named, all), 2 this cannot be installed here,
4 one of them fails its self-test, or none is found.""",
)
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice(ENGINE_NAMES))
@click.option(
    "--install",
    "wanted",
    is_flag=True,
    help="Have pip install the engines named (default: all that come as Python packages) into this environment first, "
    "the programs alone.",
)
@path_option
@format_option
@output_option
def command(
    names: tuple[str, ...], wanted: bool, paths: dict[str, Path], layout: str, output: str | None
) -> None:
    """Show which engines are found, their paths and versions, and ask each questions with known answers.

    An engine is looked for at the path given, in an environment variable (QECLOSE_QEPCAD, QECLOSE_REDLOG,
    QECLOSE_Z3, QECLOSE_CVC5, QECLOSE_YICES), on PATH, and inside the installed Python packages; cvc5 first in its
    package, which can do more than the programs of most systems.
    """
    from qeclose.engine.installer import INSTALLABLE, install

    names = tuple(dict.fromkeys(names)) or (INSTALLABLE if wanted else ENGINE_NAMES)
    with opened_output(output) as stream:
        if wanted:
            install(names, lambda text: click.echo(text, err=True, nl=False))
        rows = [_examined(name, paths) for name in names]
        _print(rows, layout, stream)
    must_be_there = wanted or names != ENGINE_NAMES
    found = all if must_be_there else any
    fine = found(row.works for row in rows) and all(row.works is not False for row in rows)
    click.get_current_context().exit(0 if fine else 4)


def _examined(name: str, paths: dict[str, Path]) -> Row:
    from qeclose.engine.registry import find_engine

    try:
        engine = find_engine(name, paths)
    except EngineNotFound as error:
        # A path that was forced and is wrong is a failure, not an absence.
        return Row(name, False if name in paths else None, detail=error.problem)
    abilities = tuple(sorted(ability.value for ability in engine.abilities))
    try:
        version = engine.version()
    except EngineError as error:
        return Row(name, False, str(engine.path), "", abilities, error.problem)
    wrong = _self_test(engine)
    return Row(name, not wrong, str(engine.path), version, abilities, wrong)


def _self_test(engine: Engine) -> str:
    from qeclose.engine.protocol import Limits
    from qeclose.engine.selftest import self_test

    checks = self_test(engine, Limits(_TEST_SECONDS, _TEST_MEMORY_MB))
    return "; ".join(f"{check.question}: {check.detail}" for check in checks if not check.passed)


def _print(rows: list[Row], layout: str, stream: TextIO) -> None:
    if layout == "json":
        stream.writelines(json.dumps(row.to_json()) + "\n" for row in rows)
    elif is_rich(stream):
        console().print(_table(rows))
    else:
        for row in rows:
            facts = (row.name.ljust(7), row.outcome.ljust(9), row.version.ljust(8), row.path, row.detail)
            stream.write("  ".join(fact for fact in facts if fact.strip()).rstrip() + "\n")


def _table(rows: list[Row]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table("engine", "self-test", "version", "path or reason", box=None, pad_edge=False)
    for row in rows:
        colour = {None: "dim", True: "green", False: "red"}[row.works]
        place = " ".join(filter(None, (row.path, row.detail)))
        table.add_row(row.name, Text(row.outcome, style=colour), row.version, Text(place, overflow="fold"))
    return table
