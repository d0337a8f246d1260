"""Whatever hangs, a command ends by itself, undecided, with no process left: every method, engine and phase.

How far each overshoots its limit is measured by ``scripts/deadlines.py``; here the machine may be as slow as it likes.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from deadlines import measured, trials

GROUPS = 8


@pytest.mark.campaign
@pytest.mark.parametrize("group", range(GROUPS))
def test_a_command_with_something_that_hangs_ends_by_itself(tmp_path: Path, group: int) -> None:
    chosen = list(trials(tmp_path))[group::GROUPS]
    assert chosen
    for trial in chosen:
        found = measured(trial, 3.0)
        assert (found.status, found.left) == (3, 0), found
        # A command that is not ended by its limit would last for ever: the stand-ins never stop.
        assert found.ended_after < 90, found
