"""Commands of qeclose in a place of their own, watched from outside: how they ended and what they left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from leftovers import TAG, processes_tagged, wait_until_gone

__all__ = ["LU", "Ended", "Place", "program"]

LU = "I:\n10\n11\nJ:\n10\n11\n"
"""The 2×2 LU factorization, which is ill-posed (its closure holds a matrix without an LU factorization)."""

_CLEARED_SECONDS = 5.0


def program() -> list[str]:
    return [sys.executable, "-m", "qeclose"]


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status (minus the signal), after how many seconds, what it printed."""

    status: int
    seconds: float
    output: str
    errors: str


@dataclass
class Place:
    """A folder for one fault, with folders for the user's home and temporary files, whose contents are watched."""

    folder: Path
    tag: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        for name in ("work", "tmp", "home"):
            (self.folder / name).mkdir()
        self.write("lu.txt", LU)

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def write(self, name: str, text: str) -> Path:
        path = self.work / name
        path.write_text(text)
        return path

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        home = self.folder / "home"
        return {
            **os.environ,
            "TMPDIR": str(self.folder / "tmp"),
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / ".cache"),
            TAG: self.tag,
            **more,
        }

    def start(
        self,
        words: list[str],
        *,
        env: Mapping[str, str] | None = None,
        before: Callable[[], None] | None = None,
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            words,
            cwd=self.work,
            env=self.environment(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            preexec_fn=before,
        )

    def run(
        self,
        *words: str,
        env: Mapping[str, str] | None = None,
        before: Callable[[], None] | None = None,
        launcher: list[str] | None = None,
        blow: Callable[[subprocess.Popen[str]], None] | None = None,
    ) -> Ended:
        """Run ``qeclose`` with these words; ``blow`` is called while it runs, ``before`` in its process before it starts."""
        began = time.monotonic()
        with self.start([*(launcher or program()), *words], env=env, before=before) as process:
            if blow is not None:
                blow(process)
            output, errors = process.communicate()
        return Ended(process.returncode, time.monotonic() - began, output, errors)

    def processes(self) -> list[psutil.Process]:
        """The living processes that inherited this place's tag."""
        return processes_tagged(self.tag)

    def wait_for(self, mark: str, seconds: float = 60.0) -> psutil.Process:
        """The first process of this place whose command line holds ``mark``, as soon as there is one."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for process in self.processes():
                try:
                    if any(mark in word for word in process.cmdline()):
                        return process
                except psutil.Error:
                    continue
            time.sleep(0.05)
        raise TimeoutError(f"no process with {mark} within {seconds:g} s")

    def left(self) -> int:
        """How many processes are left a few seconds after the command ended; they are ended."""
        left = wait_until_gone(self.tag, _CLEARED_SECONDS)
        for process in left:
            process.kill()
        return len(left)

    def files_left(self, wanted: set[str]) -> list[str]:
        """Files in the place that are neither wanted, nor the user's cache of decisions."""
        found = []
        for path in sorted(self.folder.rglob("*")):
            name = str(path.relative_to(self.folder))
            # igraph loads matplotlib, which keeps a list of fonts.
            caches = ("home/.cache/qeclose", "home/.cache/matplotlib", "home/.config/matplotlib")
            inside = name.startswith(caches) and "/.new-" not in name
            if path.is_file() and not inside and path.name not in wanted:
                found.append(name)
        return found + [
            str(p.relative_to(self.folder)) for p in (self.folder / "tmp").glob("*") if p.is_dir()
        ]


def verdicts(output: str) -> list[tuple[str, str]]:
    """Names and verdicts in JSON lines; what is no such line is passed over."""
    found = []
    for line in output.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict) and "verdict" in value:
            found.append((value["name"], value["verdict"]))
    return found
