"""The text format: what it accepts, that it round-trips, and that it stays cheap."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qeclose.errors import InputError, UsageError
from qeclose.files import format_many, format_support, parse_many, parse_one
from qeclose.support import Mask, Support


@st.composite
def masks(draw: st.DrawFn, n_rows: int, n_cols: int) -> Mask:
    row = st.integers(0, 2**n_cols - 1)
    return Mask(tuple(draw(st.lists(row, min_size=n_rows, max_size=n_rows))), n_cols)


NAMES = st.text(min_size=1, max_size=12).filter(
    lambda name: name.isprintable() and name == name.strip() and "#" not in name
)


@st.composite
def supports(draw: st.DrawFn) -> Support:
    sides = draw(st.lists(st.integers(1, 6), min_size=3, max_size=5))
    factors = [draw(masks(m, n)) for m, n in zip(sides, sides[1:], strict=False)]
    return Support.of_factors(factors, name=draw(st.just("") | NAMES))


@given(supports())
def test_a_written_support_reads_back_with_its_name(support: Support) -> None:
    read = parse_one(format_support(support, comment="made by a test: #1"))
    assert (read, read.name) == (support, support.name)


@given(
    st.lists(supports().filter(lambda s: s.name != ""), min_size=1, max_size=4, unique_by=lambda s: s.name)
)
def test_named_blocks_read_back_in_order(written: list[Support]) -> None:
    read = parse_many(format_many(written))
    assert [(s.name, s) for s in read] == [(s.name, s) for s in written]


@given(supports(), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_line_ends_and_a_byte_order_mark_make_no_difference(support: Support, end: str, bom: bool) -> None:
    text = format_support(support).replace("\n", end)
    assert parse_one("\ufeff" * bom + text) == support


@pytest.mark.parametrize("character", "1xX*?")
def test_this_character_is_inside(character: str) -> None:
    assert parse_one(f"I:\n{character}\nJ:\n0\n").I.to_lists() == [[1]]


@pytest.mark.parametrize("character", "0.-")
def test_this_character_is_outside(character: str) -> None:
    assert parse_one(f"I:\n{character}\nJ:\n1\n").I.to_lists() == [[0]]


def test_i_and_j_have_one_column_a_term() -> None:
    support = parse_one("I:\n10\n11\n01\nJ:\n11\n01\n")
    assert support.shape == (3, 2)
    assert support.terms == ((0b011, 0b01), (0b110, 0b11))


def test_jt_takes_the_second_factor_as_drawn() -> None:
    assert parse_one("I:\n10\n11\nJT:\n110\n011\n") == parse_one("I:\n10\n11\nJ:\n10\n11\n01\n")


def test_two_numbered_factors_are_i_and_the_transpose_of_j() -> None:
    assert parse_one("F1:\n10\n11\nF2:\n110\n011\n") == parse_one("I:\n10\n11\nJ:\n10\n11\n01\n")


def test_sections_may_come_in_any_order() -> None:
    assert parse_one("J:\n01\nI:\n11\n") == parse_one("I:\n11\nJ:\n01\n")
    assert parse_one("F3:\n1\nF1:\n11\nF2:\n0\n1\n") == parse_one("F1:\n11\nF2:\n0\n1\nF3:\n1\n")


def test_ten_factors_are_ordered_by_number_not_by_letter() -> None:
    chain = "".join(f"F{number}:\n{'0' if number == 10 else '1'}\n" for number in range(1, 11))
    assert [factor.nnz for factor in parse_one(chain).factors] == [1] * 9 + [0]


def test_blanks_comments_and_empty_lines_are_skipped() -> None:
    text = "# LU\n\n  I :   # X\n\t1 0 # first\n  1\t1\n\n   # between\nJ:\n1 0\n11"
    assert parse_one(text) == parse_one("I:\n10\n11\nJ:\n10\n11\n")


def test_a_name_may_hold_anything_but_a_comment() -> None:
    (support,) = parse_many("== a == b: ö 1 ==  # the rest\nI:\n1\nJ:\n1\n")
    assert support.name == "a == b: ö 1"


def test_a_support_without_a_block_line_has_no_name() -> None:
    assert parse_one("I:\n1\nJ:\n1\n").name == ""


def test_support_parse_reads_one_support() -> None:
    assert Support.parse("I:\n10\nJ:\n11\n").I.to_lists() == [[1, 0]]


def test_support_parse_refuses_a_second_block() -> None:
    with pytest.raises(InputError, match=r"^<string>:6:1: 2 supports here, where one is wanted$"):
        Support.parse("== a ==\nI:\n1\nJ:\n1\n== b ==\nI:\n1\nJ:\n1\n")


@pytest.mark.parametrize("name", ["a#b", "two\nlines", " padded", "escape\x1b[31m"])
def test_a_name_that_would_not_read_back_is_not_written(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be written in a mask file"):
        format_support(Support([[1]], [[1]], name=name))


@pytest.mark.parametrize("names", [("", "a"), ("a", "a")])
def test_several_supports_are_only_written_under_different_names(names: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="under different names"):
        format_many([Support([[1]], [[1]], name=name) for name in names])


def test_a_mask_without_entries_is_not_written() -> None:
    with pytest.raises(UsageError, match="I has no entries"):
        format_support(Support(Mask((0,), 0), Mask((0,), 0)))


def test_reading_a_large_pair_takes_a_small_multiple_of_its_text() -> None:
    side = 2048
    row = "10" * (side // 2) + "\n"
    text = "I:\n" + row * side + "JT:\n" + row * side
    tracemalloc.start()
    support = parse_one(text)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert support.I.nnz == side * side // 2
    # Eight entries a byte, plus some thirty bytes a row; nested lists would take over 64 MB.
    assert kept < 2 * (side * side // 8 + 100 * side)
    assert peak < kept + len(text) // 8
