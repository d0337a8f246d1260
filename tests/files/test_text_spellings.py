"""Text masks in every spelling: what each is read as, or where it is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from qeclose.errors import InputError
from qeclose.files import parse_one
from qeclose.files.read import read
from qeclose.support import Mask

AS_NUMBERS = ("I: read as numbers, nonzero is inside",)

READ = [
    # Numbers between blanks are numbers.
    ("-1 1\n-1 0", ["11", "10"]),
    ("1.0 0.0\n1.0 1.0", ["10", "11"]),
    ("1. 0.\n0. 1.", ["10", "01"]),
    ("1e-3 0\n0 2", ["10", "01"]),
    ("-0.0 +1\n 0 1e-400", ["01", "01"]),
    ("12 0\n0 10", ["10", "01"]),
    ("1 0\n1 -1", ["10", "11"]),
    ("2.5\n0\n1", ["1", "0", "1"]),
    ("1 " * 70 + "\n" + "1.0 " * 69 + "0", ["1" * 70, "1" * 69 + "0"]),
    # Characters are characters.
    ("101", ["101"]),
    ("1 0 1", ["101"]),
    ("1 0 1\n110", ["101", "110"]),
    ("1.\n11", ["10", "11"]),
    ("-1\n1-", ["01", "10"]),
    (".1\n1.", ["01", "10"]),
    ("11.1\n.11.", ["1101", "0110"]),
    ("1x 01\n1111", ["1101", "1111"]),
    ("x - x\n- x -", ["101", "010"]),
    ("-1 x\n-1 -", ["011", "010"]),
]


@pytest.mark.parametrize(("drawn", "rows"), READ)
def test_a_section_is_read_as_what_alone_it_can_be(drawn: str, rows: list[str]) -> None:
    support = parse_one(f"I:\n{drawn}\nJ:\n{'1' * len(rows[0])}\n")
    assert support.I.to_strings() == rows
    assert support.notes in ((), AS_NUMBERS)


REFUSED = [
    ("10 01\n11 11", "2:1: '10' is one number or 2 entries"),
    ("1. .1\n1. .1", "2:1: '1.' is one number or 2 entries"),
    ("01 1.0\n1 1", "2:1: '01' is one number or 2 entries"),
    ("101\n-1 1", "3:1: '-1' is one number or 2 entries"),
    ("1.0\n0.0", "2:1: '1.0' is one number or 3 entries"),
    ("1.\n0.", "2:1: '1.' is one number or 2 entries"),
    ("-0\n-1", "2:1: '-0' is one number or 2 entries"),
    ("nan 1.0\n1 0", "2:1: 'nan' is not a number"),
    ("1.0 -inf\n1 0", "2:5: '-inf' is not a number"),
    ("1.5 x\n1 0", "2:5: 'x' is not a number"),
    ("1.5 1e\n1 0", "2:5: '1e' is not a number"),
    ("2 0\n0 1", "2:1: '2' is no entry"),
    ("10\n12", "3:2: '2' is no entry"),
    ("10\n1", "3:2: row 2 of I has 1 entries, the rows above have 2"),
    ("1 0\n1 0 1.5", "3:5: row 2 of I has 3 numbers, the rows above have 2"),
    ("1 0\n" + "1" * 70, "3:"),
    ("1" * 70 + "\n" + "1" * 69, "3:70: row 2 of I has 69 entries, the rows above have 70"),
    ("1,0 0,5", "2:2: ',' is no entry"),
]


@pytest.mark.parametrize(("drawn", "problem"), REFUSED)
def test_a_section_that_could_be_two_things_or_none_is_refused_at_its_place(drawn: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_one(f"I:\n{drawn}\nJ:\n11\n", "f.txt")
    assert str(caught.value).startswith(f"f.txt:{problem}")


def test_the_sign_of_a_number_changes_nothing_of_the_mask() -> None:
    signed = parse_one("I:\n-1 1\n-1 0\nJ:\n-1 0\n1 -1\n")
    assert signed == parse_one("I:\n11\n10\nJ:\n10\n11\n")
    assert len(signed.notes) == 2


def test_entries_that_are_not_observed_are_never_passed_over() -> None:
    assert parse_one("I:\n1\nJ:\n1\nW:\n1\n").missing == Mask((1,), 1)
    assert parse_one("W:\n00\nI:\n1\nJ:\n1\n1\n").missing is None
    with pytest.raises(InputError, match=r"^f\.txt:5:1: W is 1x2 but A is 1x1"):
        parse_one("I:\n1\nJ:\n1\nW:\n10\n", "f.txt")
    with pytest.raises(InputError, match=r"^f\.txt:7:1: section W .*two factors only"):
        parse_one("F1:\n1\nF2:\n1\nF3:\n1\nW:\n1\n", "f.txt")
    with pytest.raises(InputError, match=r"^f\.txt:1:1: section I is missing"):
        parse_one("W:\n1\n", "f.txt")


@pytest.mark.parametrize("name", ["a.I.txt", "a_J.mask", "a.F1.txt", "a.JT.txt.gz"])
@pytest.mark.parametrize("text", ["10\n11\n", "I:\n10\n11\n", "words\n"])
def test_a_text_for_one_mask_alone_is_told_how_texts_are_divided(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    with pytest.raises(InputError, match="a text file holds all masks of a support"):
        read(str(tmp_path / name))


def test_a_mistake_in_a_text_of_two_masks_needs_no_such_hint(tmp_path: Path) -> None:
    (tmp_path / "a.I.txt").write_text("I:\n12\nJ:\n10\n")
    with pytest.raises(InputError, match=r"a\.I\.txt:2:2: '2' is no entry[^`]*$"):
        read(str(tmp_path / "a.I.txt"))
