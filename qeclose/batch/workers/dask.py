"""The same work on an existing Dask cluster."""

from __future__ import annotations

import queue
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any, final

from qeclose.batch.workers.task import Result, Task, failure, solve
from qeclose.errors import UsageError

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["Cluster", "solve_remotely"]

_CONNECT_SECONDS = 20
_IDLE_SECONDS = 1.0
_WINDOW = 1000


@final
class Cluster:
    """The workers of the Dask scheduler at ``address``.

    When a worker dies, the scheduler gives its tasks to others; a task that several workers died of is
    reported as failed. Raises ``UsageError`` when entered, if ``distributed`` is not installed or the scheduler
    cannot be reached, and when run, if the connection is lost.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._client: Client | None = None

    def __enter__(self) -> Cluster:
        try:
            from distributed import Client
        except ImportError:
            raise UsageError(
                '--scheduler needs the package "distributed": install qeclose[cluster]'
            ) from None
        try:
            self._client = Client(self.address, timeout=_CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError, TimeoutError) as error:
            raise UsageError(f"no Dask scheduler answers at {self.address}: {error}") from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()  # type: ignore[no-untyped-call]

    def run(self, tasks: Iterable[Task | None]) -> Generator[tuple[int, Result] | None]:
        """As ``Executor.run``, on the workers of the cluster."""
        assert self._client is not None, "a cluster is used as a context"
        yield from _Exchange(self._client, iter(tasks), self.address).work()


def solve_remotely(task: Mapping[str, Any], version: str) -> Result:
    """``solve`` on a worker, which must have the same version of qeclose."""
    from qeclose import __version__

    if version != __version__:
        return failure(f"the worker has qeclose {__version__}, the batch {version}")
    return solve(Task.of_json(task))


@final
class _Exchange:
    """Tasks out, results in, no more than a window of them on the cluster at any time."""

    def __init__(self, client: Client, source: Iterator[Task | None], address: str) -> None:
        self.client = client
        self.source: Iterator[Task | None] | None = source
        self.address = address
        self.out: dict[Any, tuple[Task, Future[Result]]] = {}
        self.done: queue.SimpleQueue[Future[Result]] = queue.SimpleQueue()

    def work(self) -> Iterator[tuple[int, Result] | None]:
        try:
            while self.source is not None or self.out:
                drawing = self.source is not None and len(self.out) < _WINDOW
                if drawing:
                    self._draw()
                try:
                    future = self.done.get(block=not drawing, timeout=_IDLE_SECONDS)
                except queue.Empty:
                    yield None
                    continue
                task, _ = self.out.pop(future.key)
                result = self._result(future)
                if result is None:
                    self._again(task)
                else:
                    yield task.number, result
        finally:
            self.client.cancel([future for _, future in self.out.values()])  # type: ignore[no-untyped-call]

    def _draw(self) -> None:
        """Submit the next task of the source, if it has one by now."""
        assert self.source is not None
        try:
            task = next(self.source)
        except StopIteration:
            self.source = None
            return
        if task is not None:
            self._submit(task)

    def _again(self, task: Task) -> None:
        """Submit a task whose result is gone: its worker died after it had finished, before anybody had the result."""
        if self.client.status != "running":
            raise UsageError(f"the connection to the Dask scheduler at {self.address} was lost")
        self._submit(task)

    def _submit(self, task: Task) -> None:
        from qeclose import __version__

        # Not pure: Dask would take a key from the arguments, and two batches would share results.
        future = self.client.submit(solve_remotely, task.to_json(), __version__, pure=False)
        self.out[future.key] = task, future
        future.add_done_callback(self.done.put)  # type: ignore[no-untyped-call]

    def _result(self, future: Future[Result]) -> Result | None:
        """The result, or None if it is gone."""
        from distributed import KilledWorker

        if future.status in ("cancelled", "lost"):
            return None
        try:
            result: Result = future.result()
        except CancelledError:
            return None
        except KilledWorker as error:
            return failure(f"the workers that had this task died: {error}")
        except Exception as error:  # the cluster's own troubles, told as the task's
            return failure(f"the cluster failed: {error!r}")
        return result
