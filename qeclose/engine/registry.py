"""The engines by name. A new engine is one module, one line here and one in ``discovery.SOURCES``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from qeclose.engine.discovery import find_binary
from qeclose.errors import EngineError, EngineNotFound, UsageError

if TYPE_CHECKING:
    from qeclose.engine.protocol import Engine

__all__ = ["ENGINE_NAMES", "find_engine", "installed_engines"]


def _qepcad(path: Path) -> Engine:
    from qeclose.engine.qepcad import Qepcad

    return Qepcad(path)


def _redlog(path: Path) -> Engine:
    from qeclose.engine.redlog import Redlog

    return Redlog(path)


def _smt(name: str, path: Path) -> Engine:
    from qeclose.engine.smt import SmtSolver

    return SmtSolver(name, path)


_MAKERS: Mapping[str, Callable[[Path], Engine]] = {
    "qepcad": _qepcad,
    "redlog": _redlog,
    "z3": partial(_smt, "z3"),
    "cvc5": partial(_smt, "cvc5"),
    "yices": partial(_smt, "yices"),
}
ENGINE_NAMES: Final[tuple[str, ...]] = tuple(_MAKERS)


def find_engine(name: str, paths: Mapping[str, Path] | None = None) -> Engine:
    """The engine of that name, at the path given for it if there is one.

    Raises ``EngineNotFound``, and ``UsageError`` for a name that is not in ``ENGINE_NAMES``.
    """
    if name not in _MAKERS:
        raise UsageError(f"no engine is called {name!r}; there are {', '.join(ENGINE_NAMES)}")
    return _MAKERS[name](find_binary(name, (paths or {}).get(name)))


def installed_engines(paths: Mapping[str, Path] | None = None) -> list[Engine]:
    """Every engine that is found, in the order of ``ENGINE_NAMES``.

    A path that was forced must be right: raises ``EngineNotFound`` if one given in ``paths`` is not.
    """
    engines: list[Engine] = []
    for name in ENGINE_NAMES:
        try:
            engine = find_engine(name, paths)
        except EngineNotFound:
            if paths and name in paths:
                raise
            continue
        if _is_what_it_seems(engine):
            engines.append(engine)
    return engines


def _is_what_it_seems(engine: Engine) -> bool:
    # The one name on PATH that something else may have; its version tells.
    if engine.path.name != "reduce":
        return True
    try:
        engine.version()
    except EngineError:
        return False
    return True
