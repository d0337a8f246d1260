"""The campaign finds nothing in trials of every part, and does find faults that are put there."""

from __future__ import annotations

import importlib
import json
import random
from pathlib import Path

import pytest
from attack.certificates import mutants
from attack.masks import decided, exhaustive, shrunk, transformed
from attack.tally import COUNTS, Tally
from attack.truth import factors_near, frontier_point, has_factors
from campaign import PARTS, Campaign, attack

import qeclose

LU = (((1, 0), (1, 1)), ((1, 0), (1, 1)))
FULL = (((1, 1), (1, 1)), ((1, 1), (1, 1)))


@pytest.mark.parametrize("part", PARTS)
def test_a_few_trials_of_each_part_agree(part: str) -> None:
    tally = Tally()
    for number in (1, 2, 3):
        importlib.import_module(PARTS[part]).trial(number, random.Random(f"test {part} {number}"), tally)
    assert tally.disagreements == []
    assert tally.counts["masks"] + tally.counts["comparisons"] > 0


def test_the_truth_finds_a_frontier_point_of_lu_and_none_of_the_full_mask() -> None:
    found = frontier_point(*LU, random.Random(1))
    assert found is not None
    assert factors_near(found.matrix, *LU, random.Random(2)) is None
    assert has_factors(found.matrix, *LU, 20.0) is False
    assert frontier_point(*FULL, random.Random(1), curves=20) is None


def test_the_truth_heeds_missing_entries() -> None:
    """Rank one, observed along a path: a frontier point; with nothing missing, or a whole column, there is none."""
    ones = (((1,), (1,)), ((1,), (1,)))
    path, column = ((0, 1), (0, 0)), ((0, 1), (0, 1))
    found = frontier_point(*ones, random.Random(1), missing=path)
    assert found is not None
    assert has_factors(found.matrix, *ones, 20.0, path) is False
    assert factors_near(found.matrix, *ones, random.Random(2), missing=path) is None
    assert has_factors([[1, 5], [1, 2]], *ones, 20.0, column) is True
    assert frontier_point(*ones, random.Random(1), missing=column, curves=30) is None
    assert frontier_point(*ones, random.Random(1), curves=30) is None


def test_a_check_that_passes_over_missing_entries_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = importlib.import_module("attack.missing")
    monkeypatch.setattr(missing, "_decided", lambda seen, **_: decided(seen[0]))
    tally = Tally()
    for number in range(12):
        missing.trial(number, random.Random(number), tally)
    assert {"missing: rank one"} <= {found["what"] for found in tally.disagreements}


@pytest.mark.slow
def test_a_wrong_verdict_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that calls everything well-posed disagrees with the truth and with itself."""
    truths = importlib.import_module("attack.truths")
    monkeypatch.setattr(truths, "decided", lambda pair, **_: "well-posed")
    tally = Tally()
    for number in range(40):
        truths.trial(number, random.Random(number), tally)
    assert any(found["what"] == "a frontier point" for found in tally.disagreements)
    larger = (((1, 0, 1), (1, 1, 0), (0, 1, 1)), ((1, 0, 0), (1, 1, 1), (0, 1, 1)))
    small = shrunk(larger, lambda pair: decided(pair) == "ill-posed")
    assert decided(small) == "ill-posed"
    assert sum(map(sum, (*small[0], *small[1]))) <= 6


def test_transformations_keep_the_verdict_and_change_the_mask() -> None:
    rng = random.Random(3)
    for name, pair in transformed(LU, rng):
        assert decided(pair) == "ill-posed", name
    assert exhaustive(0) is not None
    assert exhaustive(10**9) is None


def test_a_checker_that_accepts_everything_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    certificates = importlib.import_module("attack.certificates")
    monkeypatch.setattr(certificates, "claim_of", lambda *_: "ill-posed")
    tally = Tally()
    for number in range(6):
        certificates.trial(number, random.Random(number), tally)
    assert tally.counts["accepted_false"] > 0


def test_mutants_differ_from_their_certificate() -> None:
    certificate = dict(qeclose.check(qeclose.Support(*LU), method="certify").certificate or {})
    changed = [mutant for _, mutant in zip(range(50), mutants(certificate, random.Random(1)), strict=False)]
    assert sum(mutant != certificate for mutant in changed) > 40


def test_a_campaign_is_saved_and_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "campaign.json"
    for _ in range(2):
        campaign = Campaign(1, file)
        attack(campaign, ("readers",), 0.5, 1)
        campaign.save()
    saved = json.loads(file.read_text())
    assert set(COUNTS) <= set(saved)
    assert saved["trials"]["readers"] == 200_000
    assert saved["disagreements"] == 0
