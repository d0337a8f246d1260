"""``qeclose repair`` as users and scripts meet it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from qeclose.cli.app import app
from qeclose.files import read_supports
from qeclose.repairs import repair
from qeclose.repairs.text import repair_text
from qeclose.support import Support

LU_2 = "I:\n10\n11\nJ:\n10\n11\n"
FULL = "I:\n11\n11\nJ:\n11\n11\n"


def qeclose(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, arguments, input=stdin, prog_name="qeclose")


def test_the_report_names_the_change_from_one_on_and_marks_it():
    result = qeclose("repair", "--add-only", "-", stdin=LU_2)
    assert result.exit_code == 0
    assert "1 change to make it well-posed" in result.stdout
    assert "minimal: every mask with fewer changes by additions alone is certified ill-posed" in " ".join(
        result.stdout.split()
    )
    change = next(line for line in result.stdout.splitlines() if line.startswith("  change"))
    assert change.split("   ", 1)[1] in ("add row 1, term 2 of I", "add row 1, term 2 of J")
    drawing = result.stdout.partition("JT\n")[2]
    assert drawing.count("+") == 1


def test_of_thousands_of_changes_the_text_lists_the_first():
    found = repair(Support.parse(LU_2))
    text = repair_text(replace(found, changes=found.changes * 5000))
    assert text.count("  change   ") == 20
    assert "and 4980 more: add 5000 entries of" in text


def test_json_counts_from_zero_and_its_changes_give_the_repaired_mask():
    found = json.loads(qeclose("repair", "--remove-only", "--format", "json", "-", stdin=LU_2).stdout)
    (change,) = found["changes"]
    assert change["change"] == "remove"
    rows = {"I": ["10", "11"], "J": ["10", "11"]}
    row = rows[change["factor"]][change["row"]]
    assert row[change["term"]] == "1"
    rows[change["factor"]][change["row"]] = row[: change["term"]] + "0" + row[change["term"] + 1 :]
    assert found["repaired"] == rows
    assert found["minimal"] is True
    assert found["certificate"]["claim"] == "well-posed"


def test_the_repaired_mask_and_its_certificate_are_written_and_verify(tmp_path):
    mask, certificate = tmp_path / "repaired.txt", tmp_path / "proof.json"
    done = qeclose("repair", "-o", str(mask), "--certificate", str(certificate), "-", stdin=LU_2)
    assert done.exit_code == 0
    assert len(read_supports(str(mask))) == 1
    assert qeclose("verify", "--no-engines", str(certificate), str(mask)).exit_code == 0


def test_all_repairs_are_listed_and_what_a_smaller_one_would_lose():
    text = qeclose("repair", "--all", "-", stdin="I:\n100\n110\n111\nJ:\n100\n110\n111\n").stdout
    assert text.startswith("<stdin>: 2 changes") or "2 changes to make it well-posed" in text
    assert text.count("  or  ") == 10
    assert "smaller  remove row 1, term 1 of" in text and "of A is always zero" in text
    found = json.loads(qeclose("repair", "--all", "--format", "json", "-", stdin=LU_2).stdout)
    assert len(found["others"]) == 3 and found["all_found"] is True
    assert found["keeps_reachable"] is True and found["unreachable"] == []


def test_changes_that_empty_a_row_are_allowed_on_request_and_said():
    mask = "I:\n100\n110\n111\nJ:\n100\n110\n111\n"
    text = qeclose("repair", "--allow-unreachable", "-", stdin=mask).stdout
    assert "1 change to make it well-posed" in text
    assert "  warning  after this " in text and "of A is always zero" in text


def test_a_well_posed_mask_is_left_as_it_is(tmp_path):
    mask = tmp_path / "same.txt"
    result = qeclose("repair", "-o", str(mask), "-", stdin=FULL)
    assert result.exit_code == 0
    assert "well-posed already" in result.stdout
    assert mask.read_text().endswith(FULL)


def test_no_change_allowed_is_status_one_for_an_ill_posed_mask():
    result = qeclose("repair", "--max-changes", "0", "-", stdin=LU_2)
    assert result.exit_code == 1
    assert "at least 1 change is needed" in result.stdout


def test_nothing_found_in_time_is_status_three(tmp_path):
    qeclose("generate", "lu", "40", "-o", str(tmp_path / "lu.txt"))
    result = qeclose("repair", "--timeout", "0.01", str(tmp_path / "lu.txt"))
    assert result.exit_code == 3
    assert "no repair found" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--add-only", "--remove-only"), "exclude each other"),
        (("--max-changes", "-1"), "-1"),
        (("--timeout", "0"), "0"),
    ],
)
def test_options_without_sense_are_refused(arguments, problem):
    result = qeclose("repair", *arguments, "-", stdin=LU_2)
    assert result.exit_code == 2
    assert problem in result.stderr


def test_several_supports_in_one_file_are_refused():
    result = qeclose("repair", "-", stdin=f"== a ==\n{LU_2}== b ==\n{FULL}")
    assert result.exit_code == 2
    assert "one is wanted" in result.stderr


def test_for_screen_readers_it_is_said_in_lines():
    told = qeclose("repair", "--plain", "--add-only", "--color", "always", "-", stdin=LU_2)
    assert told.exit_code == 0 and "\x1b" not in told.output and "  " not in told.stdout
    lines = told.stdout.splitlines()
    assert lines[0] == "stdin: 1 change to make it well-posed."
    assert lines[1].startswith("Why: minimal: every mask with fewer changes by additions alone")
    assert lines[2] in ("Change: add row 1, term 2 of I", "Change: add row 1, term 2 of J")
    assert lines[3].startswith("Search: ")
    assert lines[4:6] == [
        "Repaired mask: 2 rows, 2 columns, inner dimension 2.",
        "Term 1: rows 1, 2; columns 1, 2.",
    ]
    assert qeclose("repair", "--plain", "--format", "json", "-", stdin=LU_2).exit_code == 2
