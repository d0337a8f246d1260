"""Misbehaving programs, and a look-out for processes left behind."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from leftovers import TAG, processes_tagged

STANDINS = Path(__file__).with_name("standins")


@pytest.fixture
def tag(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A tag that every process started by the test inherits; the test fails if one is left at its end."""
    value = uuid.uuid4().hex
    monkeypatch.setenv(TAG, value)
    yield value
    left = processes_tagged(value)
    for process in left:
        process.kill()
    assert not left, f"left running: {left}"


@pytest.fixture
def misbehaving(monkeypatch: pytest.MonkeyPatch, tag: str) -> Callable[[str], Path]:
    """Turns the name of a misbehaviour into the path of a program that shows it."""

    def choose(behaviour: str) -> Path:
        monkeypatch.setenv("MISBEHAVE", behaviour)
        return STANDINS / "misbehave.py"

    return choose
