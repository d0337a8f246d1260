"""The cache on disk: shared, durable, and never believed without proof."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from qeclose.batch.store import cache as cache_module
from qeclose.batch.store.cache import Cache, cache_folder
from qeclose.batch.store.versions import write_atomically
from qeclose.batch.workers import task as task_module
from qeclose.batch.workers.task import Task, failure, solve
from qeclose.certify import Certified, certify
from qeclose.decide.options import Options
from qeclose.decide.verdict import Verdict
from qeclose.errors import UsageError
from qeclose.support import Support, generate
from qeclose.support.canonical import canonical_form

OPTIONS = Options()
LU = canonical_form(generate("lu", "2")).support
FULL = canonical_form(generate("full", "3", "3", "2")).support


def _certificate(support: Support) -> dict[str, Any]:
    found = certify(support, deadline=time.monotonic() + 10)
    assert isinstance(found, Certified)
    return found.certificate


def _result(support: Support) -> dict[str, Any]:
    certificate = _certificate(support)
    return {**failure("proved", limit=True), "verdict": certificate["claim"], "certificate": certificate}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def _file(cache: Cache) -> Path:
    (entry,) = cache.entries()
    return entry.path


def _keep(cache: Cache, support: Support, options: Options = OPTIONS) -> dict[str, Any]:
    result = _result(support)
    assert cache.put(support, options, result) == ""
    return result


@pytest.mark.parametrize("support", [LU, FULL], ids=["ill-posed", "well-posed"])
def test_a_decision_with_a_certificate_is_found_again(cache: Cache, support: Support) -> None:
    kept = _keep(cache, support)
    found, problem = cache.get(support, OPTIONS)
    assert problem == ""
    assert found is not None
    assert found["verdict"] == kept["verdict"]
    assert found["certificate"] == json.loads(json.dumps(kept["certificate"]))


def test_other_masks_methods_engines_and_seeds_find_nothing(cache: Cache) -> None:
    _keep(cache, LU)
    others = [Options(method="staged"), Options(engines=("z3",)), Options(seed=1)]
    assert cache.get(FULL, OPTIONS) == (None, "")
    assert [cache.get(LU, options) for options in others] == [(None, "")] * 3


def test_a_new_version_of_an_engine_or_of_qeclose_finds_nothing(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    _keep(cache, LU)
    with monkeypatch.context() as patch:
        patch.setattr(cache_module, "engine_versions", lambda *_: (("z3", "99"),))
        assert cache.get(LU, OPTIONS) == (None, "")
    with monkeypatch.context() as patch:
        patch.setattr("qeclose.__version__", "99")
        assert cache.get(LU, OPTIONS) == (None, "")
    assert cache.get(LU, OPTIONS)[0] is not None


def test_limits_do_not_matter_to_a_decision_that_was_made(cache: Cache) -> None:
    _keep(cache, LU)
    assert cache.get(LU, Options(timeout=1, memory_mb=10))[0] is not None


@pytest.mark.parametrize("change", [{"verdict": "undecided"}, {"certificate": None}])
def test_what_cannot_be_proved_again_is_not_kept(cache: Cache, change: dict[str, Any]) -> None:
    assert cache.put(LU, OPTIONS, {**_result(LU), **change}) == ""
    assert list(cache.entries()) == []


def _read(path: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(path.read_text().partition("\n")[2])
    return result


def _forge(path: Path, result: dict[str, Any]) -> None:
    """Write an entry with a sum that is right."""
    body = json.dumps(result)
    path.write_text(f"{sha256(body.encode()).hexdigest()}\n{body}\n")


def _flip(result: dict[str, Any]) -> None:
    other = {"well-posed": "ill-posed", "ill-posed": "well-posed"}[result["verdict"]]
    result["verdict"] = result["certificate"]["claim"] = other


def _flip_verdict_only(result: dict[str, Any]) -> None:
    _flip(result)
    result["certificate"]["claim"] = "ill-posed"


def _another_point(result: dict[str, Any]) -> None:
    result["certificate"]["proof"]["point"][0][2] = "7"


def _another_mask(result: dict[str, Any]) -> None:
    result["certificate"] = _certificate(canonical_form(generate("lu", "3")).support)


def _no_certificate(result: dict[str, Any]) -> None:
    result["certificate"] = None


def _fewer_fields(result: dict[str, Any]) -> None:
    del result["engines"]


TAMPERING = [_flip, _flip_verdict_only, _another_point, _another_mask, _no_certificate, _fewer_fields]


@pytest.mark.parametrize("tamper", TAMPERING)
def test_a_tampered_entry_is_not_believed(cache: Cache, tamper: Any) -> None:
    _keep(cache, LU)
    result = _read(_file(cache))
    _forge(_file(cache), result)
    assert cache.get(LU, OPTIONS)[0] is not None
    tamper(result)
    _forge(_file(cache), result)
    found, problem = cache.get(LU, OPTIONS)
    assert found is None
    assert "is not believed" in problem


def test_no_byte_of_an_entry_can_change_unnoticed(cache: Cache) -> None:
    _keep(cache, LU)
    whole = _file(cache).read_bytes()
    for place in range(0, len(whole) - 1, 7):
        changed = bytearray(whole)
        changed[place] ^= 1
        _file(cache).write_bytes(changed)
        assert cache.get(LU, OPTIONS)[0] is None


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"result": 3}', "[" * 100_000, "\x00" * 500])
def test_a_damaged_entry_is_not_believed(cache: Cache, content: str) -> None:
    _keep(cache, LU)
    _file(cache).write_text(content)
    found, problem = cache.get(LU, OPTIONS)
    assert found is None
    assert "is not believed" in problem


def test_a_false_entry_costs_a_warning_and_is_replaced(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def honest(support: Support, **_: object) -> Verdict:
        return Verdict(support, "ill-posed", "certify", 0.0, "proved", certificate=_certificate(support))

    monkeypatch.setattr("qeclose.decide.strategy.check", honest)
    question = Task(0, LU, OPTIONS, str(tmp_path / "cache"))
    assert solve(question)["cached"] is False
    assert solve(question)["cached"] is True
    forged = _read(_file(cache))
    _flip(forged)
    _forge(_file(cache), forged)
    result = solve(question)
    assert (result["verdict"], result["cached"]) == ("ill-posed", False)
    assert "is not believed" in result["warnings"][0]
    again = solve(question)
    assert (again["verdict"], again["cached"], again["warnings"]) == ("ill-posed", True, [])


def test_a_cache_that_cannot_be_written_costs_a_warning_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(
        "qeclose.decide.strategy.check",
        lambda support, **_: Verdict(support, "ill-posed", "", 0.0, "", certificate=_certificate(support)),
    )
    result = task_module.solve(Task(0, LU, OPTIONS, str(tmp_path / "file")))
    assert result["verdict"] == "ill-posed"
    assert "cannot be written" in result["warnings"][0]


WRITER = """
import sys, time
sys.path.insert(0, {here!r})
from pathlib import Path
from test_cache import _result, LU, FULL, OPTIONS
from qeclose.batch.store.cache import Cache
cache = Cache(Path({folder!r}))
kept = [(LU, _result(LU)), (FULL, _result(FULL))]
for round in range({rounds}):
    if round == 1:
        print("ready", flush=True)
    for support, result in kept:
        assert cache.put(support, OPTIONS, result) == ""
        found, problem = cache.get(support, OPTIONS)
        assert found is not None and problem == "", problem
"""


def _writer(folder: Path, rounds: int) -> subprocess.Popen[str]:
    script = WRITER.format(here=str(Path(__file__).parent), folder=str(folder), rounds=rounds)
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_processes_that_write_at_the_same_time_never_see_half_an_entry(tmp_path: Path) -> None:
    writers = [_writer(tmp_path, rounds=40) for _ in range(2)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert sorted(entry.verdict for entry in Cache(tmp_path).entries()) == ["ill-posed", "well-posed"]


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_leaves_whole_entries(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for pause in (0.0, 0.013):
        writer = _writer(tmp_path, rounds=1_000_000)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(pause)
        writer.kill()
        writer.wait()
        writer.stdout.close()
        assert all(entry.verdict != "damaged" for entry in cache.entries())
    assert cache.get(LU, OPTIONS)[0] is not None


def test_threads_that_write_and_prune_do_not_disturb_each_other(cache: Cache) -> None:
    result = _result(LU)
    problems: list[str] = []

    def work() -> None:
        for _ in range(50):
            problems.append(cache.put(LU, OPTIONS, result))
            problems.append(cache.get(LU, OPTIONS)[1])
            cache.prune(max_size=0)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(problems) == {""}


# Pruning


def _aged(cache: Cache, support: Support, age: float) -> Path:
    before = {entry.path for entry in cache.entries()}
    _keep(cache, support)
    (path,) = {entry.path for entry in cache.entries()} - before
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def test_pruning_by_age_keeps_what_was_used_since(cache: Cache) -> None:
    old, new = _aged(cache, LU, 100), _aged(cache, FULL, 100)
    cache.get(FULL, OPTIONS)
    removed, size = cache.prune(unused_since=time.time() - 50)
    assert removed == 1
    assert size > 0
    assert (old.exists(), new.exists()) == (False, True)


def test_pruning_by_size_removes_the_longest_unused(cache: Cache) -> None:
    old, new = _aged(cache, LU, 100), _aged(cache, FULL, 50)
    cache.prune(max_size=new.stat().st_size)
    assert (old.exists(), new.exists()) == (False, True)


def test_pruning_removes_damaged_entries_and_forgotten_files_but_not_files_being_written(
    cache: Cache,
) -> None:
    path = _aged(cache, LU, 0)
    fresh, stale = path.parent / ".new-fresh", path.parent / ".new-stale"
    for file in (fresh, stale):
        file.write_text("")
    os.utime(stale, (0, 0))
    path.write_text("{")
    cache.prune()
    assert (path.exists(), fresh.exists(), stale.exists()) == (False, True, False)


def test_a_write_that_fails_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "a" / "entry.json", "{}")
    assert list((tmp_path / "a").iterdir()) == []


def test_the_default_folder_follows_the_conventions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "qeclose" / "decisions"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert cache_folder() == Path("/home/somebody/.cache/qeclose/decisions")
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError()))
    with pytest.raises(UsageError, match="--cache"):
        cache_folder()
