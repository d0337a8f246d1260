"""The classification of small masks as a table: what it says is what the search says, only sooner."""

from __future__ import annotations

import itertools
import json
import random
import time
from collections import Counter

import pytest
from deciding import accepted, decide
from line_types import blown_up, classes, multisets, shuffled, support_of_types, transposed

from qeclose import Support, check
from qeclose.certify import Certified, certify
from qeclose.decide.options import Options
from qeclose.proof import from_json
from qeclose.proof.certificate import relabel, sign
from qeclose.support import Mask
from qeclose.support.families import lu
from qeclose.support.relabelling import Relabelling
from qeclose.table import RANKS, Entry, entries, find_match
from qeclose.table.coverage import coverage
from qeclose.table.coverage import multisets as coverage_lines
from qeclose.table.entries import DATA, written
from qeclose.table.types import contains, packed, views

TWO = list(itertools.product(multisets(2), repeat=2))
THREE = classes(3, 3)
COMPLETE = RANKS
"""Ranks of which the table settles every mask."""
ENTRIES = [entry for rank in RANKS for entry in entries(rank)]


def kinds(proof: dict[str, object]) -> set[str]:
    """The kinds of a proof's parts; what stands inside a restriction is the table's."""
    blocks = proof.get("blocks", [])
    assert isinstance(blocks, list)
    return {str(proof["kind"])}.union(*(kinds(block["proof"]) for block in blocks))


def random_mask(rng: random.Random, m: int, n: int) -> Support:
    density = rng.choice((0.3, 0.6, 0.9))

    def lines(count: int) -> Mask:
        return Mask(tuple(sum((rng.random() < density) << k for k in range(3)) for _ in range(count)), 3)

    return Support(lines(m), lines(n))


@pytest.fixture
def no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only presolve and the table are left to answer."""

    def searched(*_: object, **__: object) -> None:
        raise AssertionError("this had to be searched for")

    monkeypatch.setattr("qeclose.certify.pairs.decide.settle", searched)
    monkeypatch.setattr("qeclose.certify.pairs.decide.Scan.run", searched)


@pytest.mark.parametrize("rank", RANKS)
def test_every_entry_is_proved(rank: int) -> None:
    assert entries(rank)
    for entry in entries(rank):
        claim = "well-posed" if entry.closed else "ill-posed"
        accepted(sign(entry.support, claim, from_json(entry.proof)), entry.support)


@pytest.mark.parametrize("rank", RANKS)
def test_no_entry_says_what_another_one_says(rank: int) -> None:
    orbits = {
        (entry.rows, entry.columns): [view for view, *_ in views(entry.rows, entry.columns, rank)]
        for entry in entries(rank)
    }
    closed = {(entry.rows, entry.columns): entry.closed for entry in entries(rank)}
    assert len(orbits) == len(entries(rank))
    for (one, small), (other, large) in itertools.permutations(orbits.items(), 2):
        if any(contains(large[0], view, rank) for view in small):
            # A part of an obstruction may be closed; nothing else may be part of another entry.
            assert closed[one] and not closed[other], (one, other)


def test_the_data_are_written_as_they_are_read_and_in_the_same_order() -> None:
    assert written(random.Random(0).sample(ENTRIES, len(ENTRIES))) == DATA.read_bytes()
    assert DATA.stat().st_size < 2**20


def same_verdicts(masks: list[Support]) -> dict[bool, int]:
    """How many masks are closed and how many are not, by the table as without it."""
    answers = {True: 0, False: 0}
    for support in masks:
        found = decide(support, table=True)
        assert found.closed == decide(support, table=False).closed, support
        answers[found.closed] += 1
    return answers


def test_all_masks_of_two_terms_are_decided_as_without_the_table() -> None:
    answers = same_verdicts([support_of_types(*pair, 2) for pair in TWO])
    assert answers == {True: 121 - 32, False: 32}


def test_a_sample_of_the_masks_of_three_terms_is_decided_as_without_the_table() -> None:
    answers = same_verdicts([support_of_types(*pair, 3) for pair in random.Random(6).sample(THREE, 60)])
    assert min(answers.values()) > 10


@pytest.mark.slow
def test_all_three_by_three_masks_of_three_terms_are_decided_as_without_the_table() -> None:
    assert same_verdicts([support_of_types(*pair, 3) for pair in THREE]) == {True: 636, False: 226}


@pytest.mark.slow
def test_masks_of_four_and_five_terms_are_decided_as_without_the_table() -> None:
    rng = random.Random(3)
    compared = 0
    for _ in range(150):
        r = rng.choice((4, 5))
        m, n = rng.randint(2, 5), rng.randint(2, 5)
        sides = [Mask(tuple(rng.getrandbits(r) | rng.getrandbits(r) for _ in range(k)), r) for k in (m, n)]
        results = [
            certify(Support(*sides), deadline=time.monotonic() + 5, table=table) for table in (True, False)
        ]
        if all(isinstance(result, Certified) for result in results):
            verdicts = {result.certificate["claim"] for result in results if isinstance(result, Certified)}
            assert len(verdicts) == 1, sides
            compared += 1
    assert compared > 100


@pytest.mark.slow
@pytest.mark.usefixtures("no_search")
def test_nothing_is_searched_for_in_a_mask_that_an_entry_settles() -> None:
    rng = random.Random(8)
    for entry in ENTRIES:
        support = blown_up(entry.rows, entry.columns, entry.rank, rng)
        for mask in (support, transposed(support)):
            assert decide(mask, table=True).closed == entry.closed


@pytest.mark.parametrize("seed", range(10))
def test_a_large_mask_of_three_terms_is_decided_at_once(seed: int) -> None:
    support = random_mask(random.Random(seed), 200, 200)
    start = time.monotonic()
    found = decide(support, seconds=10, table=True)
    assert time.monotonic() - start < 5
    if found.obstruction is not None:
        # What is reported is the obstruction, not all that is left after capping.
        assert 4 <= len(found.obstruction.rows) + len(found.obstruction.columns) <= 9


@pytest.mark.usefixtures("no_search")
def test_a_block_of_three_terms_among_others_is_looked_up() -> None:
    # Two copies of a closed entry on the diagonal, their terms mixed, and beside them a full block that presolve settles.
    entry = max((e for e in entries(3) if e.closed), key=lambda e: len(e.rows) * len(e.columns))
    rows = [kind << 1 for kind in entry.rows] + [kind << 4 for kind in entry.rows] + [1]
    columns = [kind << 1 for kind in entry.columns] + [kind << 4 for kind in entry.columns] + [1]
    support = shuffled(Support(Mask(tuple(rows), 7), Mask(tuple(columns), 7)), random.Random(1))
    assert "restriction" in kinds(decide(support, table=True).certificate["proof"])


def test_a_proof_by_restriction_can_be_relabelled_and_turned_around() -> None:
    rng = random.Random(4)
    entry: Entry = max((e for e in entries(3) if e.closed), key=lambda e: len(e.rows) * len(e.columns))
    for _ in range(20):
        support = shuffled(support_of_types(entry.rows[1:], entry.columns[:-1], 3), rng)
        found = certify(support, deadline=time.monotonic() + 10)
        assert isinstance(found, Certified)
        m, n = support.shape
        layers = tuple(tuple(rng.sample(range(width), width)) for width in (m, 3, n))
        relabelling = Relabelling(layers, rng.random() < 0.5)
        moved = relabel(found.certificate, relabelling)
        accepted(json.loads(json.dumps(moved)), relabelling.support(support))
        accepted(relabel(moved, relabelling.inverse()), support)


def test_inclusion_is_that_of_multisets() -> None:
    rng = random.Random(5)
    everything = list(itertools.product(multisets(3), repeat=2))
    outcomes = {True: 0, False: 0}
    for _ in range(2000):
        larger = rng.choice(everything)
        smaller = [tuple(kind for kind in types if rng.random() < 0.7) for types in larger]
        if rng.random() < 0.5:
            smaller = list(rng.choice(everything))
        expected = all(Counter(small) <= Counter(large) for small, large in zip(smaller, larger, strict=True))
        assert contains(packed(*larger, 3), packed(*smaller, 3), 3) == expected
        outcomes[expected] += 1
    assert min(outcomes.values()) > 500


@pytest.mark.parametrize("rank", COMPLETE)
def test_every_pair_of_types_is_settled(rank: int) -> None:
    assert coverage(rank).all()


@pytest.mark.parametrize("rank", RANKS)
def test_what_is_found_in_the_table_is_what_it_covers(rank: int) -> None:
    lines = coverage_lines(rank)
    known = coverage(rank)
    rng = random.Random(rank)
    for _ in range(200):
        row, column = rng.randrange(1, len(lines)), rng.randrange(1, len(lines))
        match = find_match(lines[row], lines[column], rank)
        said = 0 if match is None else 1 if match.entry.closed else -1
        assert said == known[row, column]


def test_a_check_may_do_without_the_table() -> None:
    for table in (True, False):
        verdict = check(lu(2), table=table)
        assert verdict.verdict == "ill-posed"
        assert verdict.method == "certify"


def test_the_cache_tells_decisions_with_and_without_the_table_apart() -> None:
    assert Options(table=False).decisive() != Options().decisive()
    assert Options.of_json(json.loads(json.dumps(Options(table=False).to_json()))) == Options(table=False)
