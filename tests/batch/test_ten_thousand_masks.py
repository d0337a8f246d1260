"""Ten thousand random small masks in one batch: all decided, each once, and much faster the second time."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

COUNT = 10_000


@pytest.fixture(scope="module")
def masks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = random.Random(1)

    def rows(count: int, terms: int) -> str:
        return "\n".join("".join(rng.choice("01") for _ in range(terms)) for _ in range(count))

    def block(number: int) -> str:
        m, n, r = rng.randint(1, 4), rng.randint(1, 4), rng.randint(1, 3)
        return f"== {number} ==\nI:\n{rows(m, r)}\nJ:\n{rows(n, r)}\n"

    path = tmp_path_factory.mktemp("random") / "masks.txt"
    path.write_text("".join(map(block, range(COUNT))))
    return path


def _command(masks: Path, file: Path, *options: str) -> list[str]:
    cache = str(masks.parent / "cache")
    command = [
        sys.executable,
        "-m",
        "qeclose",
        "batch",
        str(masks),
        "--jsonl",
        str(file),
        "-q",
        "--cache",
        cache,
    ]
    return [*command, *options]


def _seconds(masks: Path, file: Path, *options: str) -> tuple[float, str]:
    start = time.perf_counter()
    done = subprocess.run(_command(masks, file, *options), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return time.perf_counter() - start, done.stdout


@pytest.mark.slow
def test_all_are_decided_and_the_second_batch_takes_everything_from_the_cache(
    masks: Path, tmp_path: Path
) -> None:
    first, summary = _seconds(masks, tmp_path / "first.jsonl")
    assert re.match(rf"{COUNT} items: \d+ well-posed, \d+ ill-posed \(", summary), summary
    second, again = _seconds(masks, tmp_path / "second.jsonl")
    assert f"{COUNT} from the cache" in again
    assert (tmp_path / "first.jsonl").read_bytes() == (tmp_path / "second.jsonl").read_bytes()
    print(
        f"\n{first:.1f} s, then {second:.1f} s: {first / second:.1f} times faster, {COUNT / second:.0f} masks/s"
    )


@pytest.mark.slow
def test_killed_halfway_and_resumed_each_is_there_once(masks: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    batch = subprocess.Popen(_command(masks, file), stdout=subprocess.DEVNULL)
    while not file.exists() or file.read_bytes().count(b"\n") < COUNT // 2:
        assert batch.poll() is None
        time.sleep(0.002)
    batch.kill()
    batch.wait()
    _seconds(masks, file, "--resume")
    records = [json.loads(line) for line in file.read_text().splitlines()]
    assert Counter(record["name"] for record in records) == {str(number): 1 for number in range(COUNT)}
    assert os.listdir(tmp_path) == ["out.jsonl"]  # noqa: PTH208
