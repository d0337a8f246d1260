"""Reasons and presolve details name the rows, columns and terms of the mask as the user wrote it."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from qeclose.batch.items import Item
from qeclose.batch.options import Options
from qeclose.batch.run import run
from qeclose.batch.task import Result, Task, solve
from qeclose.batch.texts import moved_text
from qeclose.decide.strategy import check
from qeclose.decide.witness import Witness
from qeclose.support import Support, generate
from qeclose.support.relabelling import Relabelling

OPTIONS = Options(method="certify")
SUPPORTS = {
    "obstruction": Support([[1, 0, 0], [1, 1, 0], [0, 0, 1]], [[1, 0, 0], [1, 1, 0], [0, 0, 1]]),
    "empty term": Support([[1, 0, 1], [1, 0, 0]], [[1, 1, 0], [1, 0, 1]]),
    "alike rows": Support([[1, 1]] * 5, [[1, 1], [1, 0]]),
    "alike columns": Support([[1, 1], [1, 0]], [[1, 1]] * 5),
    "a term that falls apart": Support([[1, 1], [1, 1], [1, 0], [1, 0]], [[1, 1], [1, 1], [1, 0]]),
    "arrow": generate("arrow", ["4", "last"]),
}


def _told(record: Any) -> list[tuple[str, str]]:
    """Reason and steps, the latter in no order: a relabelled mask may be simplified in another one."""
    return [
        ("reason", record["reason"]),
        *sorted((step["rule"], step["detail"]) for step in record["presolve"]),
    ]


def _batch(support: Support, executor: Any) -> Any:
    (found,) = (found for found in run([Item("f", "", OPTIONS, support)], executor) if found is not None)
    return found.record


def _decide(task: Task) -> Result:
    return solve(task)


def _numbers(text: str, noun: str) -> list[int]:
    match = re.search(rf"{noun}s? (\d+(?:, \d+)*)", text)
    assert match is not None
    return [int(number) - 1 for number in match[1].split(", ")]


@pytest.mark.parametrize("name", ["obstruction", "a term that falls apart", "arrow"])
def test_the_rows_and_columns_that_a_reason_names_are_ill_posed_by_themselves(name: str, inline: Any) -> None:
    support = SUPPORTS[name]
    (m, n), (r,) = support.shape, support.inner
    rng = random.Random(1)
    for turned in (False, True, False, True):
        layers = tuple(tuple(rng.sample(range(width), width)) for width in (m, r, n))
        moved = Relabelling(layers, turned).support(support)
        reason = _batch(moved, inline(_decide))["reason"]
        rows, columns = moved.I.to_lists(), moved.J.to_lists()
        part = Support(
            [rows[i] for i in _numbers(reason, "row")], [columns[j] for j in _numbers(reason, "column")]
        )
        assert check(part, method="certify").verdict == "ill-posed"


@pytest.mark.parametrize("name", ["empty term", "alike rows", "alike columns"])
def test_where_there_is_one_way_to_tell_it_the_batch_tells_what_check_tells(name: str, inline: Any) -> None:
    support = SUPPORTS[name]
    assert _told(_batch(support, inline(_decide))) == _told(check(support, method="certify").to_json())


def test_numbers_are_moved_and_sides_exchanged() -> None:
    turn = Relabelling(((1, 0), (2, 0, 1), (0, 2, 1)), reversed=True)
    text = "on rows 1, 2, column 2 and terms 1, 3, 9 it is so; 5 alike rows cut to 2, for generic X"
    assert moved_text(text, turn) == (
        "on columns 1, 2, row 3 and terms 2, 3, 9 it is so; 5 alike columns cut to 2, for generic Y"
    )


@pytest.mark.parametrize("name", ["obstruction", "arrow"])
def test_the_witness_of_a_certificate_is_the_one_check_gives(name: str) -> None:
    verdict = check(SUPPORTS[name], method="certify")
    assert verdict.certificate is not None
    assert verdict.witness is not None
    assert Witness.of_certificate(verdict.certificate) == verdict.witness
