"""What all tests need."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

# A loaded machine is slow; that is no failure.
settings.register_profile(
    "any-machine", deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")


def pytest_configure() -> None:
    """Undo an ignored Ctrl-C: a run started in the background hands that down to the programs under test."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def loaded() -> None:
    """Commands work in a fork of the test's process: what is loaded here need not be loaded in each of them."""
    import qeclose.certify
    import qeclose.checker
    import qeclose.decide.strategy
    import qeclose.formula.builders
    import qeclose.formula.printers.smtlib  # noqa: F401
