"""What is read quickly and what is read with care give the same mask, or the same error."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qeclose.errors import InputError
from qeclose.files import matrix_market, tables
from qeclose.files.numbers import is_nonzero
from qeclose.files.words import Words
from qeclose.support import Mask

NUMBERS = st.one_of(
    st.sampled_from(
        ["0", "1", "-0", "+1", "0.0", ".0", "0.", "1e-400", "0e5", "00", "1E+2", "-.5e3", "0.0e-0", "12"]
    ),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)
JUNK = st.text("0123456789+-.eE", min_size=1, max_size=6)
DAMAGE = st.lists(
    st.tuples(st.integers(0, 10_000), st.sampled_from('0129+-.eE \n\t\r%x\xad,;"#')), max_size=2
)


def damaged(text: str, damage: list[tuple[int, str]], length: float) -> str:
    letters = list(text)
    for place, letter in damage:
        letters[place % len(letters)] = letter
    return "".join(letters[: round(len(letters) * length)])


LENGTHS = st.one_of(st.just(1.0), st.floats(0, 1))


@given(st.lists(st.lists(st.one_of(NUMBERS, JUNK), max_size=4), max_size=4))
@settings(max_examples=150)
def test_words_of_bytes_are_zero_as_each_word_is_by_itself(lines: list[list[str]]) -> None:
    found = Words.of("\n".join(" ".join(line) for line in lines).encode())
    assert found is not None
    alone = [is_nonzero(word) for line in lines for word in line]
    nonzero = found.nonzero()
    assert (None if nonzero is None else nonzero.tolist()) == (None if None in alone else alone)
    for width in (1, 2, 3):
        assert found.fill_lines_of(width) == all(len(line) in (0, width) for line in lines)
    short = [word for line in lines for word in line if not re.fullmatch("[0-9]{1,9}", word)]
    counts = found.counts(slice(None))
    assert (counts is None) == bool(short)
    assert counts is None or counts.tolist() == [int(word) for line in lines for word in line]


@st.composite
def matrix_market_texts(draw: st.DrawFn) -> str:
    """Files of coordinates and of all entries, most of them sound."""
    m, n = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    symmetry = draw(st.sampled_from(["general", "symmetric", "skew-symmetric", "hermitian"]))
    if symmetry != "general":
        n = m
    field = draw(st.sampled_from(["pattern", "integer", "real", "complex"]))
    every = [(i + 1, j + 1) for i in range(m) for j in range(n)]
    places = draw(st.lists(st.sampled_from(every), unique=True))
    values = {"pattern": draw(st.sampled_from([0, 0, 1])), "complex": 2}.get(field, 1)
    if draw(st.booleans()):
        lines = [f"%%MatrixMarket matrix coordinate {field} {symmetry}", f"{m} {n} {len(places)}"]
        lines += [" ".join([str(i), str(j), *(draw(NUMBERS) for _ in range(values))]) for i, j in places]
    else:
        lines = [f"%%MatrixMarket matrix array {field} {symmetry}", f"{m} {n}"]
        lines += [" ".join(draw(NUMBERS) for _ in range(values)) for _ in every]
    text = "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n"]))
    start = len(lines[0]) + 1
    return text[:start] + damaged(text[start:], draw(DAMAGE), draw(LENGTHS))


def outcome(text: str) -> Mask | str:
    try:
        return matrix_market.parse_mtx(text.encode("latin-1"), "f.mtx")
    except InputError as error:
        return str(error)


@given(matrix_market_texts())
@settings(max_examples=150)
def test_matrix_market_files_are_read_alike_quickly_and_with_care(text: str) -> None:
    quick = outcome(text)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_read_coordinates_fast", "_read_array_fast"):
            patch.setattr(matrix_market, name, lambda *_: None)
        assert outcome(text) == quick


def test_sound_files_are_read_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_read_coordinates", "_read_array"):
        monkeypatch.setattr(matrix_market, name, pytest.fail)
    for field, entry in (("pattern", ""), ("integer", "1"), ("real", "-1.5e-300"), ("complex", "0 .5")):
        text = f"%%MatrixMarket matrix coordinate {field} general\n% a comment\n2 2 2\n1 2 {entry}\n2 1 {entry}\n"
        assert outcome(text) == Mask.from_array(np.array([[0, 1], [1, 0]]))
    assert outcome("%%MatrixMarket matrix array real general\n1 2\n0\n.5\n") == Mask.from_array(
        np.array([[0, 1]])
    )


@st.composite
def tables_of_numbers(draw: st.DrawFn) -> str:
    width = draw(st.integers(1, 4))
    separator = draw(st.sampled_from([",", ";", "\t", " ", ", "]))
    cells = st.one_of(NUMBERS, st.sampled_from("01"))
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=4))
    header = [["a", "b", "c", "d"][:width]] if draw(st.booleans()) else []
    text = "\n".join(separator.join(row) for row in header + rows) + "\n"
    return damaged(text, draw(DAMAGE), draw(LENGTHS))


def table_outcome(text: str) -> tables.Table | str:
    try:
        return tables.parse_table(text, "f.csv", "I")
    except InputError as error:
        return str(error)


@given(tables_of_numbers())
@settings(max_examples=150)
def test_tables_are_read_alike_quickly_and_with_care(text: str) -> None:
    quick = table_outcome(text)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("plain_codes", "number_codes"):
            patch.setattr(tables._Cells, name, lambda _: None)
        assert table_outcome(text) == quick


def test_tables_of_floats_are_read_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables._Cells, "codes", pytest.fail)
    array = np.array([[0.5, 0, -1], [0, 2, 1e-9]])
    text = "\n".join(",".join(map(repr, row)) for row in array.tolist())
    found = table_outcome(text)
    assert isinstance(found, tables.Table)
    assert found.mask == Mask.from_array(array != 0)
