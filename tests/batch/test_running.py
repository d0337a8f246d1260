"""Equal questions are asked once, every item is answered once, in its own coordinates and in the order wanted."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from qeclose.batch.requests.item import Item
from qeclose.batch.run import Finished, deliver, run
from qeclose.batch.store.cache import Cache
from qeclose.batch.store.journal import Journal
from qeclose.batch.workers.task import Result, Task, failure, solve
from qeclose.certify import Certified, certify
from qeclose.checker import verify
from qeclose.decide.options import Options
from qeclose.support import Support, generate
from qeclose.support.canonical import canonical_form
from qeclose.support.relabelling import Relabelling


def _decide(task: Task) -> Result:
    found = certify(task.support, deadline=time.monotonic() + 10)
    assert isinstance(found, Certified)
    certificate = json.loads(json.dumps(found.certificate))
    return {**failure("proved", limit=True), "verdict": certificate["claim"], "certificate": certificate}


def _items(supports: list[Support]) -> list[Item]:
    return [Item("file", f"block {number}", Options(), support) for number, support in enumerate(supports)]


def _copies(support: Support, count: int, seed: int) -> list[Support]:
    rng = random.Random(seed)
    widths = (support.shape[0], *support.inner, support.shape[1])
    return [
        Relabelling(tuple(tuple(rng.sample(range(w), w)) for w in widths), rng.random() < 0.5).support(
            support
        )
        for _ in range(count)
    ]


def _finished(results: Any) -> list[Finished]:
    return [found for found in results if found is not None]


@pytest.fixture
def mixture() -> list[Item]:
    families = [generate("lu", "2"), generate("full", "3", "2", "2"), generate("arrow", "3", "last")]
    supports = [copy for seed, family in enumerate(families) for copy in _copies(family, 6, seed)]
    random.Random(1).shuffle(supports)
    return _items(supports)


def test_masks_equal_up_to_symmetry_share_one_decision(inline: Any, mixture: list[Item]) -> None:
    executor = inline(_decide)
    results = _finished(run(mixture, executor))
    assert len(executor.asked) == 3
    assert sorted(found.index for found in results) == list(range(len(mixture)))


def test_a_shared_certificate_is_given_for_each_mask_as_the_user_wrote_it(
    inline: Any, mixture: list[Item]
) -> None:
    for found in _finished(run(mixture, inline(_decide, backlog=3))):
        verification = verify(found.record["certificate"], found.item.support)
        assert verification.claim == found.record["verdict"]


def test_what_is_found_does_not_depend_on_which_item_came_first(inline: Any, mixture: list[Item]) -> None:
    there = {f.item.name: f.record for f in _finished(run(mixture, inline(_decide)))}
    back = {f.item.name: f.record for f in _finished(run(mixture[::-1], inline(_decide, backlog=9)))}
    assert there == back


def test_what_the_cache_has_takes_no_executor(inline: Any, mixture: list[Item], tmp_path: Path) -> None:
    first, second = inline(solve), inline(solve)
    before = _finished(run(mixture, first, cache=str(tmp_path)))
    after = _finished(run(mixture, second, cache=str(tmp_path)))
    assert (len(first.asked), len(second.asked)) == (3, 0)
    assert all(found.cached for found in after)
    assert {f.index: f.record for f in after} == {f.index: f.record for f in before}


def test_a_damaged_entry_of_the_cache_is_decided_again_with_a_warning(
    inline: Any, mixture: list[Item], tmp_path: Path
) -> None:
    _finished(run(mixture, inline(solve), cache=str(tmp_path)))
    first, *_ = sorted(entry.path for entry in Cache(tmp_path).entries())
    first.write_bytes(first.read_bytes().replace(b"posed", b"pozed"))
    executor = inline(solve)
    found = _finished(run(mixture, executor, cache=str(tmp_path)))
    assert len(executor.asked) == 1
    assert sum(any("is not believed" in text for text in f.record["warnings"]) for f in found) == 6


def test_other_options_are_another_question(inline: Any) -> None:
    support = generate("lu", "2")
    items = [Item("f", "", Options(timeout=t), support) for t in (1.0, 2.0, 1.0)]
    executor = inline(_decide)
    assert len(_finished(run(items, executor))) == 3
    assert len(executor.asked) == 2


def test_a_malformed_item_is_answered_beside_the_others(inline: Any) -> None:
    items = [Item("bad.txt", "", Options(), problem="bad.txt:1:1: no"), *_items([generate("lu", "2")])]
    verdicts = [f.record["verdict"] for f in _finished(deliver(run(items, inline(_decide)), None, "input"))]
    assert verdicts == ["malformed", "ill-posed"]


@pytest.mark.parametrize("backlog", [1, 2, 3])
def test_input_order_is_kept_whatever_order_results_come_in(
    inline: Any, mixture: list[Item], backlog: int
) -> None:
    results = _finished(deliver(run(mixture, inline(_decide, backlog)), None, "input"))
    assert [found.index for found in results] == list(range(len(mixture)))


def test_completion_order_passes_results_on_as_they_come(inline: Any) -> None:
    items = _items([generate("lu", "2"), generate("full", "3", "2", "2")])
    results = _finished(deliver(run(items, inline(_decide, backlog=2)), None, "completion"))
    assert [found.index for found in results] == [1, 0]


@pytest.mark.parametrize("order", ["input", "completion"])
def test_a_run_stopped_at_any_point_and_resumed_asks_for_nothing_finished_and_has_each_item_once(
    inline: Any, mixture: list[Item], tmp_path: Path, order: Any
) -> None:
    whole = [found.record for found in _finished(deliver(run(mixture, inline(_decide)), None, "input"))]
    for stop in range(1, 12):
        path = tmp_path / f"{stop}.jsonl"
        journal = Journal(str(path), resume=False)
        first = inline(_decide, backlog=2)
        stream = run(mixture, first)
        told = []

        def watched(stream: Any = stream, told: Any = told) -> Any:
            for found in stream:
                if found is not None:
                    told.append(found.item.identity)
                yield found

        delivered = deliver(watched(), journal, order)
        while len(told) < stop:
            next(delivered)
        stream.close()
        journal.close(complete=False)

        journal = Journal(str(path), resume=True)
        known = {**journal.waiting, **journal.finished}
        # The last one told may have been passed on without having been handled yet.
        assert known.keys() >= set(told[:-1])
        second = inline(_decide)
        _finished(deliver(run(mixture, second, known=known), journal, order))
        journal.close(complete=True)
        records = [json.loads(line) for line in path.read_text().splitlines()]
        assert sorted(map(json.dumps, records)) == sorted(map(json.dumps, whole))
        if order == "input":
            assert records == whole
        assert list(tmp_path.glob(f"{stop}.jsonl*")) == [path]
        unfinished = [item.support for item in mixture if item.identity not in known and item.support]
        assert {task.support for task in second.asked} == {canonical_form(s).support for s in unfinished}


def test_an_unusable_question_makes_the_item_malformed(inline: Any) -> None:
    def refuse(task: Task) -> Result:
        return {**failure("no"), "unusable": "z3 can do nothing for this method"}

    (found,) = _finished(run(_items([generate("lu", "2")]), inline(refuse)))
    assert found.record["verdict"] == "malformed"
    assert "z3 can do nothing" in found.record["reason"]
