"""``qeclose explain``: exit statuses, text and JSON."""

from __future__ import annotations

import json

import pytest
from command_line import FULL_1, LU_2, qeclose


@pytest.mark.parametrize(("mask", "status"), [(LU_2, 1), (FULL_1, 0), ("I:\n1\n", 2)])
def test_the_exit_status_is_that_of_check(mask, status):
    assert qeclose("explain", "-", stdin=mask).exit_code == status


def test_the_text_tells_where_with_which_numbers_and_what_to_do():
    text = qeclose("explain", "-", stdin=LU_2).stdout
    assert "1 minimal obstruction" in text
    assert "rows 1, 2; columns 1, 2; terms 1, 2" in text
    assert "t = 0.001: ‖A − XYᵀ‖ = 0.001" in text
    assert "qeclose repair" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_a_well_posed_mask_is_told_which_changes_break_it():
    text = qeclose("explain", "-", stdin="I:\n11\n11\nJ:\n10\n11\n").stdout
    assert "changing one of 2 of the 8 entries" in text
    said = " ".join(text.split())
    assert (
        "remove row 1, term 2 of I: then rows 1, 2 and columns 1, 2 are ill-posed; likewise for row 2" in said
    )


def test_json_goes_to_the_output_file(tmp_path):
    target = tmp_path / "out.json"
    result = qeclose("explain", "--format", "json", "-o", str(target), "-", stdin=LU_2)
    assert (result.exit_code, result.stdout) == (1, "")
    assert json.loads(target.read_text())["count"] == 1


def test_time_that_runs_out_is_undecided(tmp_path):
    big = tmp_path / "big.txt"
    big.write_text(qeclose("generate", "lu", "n=300").stdout)
    result = qeclose("explain", "--timeout", "0.01", str(big))
    assert result.exit_code == 3
    assert "undecided" in result.stdout
