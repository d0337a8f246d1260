"""Every fault of ``scripts/faults.py`` ends as promised, but for seconds, which a loaded machine may take."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from faulting.kinds import Fault
from faults import all_faults, injected

# Long enough for a loaded machine to come to the fault; whatever hangs is ended by then.
LIMIT = 40.0
ALLOWED = 60.0


def _marked(fault: Fault) -> object:
    return pytest.param(fault, id=fault.name, marks=pytest.mark.slow if fault.quick else pytest.mark.campaign)


@pytest.mark.parametrize("fault", [_marked(fault) for fault in all_faults()])
def test_an_injected_fault_ends_as_promised(fault: Fault) -> None:
    found = injected(fault, LIMIT)
    if isinstance(found, str):
        pytest.skip(found)
    assert fault.complaints(found, ALLOWED) == []
