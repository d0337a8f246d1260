"""Whatever hangs, a command ends by itself, undecided, with no process left: every method, engine and phase.

How far each overshoots its limit is measured by ``scripts/deadlines.py``; here the machine may be as slow as it likes.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from deadlines import Trial, measured, trials

GROUPS = 8
# Each ends with a stand-in or a function of ours that never returns: a command that its limit does not end lasts for ever.
PLENTY = 90


def require_kept(trial: Trial) -> None:
    found = measured(trial, 3.0)
    assert (found.status, found.left) == (3, 0), found
    assert found.ended_after < PLENTY, found


def phase(trial: Trial) -> str:
    """What hangs, whichever engine it is, and in Python or in C."""
    return trial.phase.partition(": ")[2] or trial.phase.partition(", in ")[0]


def one_of_each(every: list[Trial]) -> list[Trial]:
    """A trial for each phase: engines and methods in turn."""
    by_phase: dict[str, list[Trial]] = defaultdict(list)
    for trial in every:
        by_phase[phase(trial)].append(trial)
    return [found[(3 * k + k % 3) % len(found)] for k, found in enumerate(by_phase.values())]


@pytest.mark.slow
@pytest.mark.parametrize("group", range(4))
def test_a_hang_in_any_phase_ends_by_itself(tmp_path: Path, group: int) -> None:
    chosen = one_of_each(list(trials(tmp_path)))
    words = " ".join(word for trial in chosen for word in trial.words)
    for method in ("staged", "existential", "sentence", "certify"):
        assert f"--method {method}" in words
    assert len(chosen) > 15
    for trial in chosen[group::4]:
        require_kept(trial)


@pytest.mark.campaign
@pytest.mark.parametrize("group", range(GROUPS))
def test_a_command_with_something_that_hangs_ends_by_itself(tmp_path: Path, group: int) -> None:
    chosen = list(trials(tmp_path))[group::GROUPS]
    assert chosen
    for trial in chosen:
        require_kept(trial)
