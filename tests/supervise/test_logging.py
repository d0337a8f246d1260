"""What qeclose does is told to the logger "qeclose" of the standard library, and to nobody who did not ask."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

import qeclose
from qeclose.support.families import lu


def test_a_check_says_what_it_does_and_what_came_out(caplog):
    with caplog.at_level(logging.DEBUG, logger="qeclose"):
        qeclose.check(lu(2), timeout=60)
    assert {record.name.partition(".")[0] for record in caplog.records} == {"qeclose"}
    assert "searching for a proof" in caplog.messages
    (result,) = [record for record in caplog.records if record.levelno == logging.INFO]
    assert "ill-posed by certify" in result.getMessage()


def test_an_engine_says_when_it_starts_and_ends(caplog):
    pytest.importorskip("z3", reason="Z3 is not installed")
    with caplog.at_level(logging.DEBUG, logger="qeclose.engine"):
        qeclose.check(lu(2), method="sentence", engines=("z3",), timeout=60)
    told = [message for message in caplog.messages if message.startswith("z3 ")]
    assert (
        len([one for one in told if "starts" in one]) == len([one for one in told if "ends after" in one]) > 0
    )


def test_nothing_is_told_to_those_who_did_not_ask():
    program = "import qeclose; qeclose.check(qeclose.Support(['10', '11'], ['10', '11']), timeout=60)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == done.stderr == ""
