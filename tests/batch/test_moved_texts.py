"""Reasons and presolve details name the rows, columns and terms of the mask as the user wrote it."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from qeclose.batch.requests.item import Item
from qeclose.batch.run import run
from qeclose.batch.workers.task import Result, Task, solve
from qeclose.decide.options import Options
from qeclose.decide.strategy import check
from qeclose.decide.witness import Witness
from qeclose.support import Support, generate
from qeclose.support.names import Names
from qeclose.support.phrase import Lines, Phrase, Sided, phrase
from qeclose.support.relabelling import Relabelling

OPTIONS = Options(method="certify")
SUPPORTS = {
    "obstruction": Support([[1, 0, 0], [1, 1, 0], [0, 0, 1]], [[1, 0, 0], [1, 1, 0], [0, 0, 1]]),
    "empty term": Support([[1, 0, 1], [1, 0, 0]], [[1, 1, 0], [1, 0, 1]]),
    "alike rows": Support([[1, 1]] * 5, [[1, 1], [1, 0]]),
    "alike columns": Support([[1, 1], [1, 0]], [[1, 1]] * 5),
    "a term that falls apart": Support([[1, 1], [1, 1], [1, 0], [1, 0]], [[1, 1], [1, 1], [1, 0]]),
    "arrow": generate("arrow", "4", "last"),
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


def test_lines_are_moved_and_sides_exchanged() -> None:
    turn = Relabelling(((1, 0), (2, 0, 1), (0, 2, 1)), reversed=True)
    told = phrase(
        "on ",
        Lines("row", (0, 1)),
        ", ",
        Lines("column", (1,)),
        " and ",
        Lines("term", (0, 2, 8)),
        " it is so; 5 alike ",
        Sided("rows"),
        ", for generic ",
        Sided("X"),
    )
    assert str(told.moved(turn)) == (
        "on columns 1, 2, row 3 and terms 2, 3, 9 it is so; 5 alike columns, for generic Y"
    )
    assert Phrase.of_json(json.loads(json.dumps(told.to_json()))) == told


def test_lines_are_told_by_their_names_where_they_have_some() -> None:
    told = phrase(Lines("row", (0, 2)), " and ", Lines("column", (0,)))
    assert told.text(Names((("ann", "bob", "eve"), None, None))) == "rows ann, eve and column 1"


@pytest.mark.parametrize(
    "value", ["text", [1], [{"row": 1}], [{"line": [1]}], [{"row": [-1]}], [{"sided": "term"}], [{}], None]
)
def test_what_is_no_phrase_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="phrase"):
        Phrase.of_json(value)


@pytest.mark.parametrize("name", ["obstruction", "arrow"])
def test_the_witness_of_a_certificate_is_the_one_check_gives(name: str) -> None:
    verdict = check(SUPPORTS[name], method="certify")
    assert verdict.certificate is not None
    assert verdict.witness is not None
    assert Witness.of_certificate(verdict.certificate) == verdict.witness
