"""The command group: which commands there are, and how every error becomes an exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Any

import click

from qeclose import __version__
from qeclose.cli.ending import Terminated, ending_of, give_up_stdout, say, signals_raise, status_of
from qeclose.cli.terminal import ENCODING_ERRORS, FILE_NAME, color_option, complain

__all__ = ["Terminated", "app", "status_of"]

COMMANDS = {
    "batch": "Decide many supports: folders, globs, manifests; for CI and clusters.",
    "cache": "Show or prune the decisions kept on disk.",
    "check": "Decide whether supports are well-posed; one report each.",
    "eliminate": "Eliminate the quantifiers of one set; print its description.",
    "emit": "Print the Tarski formulas of a support; run nothing.",
    "engines": "Show which engines are found, and test each.",
    "explain": "Tell why a mask is ill-posed or well-posed, and what to do.",
    "fit": "Find factors for a matrix: the optimum where there is an algorithm.",
    "generate": "Write mask files of a named family.",
    "locate": "Is this matrix a product with these supports, a limit of such, or neither?",
    "relu": "Tell what is known of training a ReLU network.",
    "repair": "Find the fewest entries to change to make a mask well-posed.",
    "sample": "Estimate how often a random mask is ill-posed.",
    "verify": "Re-check a certificate, without the code that made it.",
}
"""Command names and summaries; ``qeclose --help`` shows them without importing the commands."""


_FILES = ("FILE", "PATH", "CERT", "MASK", "MATRIX", "FOLDER", "DIR")
"""What stands for the name of a file in a command's usage; the shell completes it."""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is run or its help is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"qeclose.cli.{cmd_name}").command
        if all(param.name != "color" for param in command.params):
            command.params.append(color_option())
            command.callback = _telling(command.callback)
        for param in command.params:
            if param.type is click.STRING and (param.metavar or "").rstrip(".") in _FILES:
                param.type = FILE_NAME
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        asks_help = any(word in ("-h", "--help") for word in rest)
        if name is not None and command is not None and not ctx.resilient_parsing and not asks_help:
            from qeclose.cli.config import defaults_of

            ctx.default_map = {name: defaults_of(name, command, self._commands)}
        return name, command, rest

    def _commands(self) -> Iterator[tuple[str, click.Command]]:
        for name in COMMANDS:
            command = self.get_command(click.get_current_context(), name)
            if command is not None:
                yield name, command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        # A name or a reason may hold characters the terminal's encoding lacks.
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors=ENCODING_ERRORS)
        with _errors_to_statuses(ctx):
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result


def _telling(callback: Callable[..., Any] | None) -> Callable[..., Any]:
    """The command, which says first which of its options came from a file."""
    assert callback is not None

    @wraps(callback)
    def run(*arguments: Any, **values: Any) -> Any:
        from qeclose.cli.config import config_note

        if not values.get("quiet") and (note := config_note()):
            complain(f"qeclose: {note}")
        return callback(*arguments, **values)

    return run


@contextmanager
def _errors_to_statuses(ctx: click.Context) -> Iterator[None]:
    """End with the exit status of ``docs/exit-status.md`` whatever goes wrong; no tracebacks for users."""
    with signals_raise():
        try:
            yield
        except (click.ClickException, click.exceptions.Exit):
            raise
        except BaseException as error:
            status, line = ending_of(error)
            if isinstance(error, OSError):
                give_up_stdout()
            say(line)
            ctx.exit(status)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  qeclose generate lu n=2 -o lu-2.txt; qeclose check lu-2.txt
  qeclose generate lu n=2 | qeclose emit - --syntax smtlib
  qeclose engines

\b
Exit status of check (worst over the files): 0 well-posed, 1 ill-posed, 2 usage or input error,
3 undecided, 4 engine failure, 130 interrupted.

\b
Shell completion of commands, options and file names, for bash, zsh and fish:
  eval "$(_QECLOSE_COMPLETE=bash_source qeclose)"
  eval "$(_QECLOSE_COMPLETE=zsh_source qeclose)"
  _QECLOSE_COMPLETE=fish_source qeclose | source""",
)
@click.version_option(__version__, "-V", "--version", prog_name="qeclose")
def app() -> None:
    """Decide whether fixed-support matrix factorization is well-posed.

    A support fixes where the factors X and Y of A ≈ X Yᵀ may be nonzero. The problem has an optimum for
    every A exactly if the set of all such products is closed. qeclose decides that by theorems, with
    certificates, and by real quantifier elimination, with QEPCAD B, Redlog, Z3, cvc5 and Yices 2.
    """
