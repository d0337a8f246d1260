"""The command line: one small module a command, each imported only when it runs."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """The entry point of the ``qeclose`` program; it ends with the statuses of ``docs/exit-status.md`` and no other."""
    from qeclose.cli.streams import secure_streams
    from qeclose.supervise.start import note_start

    note_start()
    secure_streams()
    sys.exit(_run())


def _run() -> int:
    try:
        from qeclose.cli.ending import ending_of, give_up_stdout, say, signals_raise
        from qeclose.cli.terminal import show_usage
    except KeyboardInterrupt:
        return 130
    import click

    with signals_raise():
        try:
            from qeclose.cli.app import app

            status = app.main(prog_name="qeclose", standalone_mode=False)
            sys.stdout.flush()
            return int(status or 0)
        except click.exceptions.Exit as end:
            return end.exit_code
        except click.ClickException as error:
            show_usage(error)
            return 2
        except SystemExit as end:  # shell completion; click's own status for a pipe that closed is 1
            if "PacifyFlush" in type(sys.stdout).__name__:
                return 128 + signal.SIGPIPE
            return end.code if isinstance(end.code, int) else 2
        except BaseException as error:
            status, line = ending_of(error)
            give_up_stdout()
            say(line)
            return status
        finally:
            give_up_stdout()
