"""Options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from qeclose.errors import UsageError
from qeclose.supervise.limits import MOST_MB, MOST_SECONDS

__all__ = [
    "FiniteRange",
    "begun_transcript",
    "encoding_option",
    "engine_options",
    "format_option",
    "memory_option",
    "output_option",
    "page_option",
    "plain_option",
    "require_one_layout",
    "require_variables",
    "round_option",
    "seed_option",
    "set_options",
    "syntax_option",
    "table_option",
    "timeout_option",
    "transcript_option",
    "variables_option",
    "volume_options",
]

_F = TypeVar("_F", bound=Callable[..., Any])

ENGINE_NAMES = ("qepcad", "redlog", "z3", "cvc5", "yices")
ENCODING_NAMES = (
    "published", "squares", "squares-scaled", "entries", "entries-inside", "entries-each", "entries-scaled",
    "zeros", "zeros-inside", "zeros-each", "prenex",
)  # fmt: skip
SET_NAMES = ("e", "complement", "closure", "frontier", "sentence")


def _engine_paths(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, Path]:
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
    command = memory_option(command, of="each engine process")
    command = timeout_option(command, of=timed)
    command = path_option(command)
    return click.option(
        "--engine",
        "engines",
        type=click.Choice(["auto", *ENGINE_NAMES]),
        multiple=True,
        help="Engine to ask; if repeated, all must agree. Default: auto, the first that answers.",
    )(command)


class FiniteRange(click.FloatRange):
    """A range of numbers that NaN and the infinities are not in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number. Raises ``BadParameter`` unless it is finite and in the range."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{number} is no finite number.", param, ctx)
        return number


def timeout_option(command: _F, of: str = "all of it, reading included") -> _F:
    """``--timeout``, in seconds, of all that the command does or of what is named."""
    from qeclose.decide.strategy import DEFAULT_TIMEOUT

    return click.option(
        "--timeout",
        type=FiniteRange(min=0, max=MOST_SECONDS, min_open=True),
        default=DEFAULT_TIMEOUT,
        show_default=True,
        metavar="SECONDS",
        help=f"Wall-clock time for {of}.",
    )(command)


def memory_option(command: _F, of: str = "the process that does the work") -> _F:
    """``--memory``, in MB, of what is named."""
    from qeclose.decide.strategy import DEFAULT_MEMORY_MB

    return click.option(
        "--memory",
        "memory_mb",
        type=click.IntRange(min=1, max=MOST_MB),
        default=DEFAULT_MEMORY_MB,
        show_default=True,
        metavar="MB",
        help=f"Memory of {of}.",
    )(command)


def seed_option(command: _F, of: str = "every random choice") -> _F:
    """``--seed``, of what is named."""
    return click.option("--seed", type=int, default=0, show_default=True, help=f"Seed of {of}.")(command)


def round_option(command: _F) -> _F:
    """``--round``."""
    return click.option(
        "--round",
        "digits",
        type=click.IntRange(min=0, max=300),
        metavar="DIGITS",
        help="Round the entries of the matrix to so many decimals first.",
    )(command)


def format_option(command: _F) -> _F:
    """``--format text|json``."""
    return _format(["text", "json"], "Text for people, or one JSON object a line.")(command)


def page_option(command: _F) -> _F:
    """``--format text|json|html``."""
    told = "Text for people, one JSON object a line, or one self-contained page with pictures."
    return _format(["text", "json", "html"], told)(command)


def _format(layouts: list[str], told: str) -> Callable[[_F], _F]:
    kinds = click.Choice(layouts)
    return click.option("--format", "layout", type=kinds, default="text", show_default=True, help=told)


SYNTAXES = ("qepcad", "redlog", "smtlib", "mathematica", "maple", "latex", "sympy")


def syntax_option(default: str) -> Callable[[_F], _F]:
    """``--syntax``."""
    return click.option(
        "--syntax",
        type=click.Choice(SYNTAXES),
        default=default,
        show_default=True,
        help="The program, or kind of text, that the formula is written for.",
    )


def _variable_names(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, ...]:
    names = tuple(name.strip() for name in (value or "").split(",") if name.strip())
    if len(set(names)) < len(names):
        raise click.BadParameter("a variable is named twice")
    return names


def variables_option(command: _F) -> _F:
    """``--variables``."""
    return click.option(
        "--variables",
        "order",
        metavar="NAME,NAME,…",
        callback=_variable_names,
        help="These variables first, in this order, among the free ones and in each block of quantifiers.",
    )(command)


def require_variables(order: Iterable[str], there_are: Iterable[str]) -> None:
    """Raise ``UsageError`` on a name that is no variable."""
    known = list(there_are)
    for name in order:
        if name not in known:
            some = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
            raise UsageError(f"--variables: there is no variable {name!r}; there are {some}")


def transcript_option(command: _F) -> _F:
    """``--transcript FILE``."""
    return click.option(
        "--transcript",
        "transcript",
        metavar="FILE",
        help="Write there exactly what every engine is sent and says.",
    )(command)


def begun_transcript(path: str) -> Path:
    """The file, emptied. Raises ``UsageError`` if it cannot be written."""
    try:
        Path(path).write_bytes(b"")
    except OSError as error:
        raise UsageError.unwritable(path, error) from error
    return Path(path).absolute()


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
        help="Write the sentence in this way only (emit --encoding shows it); default: those that suit the engine, in turn.",
    )(command)


def table_option(command: _F) -> _F:
    """``--table/--no-table``."""
    return click.option(
        "--table/--no-table",
        default=True,
        help="Look up blocks of at most three terms in the classification, or search for their proofs too.",
    )(command)


def plain_option(command: _F) -> _F:
    """``--plain``."""
    return click.option(
        "--plain",
        is_flag=True,
        help="Reports in sentences, a fact a line, without drawings and progress: for screen readers.",
    )(command)


def require_one_layout(layout: str, *, plain: bool) -> None:
    """Raise ``click.UsageError`` for ``--plain`` beside another ``--format`` than text."""
    if plain and layout != "text":
        raise click.UsageError("--plain and --format exclude each other: one says what comes out")


def volume_options(command: _F) -> _F:
    """``-v`` and ``-q``."""
    command = click.option("-q", "--quiet", is_flag=True, help="No progress, no warnings.")(command)
    return click.option("-v", "--verbose", is_flag=True, help="Say on stderr which engine runs what.")(
        command
    )
