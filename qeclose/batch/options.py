"""The options of one decision, as they travel to workers and into keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

__all__ = ["Options"]


@final
@dataclass(frozen=True, slots=True)
class Options:
    """The arguments of ``qeclose.check`` beside the support; the defaults are those of ``check``."""

    method: str = "auto"
    presolve: bool | None = None
    engines: tuple[str, ...] = ()
    timeout: float = 60.0
    memory_mb: int = 4096
    seed: int = 0
    paths: tuple[tuple[str, str], ...] = ()
    table: bool = True

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Options:
        """The options that ``to_json`` wrote."""
        paths = tuple((name, path) for name, path in value["paths"])
        return cls(**{**value, "engines": tuple(value["engines"]), "paths": paths})

    def to_json(self) -> dict[str, Any]:
        """The fields by name, as they go to workers and into cache keys."""
        return {field: getattr(self, field) for field in self.__slots__}

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments of ``check``."""
        return self.to_json() | {"paths": {name: Path(path) for name, path in self.paths}}

    def decisive(self) -> list[Any]:
        """What the answer depends on: all but the limits, which only decide whether there is one."""
        return [
            self.method,
            self.presolve,
            sorted(set(self.engines) - {"auto"}),
            self.seed,
            sorted(self.paths),
            self.table,
        ]
