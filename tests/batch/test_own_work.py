"""What the batch itself does for an item keeps the item's limit of time, and costs no other item anything."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from qeclose.batch import run as run_module
from qeclose.batch.output.record import unexpected
from qeclose.batch.requests import collect as collect_module
from qeclose.batch.requests.collect import collect
from qeclose.batch.requests.item import Item
from qeclose.batch.run import Finished, run
from qeclose.batch.workers.task import solve
from qeclose.decide.options import Options
from qeclose.errors import CertificateError
from qeclose.support import Support, generate

IN_TIME = Options(method="certify", timeout=60)
SHORT = Options(method="certify", timeout=0.2)


def hanging_for(slow: Any, function: Any) -> Any:
    """``function``, but for ever when one of its arguments is ``slow``; what stops it is an alarm in Python code."""

    def either(*arguments: Any) -> Any:
        if slow in arguments:
            for _ in itertools.count():
                pass
        return function(*arguments)

    return either


def items() -> list[Item]:
    slow, other = generate("lu", "3"), generate("lu", "2")
    return [Item("file", "slow", SHORT, slow), Item("file", "other", IN_TIME, other)]


def by_name(finished: Any) -> dict[str, dict[str, Any]]:
    return {one.item.name: one.record for one in finished if isinstance(one, Finished)}


def test_a_mask_whose_comparison_takes_too_long_is_undecided(
    inline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, other = items()
    monkeypatch.setattr(run_module, "_canonical", hanging_for(slow.support, run_module._canonical))
    records = by_name(run([slow, other], inline(solve)))
    assert records["other"]["verdict"] == "ill-posed"
    assert (records["slow"]["verdict"], records["slow"]["failures"]) == ("undecided", [])
    assert records["slow"]["reason"] == "time ran out while comparing the mask with the others"


@pytest.mark.slow
def test_a_result_that_takes_too_long_to_move_back_is_undecided(
    inline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, other = items()
    decided = Item("file", "slow", Options(method="certify", timeout=5), slow.support)
    monkeypatch.setattr(run_module, "translated", hanging_for(slow.support, run_module.translated))
    records = by_name(run([decided, other], inline(solve)))
    assert records["other"]["verdict"] == "ill-posed"
    assert records["slow"]["verdict"] == "undecided"
    assert records["slow"]["reason"].startswith("time ran out while moving the result")


def test_a_file_that_takes_too_long_to_read_is_undecided_not_malformed(
    tmp_path: Path, inline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.txt", "slow.txt"):
        (tmp_path / name).write_text("I:\n10\n11\nJ:\n10\n11\n")
    slow = str(tmp_path / "slow.txt")
    monkeypatch.setattr(collect_module, "read", hanging_for(slow, collect_module.read))
    found = list(collect([slow], SHORT)) + list(collect([str(tmp_path / "a.txt")], IN_TIME))
    assert [(item.support is None, item.late) for item in found] == [(True, True), (False, False)]
    records = by_name(run(found, inline(solve)))
    assert records["a"]["verdict"] == "ill-posed"
    late = records[found[0].name]
    assert (late["verdict"], late["reason"]) == ("undecided", f"time ran out while reading {slow}")


def test_a_refused_certificate_makes_a_whole_record(inline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise CertificateError("wrong")

    def record_of(support: Support) -> dict[str, Any]:
        return by_name(run([Item("file", "one", IN_TIME, support)], inline(solve)))["one"]

    accepted = record_of(generate("lu", "2"))
    monkeypatch.setattr("qeclose.batch.output.record.require", refuse)
    refused = record_of(generate("lu", "2"))
    assert refused.keys() == accepted.keys()
    assert refused["verdict"] == "undecided" and "not accepted" in unexpected(refused, None)
