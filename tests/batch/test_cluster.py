"""The same work on a Dask cluster, also when a worker dies."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qeclose.batch.requests.item import Item
from qeclose.batch.run import deliver, run
from qeclose.batch.workers.dask import Cluster, solve_remotely
from qeclose.batch.workers.local import LocalPool
from qeclose.batch.workers.task import Task
from qeclose.decide.options import Options
from qeclose.errors import UsageError
from qeclose.support import Mask, Support, generate

distributed = pytest.importorskip("distributed")

OPTIONS = Options(method="certify", timeout=30)


@pytest.fixture
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as found:
        yield found


def _items(count: int, terms: int = 2) -> list[Item]:
    rng = random.Random(3)
    items = []
    for number in range(count):
        m, n, r = rng.randint(1, 4), rng.randint(1, 4), rng.randint(1, terms)
        left = Mask(tuple(rng.randrange(2**r) for _ in range(m)), r)
        right = Mask(tuple(rng.randrange(2**r) for _ in range(n)), r)
        items.append(Item("random", str(number), OPTIONS, Support(left, right)))
    return items


def _records(items: list[Item], executor: Any) -> list[dict[str, Any]]:
    with executor:
        found = [f.record for f in deliver(run(items, executor), None, "input") if f is not None]
    return [{**record, "seconds": 0} for record in found]


@pytest.mark.slow
def test_a_cluster_finds_what_this_machine_finds(cluster: Any) -> None:
    items = _items(150)
    there = _records(items, Cluster(cluster.scheduler_address))
    assert json.dumps(there) == json.dumps(_records(items, LocalPool(2)))


@pytest.mark.slow
@pytest.mark.parametrize(("count", "terms"), [(400, 2), (10_000, 3)])
def test_no_result_is_lost_or_doubled_when_a_worker_is_killed(cluster: Any, count: int, terms: int) -> None:
    items = _items(count, terms)
    address = cluster.scheduler_address
    victim = next(iter(cluster.workers.values())).pid
    seen = threading.Event()

    def kill() -> None:
        seen.wait()
        os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    records = []
    with Cluster(address) as executor:
        for found in deliver(run(items, executor), None, "completion"):
            if found is not None:
                records.append({**found.record, "seconds": 0})
                if len(records) == count // 20:
                    seen.set()
    killer.join()
    assert len(records) == len(items)
    by_name = sorted(records, key=lambda record: int(record["name"]))
    assert json.dumps(by_name) == json.dumps(_records(items, LocalPool(2)))


@pytest.mark.slow
def test_stopping_early_leaves_the_cluster_usable(cluster: Any) -> None:
    items = _items(60)
    with Cluster(cluster.scheduler_address) as executor:
        stream = run(items, executor)
        while next(stream) is None:
            time.sleep(0)
        stream.close()
    assert len(_records(items, Cluster(cluster.scheduler_address))) == 60


def test_a_scheduler_that_does_not_answer_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qeclose.batch.workers.dask._CONNECT_SECONDS", 0.5)
    with (
        pytest.raises(UsageError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"),
        Cluster("tcp://127.0.0.1:9"),
    ):
        pass


def test_a_worker_with_another_version_decides_nothing(tmp_path: Path) -> None:
    task = Task(0, generate("lu", "2"), OPTIONS)
    result = solve_remotely(task.to_json(), "0.0.0")
    assert result["verdict"] == "undecided"
    assert "0.0.0" in result["failures"][0]
