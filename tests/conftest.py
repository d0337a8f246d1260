"""What all tests need."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Undo an ignored Ctrl-C: a run started in the background hands that down to the programs under test."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
