"""Every input of the fuzzers' corpus, findings of old among them, is handled as ``scripts/fuzzing/targets.py`` demands."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from fuzzing.changes import changed_json
from fuzzing.targets import TARGETS

CORPUS = Path(__file__).with_name("corpus")
_NEEDS = {"torch": "torch", "safetensors": "safetensors", "model-safetensors": "safetensors"}


def _inputs(name: str) -> list[Path]:
    return sorted((CORPUS / name).iterdir())


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_is_handled(name: str) -> None:
    if name in _NEEDS:
        pytest.importorskip(_NEEDS[name])
    for path in _inputs(name):
        TARGETS[name].run(path.read_bytes())


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if target.json])
def test_json_with_something_changed_is_handled(name: str) -> None:
    rng = random.Random(name)
    for path in _inputs(name):
        for _ in range(15):
            changed = changed_json(path.read_bytes(), rng)
            assert changed is not None
            TARGETS[name].run(changed)


@pytest.mark.parametrize("name", TARGETS)
def test_a_corpus_cut_short_anywhere_is_handled(name: str) -> None:
    if name in _NEEDS:
        pytest.importorskip(_NEEDS[name])
    rng = random.Random(name)
    for path in _inputs(name):
        data = path.read_bytes()
        for _ in range(5):
            TARGETS[name].run(data[: rng.randrange(len(data) + 1)])


def test_the_corpus_is_small_and_every_part_of_it_has_a_target() -> None:
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 400_000
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
