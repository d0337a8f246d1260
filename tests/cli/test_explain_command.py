"""``qeclose explain``: exit statuses, text and JSON."""

from __future__ import annotations

import json
import re

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


def test_on_a_terminal_the_rectangles_are_drawn_and_marked(tmp_path):
    (tmp_path / "lu.txt").write_text(LU_2)
    shown = qeclose("explain", "--color", "always", str(tmp_path / "lu.txt")).stdout
    bare = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert "\x1b[30;44m1" in shown and "  ▸ 1 ·    ▸ 1 1    ▸ 1 1\n  ▸ 1 2    ▸ · 2    ▸ 1 +\n" in re.sub(
        " +\n", "\n", bare
    )
    assert "because" in bare and "to do" in bare


def test_for_screen_readers_it_is_said_in_lines(tmp_path):
    (tmp_path / "lu.txt").write_text(LU_2)
    told = qeclose("explain", "--plain", "--color", "always", str(tmp_path / "lu.txt"))
    assert told.exit_code == 1 and told.stdout.startswith("lu is ill-posed.\n")
    assert (
        "Obstruction 1: rows 1, 2; columns 1, 2; terms 1, 2.\n" in told.stdout and "\nTo do: " in told.stdout
    )
    assert "  " not in told.stdout and "\x1b" not in told.output
    (tmp_path / "full.txt").write_text("I:\n1\nJ:\n1\n")
    assert "\nBreaks: " in qeclose("explain", "--plain", str(tmp_path / "full.txt")).stdout
