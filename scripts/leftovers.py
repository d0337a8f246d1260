"""Looks for processes that a command left behind, by a tag in the environment that they inherit."""

from __future__ import annotations

import time

import psutil

__all__ = ["TAG", "processes_tagged", "wait_until_gone"]

TAG = "QECLOSE_LEFTOVERS"
"""The variable that holds the tag, any text that nobody else uses."""


def processes_tagged(tag: str) -> list[psutil.Process]:
    """The living processes that inherited the tag."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(TAG) == tag and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_until_gone(tag: str, seconds: float = 2.0) -> list[psutil.Process]:
    """What is left of the tagged processes after that time at most."""
    until = time.monotonic() + seconds
    while (left := processes_tagged(tag)) and time.monotonic() < until:
        time.sleep(0.02)
    return left
