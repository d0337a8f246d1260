"""What a batch asks of those who work through its tasks: processes of this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from qeclose.batch.workers.task import Result, Task

__all__ = ["Executor"]


class Executor(Protocol):
    """Something that works through tasks, between entering and leaving its context."""

    def __enter__(self) -> Executor: ...

    def __exit__(self, *_: object) -> None: ...

    def run(self, tasks: Iterable[Task | None]) -> Generator[tuple[int, Result] | None]:
        """Numbers and results of the tasks, each once, as they come; None now and then while nothing comes.

        ``tasks`` is drawn from only as far as work can be given out; a None in it is passed over. Closing
        the iterator stops all work.
        """
        ...
