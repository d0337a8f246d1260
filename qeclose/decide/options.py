"""The options of one decision, as they go from a command to the methods, to workers and into keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from qeclose.decide.method import DEFAULT_MEMORY_MB, DEFAULT_TIMEOUT

__all__ = ["Options"]


@final
@dataclass(frozen=True, slots=True)
class Options:
    """How a support is decided: the arguments of ``qeclose.check``, which says what they mean, but for the support.

    ``timeout`` is in seconds, ``memory_mb`` in megabytes; ``paths`` are sorted pairs of an engine and its binary.
    """

    method: str = "auto"
    presolve: bool | None = None
    engines: tuple[str, ...] = ()
    timeout: float = DEFAULT_TIMEOUT
    memory_mb: int = DEFAULT_MEMORY_MB
    seed: int = 0
    paths: tuple[tuple[str, str], ...] = ()
    table: bool = True
    encoding: str | None = None
    race: bool = False

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Options:
        """The options that ``to_json`` wrote."""
        paths = tuple((name, path) for name, path in value["paths"])
        return cls(**{**value, "engines": tuple(value["engines"]), "paths": paths})

    def to_json(self) -> dict[str, Any]:
        """The fields by name, as they go to workers and into cache keys."""
        return {field: getattr(self, field) for field in self.__slots__}

    @staticmethod
    def pairs(paths: Mapping[str, str | Path] | None) -> tuple[tuple[str, str], ...]:
        """Forced binaries as the field ``paths`` holds them."""
        return tuple(sorted((name, str(path)) for name, path in (paths or {}).items()))

    @property
    def binaries(self) -> dict[str, Path]:
        """The forced binary of each engine that has one."""
        return {name: Path(path) for name, path in self.paths}

    @property
    def named(self) -> tuple[str, ...]:
        """The engines that are asked for by name, each once; none means all that are found."""
        return tuple(dict.fromkeys(name for name in self.engines if name != "auto"))

    def decisive(self) -> list[Any]:
        """What the answer depends on: all but the limits, which only decide whether there is one."""
        return [
            self.method,
            self.presolve,
            sorted(self.named),
            self.seed,
            sorted(self.paths),
            self.table,
            self.encoding,
        ]
