"""The JSONL file survives kills at any moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qeclose.batch.store.journal import Journal
from qeclose.errors import InputError, UsageError


def _record(item: str) -> dict[str, Any]:
    head = {"item": item, "source": "s", "name": "n", "verdict": "well-posed", "seconds": 0.0}
    return {**head, "reason": "", "failures": [], "warnings": []}


def _lines(path: Path) -> list[str]:
    return [json.loads(line)["item"] for line in path.read_text().splitlines()]


def _written(path: Path, *items: str) -> None:
    journal = Journal(str(path), resume=False)
    for item in items:
        journal.write(_record(item))
    journal.close(complete=True)


@pytest.mark.parametrize(
    "changed", [{"verdict": "well-poseq"}, {"failures": None}, {"reason": 3}, {"warnings": "a"}]
)
def test_a_line_that_cannot_be_counted_is_no_line_of_a_batch(tmp_path: Path, changed: dict[str, Any]) -> None:
    """An unknown verdict would count as well-posed."""
    path = tmp_path / "b.jsonl"
    path.write_text(json.dumps(_record("a")) + "\n" + json.dumps(_record("b") | changed) + "\n")
    with pytest.raises(InputError, match=f"{path}:2:1: not a line"):
        Journal(str(path), resume=True)


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_line_cut_off_by_a_kill_is_removed_and_written_again(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "out.jsonl"
    _written(path, "a", "b", "c")
    path.write_bytes(path.read_bytes()[:-cut])
    journal = Journal(str(path), resume=True)
    assert set(journal.finished) == {"a", "b"}
    journal.write(_record("c"))
    journal.close(complete=True)
    assert _lines(path) == ["a", "b", "c"]


def test_every_byte_at_which_a_run_may_be_cut_leaves_a_file_that_can_be_resumed(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    _written(path, "a", "b")
    whole = path.read_bytes()
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        journal = Journal(str(path), resume=True)
        for item in {"a", "b"} - journal.finished.keys():
            journal.write(_record(item))
        journal.close(complete=True)
        assert sorted(_lines(path)) == ["a", "b"]


def test_without_resume_a_file_with_results_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    _written(path, "a")
    before = path.read_bytes()
    with pytest.raises(UsageError, match="--resume goes on with"):
        Journal(str(path), resume=False)
    assert path.read_bytes() == before


def test_without_resume_an_empty_file_is_as_good_as_none(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.touch()
    _written(path, "b")
    assert _lines(path) == ["b"]


def test_records_that_are_outdated_are_taken_out_and_the_file_stays_locked(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    _written(path, "a", "b", "c")
    journal = Journal(str(path), resume=True)
    journal.forget(lambda record: record["item"] == "b")
    assert _lines(path) == ["a", "c"]
    with pytest.raises(UsageError, match="another batch"):
        Journal(str(path), resume=True)
    journal.write(_record("d"))
    journal.close(complete=True)
    assert _lines(path) == ["a", "c", "d"]
    assert [file.name for file in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_line_is_in_the_file_as_soon_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    journal = Journal(str(path), resume=False)
    journal.write(_record("a"))
    assert _lines(path) == ["a"]
    journal.close(complete=True)


def test_what_is_set_aside_outlives_a_kill_but_not_a_complete_run(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    journal = Journal(str(path), resume=False)
    journal.set_aside(_record("b"))
    journal.close(complete=False)
    journal = Journal(str(path), resume=True)
    assert (set(journal.finished), set(journal.waiting)) == (set(), {"b"})
    journal.write(_record("a"))
    journal.write(_record("b"))
    journal.close(complete=True)
    assert _lines(path) == ["a", "b"]
    assert list(tmp_path.iterdir()) == [path]


def test_two_batches_cannot_write_the_same_file(tmp_path: Path) -> None:
    path = str(tmp_path / "out.jsonl")
    journal = Journal(path, resume=False)
    with pytest.raises(UsageError, match="another batch"):
        Journal(path, resume=True)
    journal.close(complete=True)
    Journal(path, resume=True).close(complete=True)


@pytest.mark.parametrize("line", ["no json", "[1]", '{"item": "a"}', '{"item": 3}'])
def test_a_file_that_no_batch_wrote_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "out.jsonl"
    _written(path, "a")
    content = path.read_text() + line + "\n"
    path.write_text(content)
    with pytest.raises(InputError, match=r"out\.jsonl:2:1: "):
        Journal(str(path), resume=True)
    assert path.read_text() == content


def test_a_file_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        Journal(str(tmp_path / "nowhere" / "out.jsonl"), resume=False)
