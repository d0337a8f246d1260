"""The command line: one small module a command, each imported only when it runs."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """The entry point of the ``qeclose`` program."""
    from qeclose.cli.app import app

    app(prog_name="qeclose")
