"""The faults that ``scripts/planted_faults.py`` plants can still be planted: each in one place, into code that compiles."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from planted_faults import FAULTS, Planted, caught  # noqa: E402


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_fault_can_still_be_planted(fault: Planted) -> None:
    text = (ROOT / "qeclose" / fault.file).read_text("utf-8")
    assert text.count(fault.old) == 1
    compile(text.replace(fault.old, fault.new), fault.file, "exec")


def test_every_fault_names_tests_that_exist() -> None:
    assert [t for fault in FAULTS for t in fault.tests if not (ROOT / "tests" / t).exists()] == []


@pytest.mark.campaign
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_the_tests_catch_the_fault(fault: Planted) -> None:
    found = caught(fault, "tests")
    assert found["caught"], found


@pytest.mark.campaign
@pytest.mark.parametrize("room", ["presolve", "search", "readers", "cache"])
def test_the_campaign_catches_the_first_fault_of_each_room(room: str) -> None:
    fault = next(fault for fault in FAULTS if fault.room == room and fault.by_campaign)
    found = caught(fault, "campaign", seconds=120, seed=1)
    assert found["caught"], found
