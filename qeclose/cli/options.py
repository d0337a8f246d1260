"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = [
    "encoding_option",
    "engine_options",
    "format_option",
    "output_option",
    "set_options",
    "table_option",
    "volume_options",
]

_F = TypeVar("_F", bound=Callable[..., Any])

ENGINE_NAMES = ("qepcad", "redlog", "z3", "cvc5", "yices")
ENCODING_NAMES = (
    "published", "squares", "squares-scaled", "entries", "entries-inside", "entries-each", "entries-scaled",
    "zeros", "zeros-inside", "zeros-each", "prenex",
)  # fmt: skip
SET_NAMES = ("e", "complement", "closure", "frontier", "sentence")


def _engine_paths(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, Path]:
    paths = {}
    for value in values:
        name, equals, path = value.partition("=")
        if not equals or not path or name not in ENGINE_NAMES:
            raise click.BadParameter(f"{value!r} is not NAME=PATH with a NAME of {', '.join(ENGINE_NAMES)}")
        paths[name] = Path(path)
    return paths


def path_option(command: _F) -> _F:
    """``--engine-path``."""
    return click.option(
        "--engine-path",
        "paths",
        metavar="NAME=PATH",
        multiple=True,
        callback=_engine_paths,
        help="Use this binary for an engine (repeatable); QECLOSE_QEPCAD, QECLOSE_Z3, … do the same.",
    )(command)


def engine_options(command: _F, timed: str = "the whole check of each support") -> _F:
    """``--engine``, ``--engine-path``, ``--timeout`` (of what is ``timed``) and ``--memory``."""
    from qeclose.decide.strategy import DEFAULT_MEMORY_MB, DEFAULT_TIMEOUT

    command = click.option(
        "--memory",
        "memory_mb",
        type=click.IntRange(min=1),
        default=DEFAULT_MEMORY_MB,
        show_default=True,
        metavar="MB",
        help="Memory of each engine process.",
    )(command)
    command = click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        default=DEFAULT_TIMEOUT,
        show_default=True,
        metavar="SECONDS",
        help=f"Wall-clock time for {timed}.",
    )(command)
    command = path_option(command)
    return click.option(
        "--engine",
        "engines",
        type=click.Choice(["auto", *ENGINE_NAMES]),
        multiple=True,
        help="Engine to ask; if repeated, all must agree. Default: auto, the first that answers.",
    )(command)


def format_option(command: _F) -> _F:
    """``--format text|json``."""
    return click.option(
        "--format",
        "layout",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Text for people, or one JSON object a line.",
    )(command)


def output_option(command: _F) -> _F:
    """``-o/--output FILE``."""
    return click.option(
        "-o", "--output", metavar="FILE", help="Write there, not to standard output; replaced at the end."
    )(command)


def set_options(default: str) -> Callable[[_F], _F]:
    """``--set``."""
    return click.option(
        "--set",
        "which",
        type=click.Choice(SET_NAMES),
        default=default,
        show_default=True,
        help="E, its complement, closure or frontier; or the sentence “the frontier is not empty”.",
    )


def encoding_option(command: _F) -> _F:
    """``--encoding``."""
    return click.option(
        "--encoding",
        type=click.Choice(ENCODING_NAMES),
        help="Write the sentence in this way only (docs/formulas.md); default: those that suit the engine, in turn.",
    )(command)


def table_option(command: _F) -> _F:
    """``--table/--no-table``."""
    return click.option(
        "--table/--no-table",
        default=True,
        help="Look up blocks of at most three terms in the classification, or search for their proofs too.",
    )(command)


def volume_options(command: _F) -> _F:
    """``-v`` and ``-q``."""
    command = click.option("-q", "--quiet", is_flag=True, help="No progress, no warnings.")(command)
    return click.option("-v", "--verbose", is_flag=True, help="Say on stderr which engine runs what.")(
        command
    )
