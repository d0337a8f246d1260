"""What a terminal can show: colour or not, letters outside its encoding, and nothing that would drive it."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any, Literal

import click
from click.shell_completion import CompletionItem

from qeclose.report.drawing import clean

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "ENCODING_ERRORS",
    "FILE_NAME",
    "color_option",
    "complain",
    "console",
    "few",
    "is_rich",
    "show_usage",
]

Color = Literal["auto", "always", "never"]

ENCODING_ERRORS = "qeclose.plain"
"""The error handler of text streams that writes what their encoding lacks as plainly as it can."""

_CHOICE = "qeclose.color"
_NAMED = 5
_PLAIN = {
    "×": "x", "ᵀ": "T", "→": "->", "…": "...", "■": "#", "·": ".", "≈": "~", "≤": "<=", "≥": ">=", "−": "-", "–": "-",
    "“": '"', "”": '"', "’": "'", "‖": "|", "⊆": "subset of", "∈": "in", "∉": "not in", "∃": "exists", "∀": "all",
    "₁": "1", "₂": "2", "²": "^2", "ⁿ": "^n",
}  # fmt: skip


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(letter, "?") for letter in error.object[error.start : error.end]), error.end


codecs.register_error(ENCODING_ERRORS, _plainly)


class _FileName(click.types.StringParamType):
    """The name of a file, which the shell completes."""

    name = "text"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002 - click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        return [CompletionItem(incomplete, type="file")]


FILE_NAME = _FileName()


def color_option() -> click.Option:
    """``--color auto|always|never``, kept in the context for ``console``."""

    def keep(ctx: click.Context, _param: click.Parameter, value: str) -> None:
        ctx.meta[_CHOICE] = value

    return click.Option(
        ["--color"],
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        expose_value=False,
        callback=keep,
        help="Colour; auto: on a terminal, unless NO_COLOR is set, and with FORCE_COLOR everywhere.",
    )


def _color() -> Color:
    """The choice on the command line, or else that of the environment (no-color.org, bixense.com/clicolors)."""
    ctx = click.get_current_context(silent=True)
    chosen: Color = ctx.meta.get(_CHOICE, "auto") if ctx is not None else "auto"
    if chosen != "auto":
        return chosen
    if os.environ.get("NO_COLOR"):
        return "never"
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0") or os.environ.get("CLICOLOR_FORCE", "0") not in (
        "",
        "0",
    ):
        return "always"
    return "never" if os.environ.get("CLICOLOR") == "0" else "auto"


def is_rich(stream: Any) -> bool:
    """Whether reports on this stream are drawn for a terminal: it is one that can draw, or colour is forced."""
    if _color() == "always":
        return stream is sys.stdout
    can_draw = os.environ.get("TERM") != "dumb" and (sys.stdout.encoding or "").lower().startswith("utf")
    return stream is sys.stdout and stream.isatty() and can_draw


def console(*, stderr: bool = False) -> Console:
    """A rich console that heeds ``--color`` and the environment."""
    from rich.console import Console

    color = _color()
    if color == "always":
        # Rich would heed NO_COLOR, and a terminal called dumb, against what was asked for.
        dumb = os.environ.get("TERM", "dumb") in ("dumb", "unknown")
        return Console(
            stderr=stderr,
            highlight=False,
            force_terminal=True,
            no_color=False,
            color_system="standard" if dumb else "auto",
        )
    return Console(stderr=stderr, highlight=False, no_color=color == "never")


def few(names: Sequence[str]) -> str:
    """The first of the names, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def complain(text: str) -> None:
    """A message on standard error, line by line without what would drive the terminal."""
    click.echo("\n".join(map(clean, text.split("\n"))), err=True)


def show_usage(error: click.ClickException) -> None:
    """What click says about wrong usage, which repeats what was typed."""
    told = StringIO()
    error.show(told)
    complain(told.getvalue().rstrip("\n"))
