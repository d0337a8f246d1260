"""Same mask and seed, same certificate, whatever order Python's sets have."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from deciding import decide
from line_types import support_of_types

SCRIPT = """
import hashlib, json, sys
from deciding import decide
from test_same_bytes import digest, MASKS
print(json.dumps([digest(mask) for mask in MASKS]))
"""
MASKS = [
    ((1, 3), (1, 3)),
    ((1, 3, 7), (3, 7, 7)),
    ((3, 3, 7), (3, 3, 7)),
    ((3, 3, 5), (5, 6, 6)),
    ((3, 3, 7), (5, 7, 7)),
    ((3, 5, 6), (3, 7, 7)),
]


def digest(mask: tuple[tuple[int, ...], tuple[int, ...]], seed: int = 0) -> str:
    certificate = decide(support_of_types(*mask, 3), seed=seed).certificate
    return hashlib.sha256(json.dumps(certificate).encode()).hexdigest()


def digests(hash_seed: str) -> list[str]:
    here = str(Path(__file__).parent)
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": here}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        timeout=100,
    )
    found = json.loads(run.stdout)
    assert isinstance(found, list)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("hash_seed", ["0", "1", "4242"])
def test_the_same_seed_gives_the_same_bytes_in_another_process(hash_seed: str) -> None:
    here = [digest(mask) for mask in MASKS]
    assert len(set(here)) == len(MASKS)
    assert digests(hash_seed) == here


@pytest.mark.slow
def test_another_seed_gives_another_certificate_where_the_search_is_random() -> None:
    # Otherwise the test above could not fail.
    assert len({digest(mask, seed) for mask in MASKS[-1:] for seed in range(3)}) > 1
